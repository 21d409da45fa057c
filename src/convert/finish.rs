//! Finishing a claim that another worker, or an earlier run, has left open.

use super::batch::{Attempt, BatchObject, Content, LaneRows, READ_AHEAD, read_object};
use super::commit::{lane_rows, put_receipt, write};
use super::duplicates::{Distinct, distinct};
use super::files::LaneFiles;
use super::keyless::split_by_lane;
use super::list::RawObject;
use super::{ConvertError, Run};
use crate::ledger::{Claim, ClaimedObject, LaneLog, Outcome};
use crate::monitor::Progress;
use crate::store::{Entry, Store};
use futures::{StreamExt, stream};

/// Finishes the lane's open claim exactly, or not at all: the same objects must give the
/// same rows. The error says what stands in the way. The caller holds the memory for it, if
/// others run beside it.
pub(crate) async fn finish_open(run: &Run, log: &mut LaneLog) -> Result<(), ConvertError> {
    let Some(claim) = log.open_claim().cloned() else {
        return Ok(());
    };
    let (objects, lost) = read_claimed(run, &claim).await?;
    let mut files = LaneFiles::new(&run.destination, &claim.lane);
    let keep = claim.options.keep_duplicates;
    let prepared = distinct(run, &mut files, claim.number, &objects, keep).await?;
    if lost.is_empty() {
        check_same(&claim, &prepared, &objects)?;
    }
    let written = write(
        run,
        &mut files,
        &claim,
        &prepared,
        &objects,
        !lost.is_empty(),
    )
    .await?;
    let receipt = put_receipt(run, log, &claim, written, lost).await?;
    for address in &receipt.lost {
        run.monitor.report(Progress::Problem(format!(
            "{address} is given up: its records are lost for good"
        )));
    }
    run.converted(&claim, &objects);
    run.monitor.report(Progress::Note(format!(
        "finished the open claim {}",
        run.destination.url(&claim.key())
    )));
    Ok(())
}

/// Reads a claim's objects again; also gives those that had to be given up.
async fn read_claimed(
    run: &Run,
    claim: &Claim,
) -> Result<(Vec<BatchObject>, Vec<String>), ConvertError> {
    let source = &run.source_of(claim)?;
    let mut reading = stream::iter(&claim.objects)
        .map(async |claimed| {
            let object = claimed_raw_object(source, claim, claimed);
            let is_read = matches!(claimed.outcome, Outcome::Read { .. });
            let content = match is_read && run.is_given_up(&object) {
                true => Ok(None),
                false => read_again(run, source, claim, claimed).await.map(Some),
            };
            (claimed, object, content)
        })
        .buffered(READ_AHEAD);
    let mut objects = Vec::with_capacity(claim.objects.len());
    let mut lost = Vec::new();
    while let Some((claimed, object, content)) = reading.next().await {
        match content? {
            None => lost.push(claimed.address.clone()),
            Some(Ok(content)) => objects.push(BatchObject {
                object,
                content,
                lanes: claimed.lanes.clone(),
            }),
            Some(Err(what)) => {
                return Err(ConvertError::Unfinished(format!(
                    "{address} of the open claim {claim} cannot be read as it was claimed: {what}; bring it \
                     back, or lose its records for good with --give-up '{address}'",
                    address = claimed.address,
                    claim = run.destination.url(&claim.key()),
                )));
            }
        }
    }
    Ok((objects, lost))
}

fn claimed_raw_object(source: &Store, claim: &Claim, claimed: &ClaimedObject) -> RawObject {
    let key = claimed
        .address
        .strip_prefix(claim.source.as_str())
        .unwrap_or(&claimed.address);
    RawObject::new(
        source,
        Entry {
            key: key.to_owned(),
            size: claimed.size,
            etag: claimed.etag.clone(),
        },
    )
}

async fn read_again(
    run: &Run,
    source: &Store,
    claim: &Claim,
    claimed: &ClaimedObject,
) -> Result<Result<Content, String>, ConvertError> {
    let (sha256, records) = match &claimed.outcome {
        Outcome::Unread { unread } => return Ok(Ok(Content::Unread(unread.clone()))),
        Outcome::Read { sha256, records } => (sha256, *records),
    };
    let object = claimed_raw_object(source, claim, claimed);
    let max_bytes = claim.options.max_object_bytes;
    let attempt = read_object(run, source, &object, max_bytes, claim.read_at).await;
    let attempt = match attempt {
        // Another source that is gone is this lane's trouble, not the run's.
        Err(ConvertError::Store(error)) if claim.source != run.source.url("") => {
            return Ok(Err(error.to_string()));
        }
        attempt => attempt?,
    };
    Ok(same_content(claim, attempt, sha256, records, !claimed.lanes.is_empty()).map(Content::Rows))
}

fn same_content(
    claim: &Claim,
    attempt: Attempt,
    sha256: &str,
    records: u64,
    keyless: bool,
) -> Result<LaneRows, String> {
    let decoded = match attempt {
        Attempt::Read(decoded) => decoded,
        Attempt::Unread(reason) | Attempt::Unreachable(reason) => return Err(reason),
    };
    if decoded.sha256.to_string() != sha256 {
        return Err("its content has changed".into());
    }
    let rows = LaneRows::all(decoded);
    let rows = if keyless {
        split_by_lane(rows).remove(&claim.lane)
    } else {
        Some(rows)
    };
    match rows {
        Some(rows) if rows.records() == records => Ok(rows),
        rows => Err(format!(
            "version {} claimed {records} records, this one (version {}) reads {}",
            claim.program,
            env!("CARGO_PKG_VERSION"),
            rows.map_or(0, |rows| rows.records()),
        )),
    }
}

/// Fails unless the rows are those that were claimed.
fn check_same(claim: &Claim, rows: &Distinct, objects: &[BatchObject]) -> Result<(), ConvertError> {
    let claimed: Vec<_> = claim
        .files
        .iter()
        .map(|file| (file.date, file.rows))
        .collect();
    let found: Vec<_> = rows
        .by_date
        .iter()
        .map(|(&date, refs)| (date, refs.len() as u64))
        .collect();
    let rejects: u64 = lane_rows(objects)
        .map(|rows| rows.reject_indexes.len() as u64)
        .sum();
    let claimed_rejects = claim.rejects.as_ref().map_or(0, |rejects| rejects.records);
    if claimed == found && claim.duplicates == rows.duplicates && claimed_rejects == rejects {
        return Ok(());
    }
    Err(ConvertError::Unfinished(format!(
        "the open claim {} of account {} in {} does not give the rows that version {} claimed; \
         finish it with that version",
        claim.number, claim.lane.account, claim.lane.region, claim.program,
    )))
}
