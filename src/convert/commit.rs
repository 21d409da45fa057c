//! read → claim → write → commit: how a batch becomes visible, exactly once.

use super::batch::{Attempt, Batch, BatchObject, Content, LaneRows, READ_AHEAD, read_object};
use super::duplicates::{Distinct, distinct, id_hashes, seconds};
use super::files::{LaneFiles, file_name};
use super::keyless::split_by_lane;
use super::list::RawObject;
use super::reader::StoreReader;
use super::rejects::rejects_document;
use super::{ConvertError, Run};
use crate::ledger::{
    Claim, ClaimOutcome, ClaimedFile, ClaimedObject, ClaimedRejects, FORMAT, FileReceipt, LaneLog,
    Outcome, REJECTS_FOLDER, Receipt,
};
use crate::monitor::Progress;
use crate::store::{Entry, PutOutcome, Store};
use crate::table::{Lane, encode, sort_rows};
use bytes::Bytes;
use futures::{StreamExt, stream};
use parquet::arrow::async_reader::AsyncFileReader;
use std::sync::Arc;

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Committed {
    Done,
    /// Another worker took the number: what is pending has to be asked again.
    Lost,
}

/// Claims the batch, writes its files, puts its receipt.
pub(crate) async fn commit(
    run: &Run,
    lane: &Lane,
    log: &mut LaneLog,
    files: &mut LaneFiles,
    batch: &Batch,
) -> Result<Committed, ConvertError> {
    let Some(number) = log.next_number() else {
        return Ok(Committed::Lost);
    };
    let objects = &batch.objects;
    let keep = run.options.rows.keep_duplicates;
    let prepared = distinct(run, files, number, objects, keep).await?;
    let claim = new_claim(run, lane, number, batch, &prepared)?;
    if log.claim(&claim).await? == ClaimOutcome::Lost {
        return Ok(Committed::Lost);
    }
    let written = write(run, files, &claim, &prepared, objects, false).await?;
    put_receipt(run, log, &claim, written, Vec::new()).await?;
    run.converted(&claim, objects);
    Ok(Committed::Done)
}

fn new_claim(
    run: &Run,
    lane: &Lane,
    number: u64,
    batch: &Batch,
    rows: &Distinct,
) -> Result<Claim, ConvertError> {
    let id = random_id()?;
    let files = rows.by_date.iter().map(|(&date, refs)| ClaimedFile {
        date,
        name: file_name(number, seconds(&rows.objects, refs), &id),
        rows: refs.len() as u64,
    });
    let rejects: u64 = lane_rows(&batch.objects)
        .map(|rows| rows.reject_indexes.len() as u64)
        .sum();
    Ok(Claim {
        format: FORMAT,
        lane: lane.clone(),
        number,
        program: env!("CARGO_PKG_VERSION").into(),
        schema: run.options.schema.fingerprint(),
        options: run.options.rows,
        source: run.source.url(""),
        read_at: batch.read_at,
        days: batch.days,
        objects: batch.objects.iter().map(claimed_object).collect(),
        files: files.collect(),
        rejects: (rejects > 0).then(|| ClaimedRejects {
            key: format!(
                "{REJECTS_FOLDER}account={}/region={}/{number:012}-{id}.ndjson",
                lane.account, lane.region
            ),
            records: rejects,
        }),
        duplicates: rows.duplicates,
        other_region_rows: other_region_rows(lane, rows),
        id,
    })
}

fn claimed_object(object: &BatchObject) -> ClaimedObject {
    ClaimedObject {
        address: object.object.address.clone(),
        size: object.object.size,
        etag: object.object.etag.clone(),
        outcome: match &object.content {
            Content::Rows(rows) => Outcome::Read {
                sha256: rows.sha256.clone(),
                records: rows.records(),
            },
            Content::Unread(reason) => Outcome::Unread {
                unread: reason.clone(),
            },
        },
        lanes: object.lanes.clone(),
    }
}

fn lane_rows(objects: &[BatchObject]) -> impl Iterator<Item = &LaneRows> {
    objects.iter().filter_map(|object| match &object.content {
        Content::Rows(rows) => Some(rows),
        Content::Unread(_) => None,
    })
}

fn other_region_rows(lane: &Lane, rows: &Distinct) -> u64 {
    let elsewhere = |row: &&crate::table::RowRef| {
        let region = rows.objects[row.object as usize].aws_region(row.row as usize);
        region.is_some_and(|region| region != lane.region)
    };
    rows.by_date.values().flatten().filter(elsewhere).count() as u64
}

fn random_id() -> Result<String, ConvertError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| ConvertError::Internal(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Writes what the claim promises. A file that is there stays, if it has the rows that were
/// claimed; `without_some` says that objects were given up, so that it may have more.
async fn write(
    run: &Run,
    files: &mut LaneFiles,
    claim: &Claim,
    rows: &Distinct,
    objects: &[BatchObject],
    without_some: bool,
) -> Result<Vec<FileReceipt>, ConvertError> {
    if let Some(rejects) = &claim.rejects {
        let body = rejects_document(objects);
        if !body.is_empty() {
            let _ = run.destination.put_if_absent(&rejects.key, body).await?;
        }
    }
    let mut written = Vec::with_capacity(claim.files.len());
    for file in &claim.files {
        let key = format!("{}{}", files.folder(file.date), file.name);
        let refs = rows.by_date.get(&file.date).cloned().unwrap_or_default();
        let hashes = id_hashes(&rows.objects, &refs);
        let mut standing = refs.is_empty();
        if !refs.is_empty() {
            let body = encode_file(run, rows, refs).await?;
            let bytes = body.len() as u64;
            match run.destination.put_if_absent(&key, body).await? {
                PutOutcome::AlreadyExists => standing = true,
                PutOutcome::Written => {
                    files.add(file.date, &file.name, bytes, hashes);
                    written.push(FileReceipt {
                        file: file.clone(),
                        bytes,
                    });
                }
            }
        }
        if standing && let Some(found) = standing_file(run, &key, file, without_some).await? {
            written.push(found);
        }
    }
    Ok(written)
}

async fn encode_file(
    run: &Run,
    rows: &Distinct,
    mut refs: Vec<crate::table::RowRef>,
) -> Result<Bytes, ConvertError> {
    let (schema, options) = (Arc::clone(&run.options.schema), run.options.encode);
    let objects = Arc::clone(&rows.objects);
    let encoded = run.cpu.run(move || {
        sort_rows(&objects, &mut refs);
        encode(&schema, &objects, &refs, &options)
    });
    encoded
        .await?
        .map_err(|error| ConvertError::Internal(error.to_string()))
}

/// The file that another worker, or an earlier attempt, has put under a claimed name.
async fn standing_file(
    run: &Run,
    key: &str,
    file: &ClaimedFile,
    without_some: bool,
) -> Result<Option<FileReceipt>, ConvertError> {
    let listed = run.destination.list(key, None).await?;
    let Some(Entry { size, .. }) = listed.into_iter().find(|entry| entry.key == key) else {
        return Ok(None);
    };
    let mut reader = StoreReader::new(&run.destination, key, size);
    let metadata = reader.get_metadata(None).await;
    let metadata =
        metadata.map_err(|error| ConvertError::unreadable_file(&run.destination, key, error))?;
    let rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or_default();
    if rows != file.rows && !without_some {
        let what = format!(
            "{} has {rows} rows where the claim says {}",
            run.destination.url(key),
            file.rows
        );
        return Err(ConvertError::Unfinished(what));
    }
    Ok(Some(FileReceipt {
        file: ClaimedFile {
            rows,
            ..file.clone()
        },
        bytes: size,
    }))
}

async fn put_receipt(
    run: &Run,
    log: &mut LaneLog,
    claim: &Claim,
    written: Vec<FileReceipt>,
    lost: Vec<String>,
) -> Result<(), ConvertError> {
    let receipt = Receipt {
        claim: claim.clone(),
        written,
        program: env!("CARGO_PKG_VERSION").into(),
        schema: run.options.schema.fingerprint(),
        lost,
    };
    let standing = log.commit(receipt).await?;
    run.committed(&standing);
    Ok(())
}

/// Finishes the lane's open claim exactly, or not at all: the same objects must give the
/// same rows. The error says what stands in the way.
pub(crate) async fn finish_open(run: &Run, log: &mut LaneLog) -> Result<(), ConvertError> {
    let Some(claim) = log.open_claim().cloned() else {
        return Ok(());
    };
    let expected = claim.objects.iter().map(|object| object.size).sum::<u64>();
    let _share = run.budget.reserve(expected.saturating_mul(8)).await;
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
    for address in &lost {
        run.monitor.report(Progress::Problem(format!(
            "{address} is given up: its records are lost for good"
        )));
    }
    put_receipt(run, log, &claim, written, lost).await?;
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
        .map(async |claimed| (claimed, read_again(run, source, claim, claimed).await))
        .buffered(READ_AHEAD);
    let mut objects = Vec::with_capacity(claim.objects.len());
    let mut lost = Vec::new();
    while let Some((claimed, content)) = reading.next().await {
        let object = claimed_raw_object(source, claim, claimed);
        match content? {
            Ok(content) => objects.push(BatchObject {
                object,
                content,
                lanes: claimed.lanes.clone(),
            }),
            Err(_) if run.is_given_up(&object) => lost.push(claimed.address.clone()),
            Err(what) => {
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
    let attempt = read_object(
        run,
        source,
        &object,
        claim.options.max_object_bytes,
        claim.read_at,
    )
    .await?;
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
    if decoded.sha256 != sha256 {
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
