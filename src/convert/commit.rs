//! read → claim → write → commit: how a batch becomes visible, exactly once.

use super::batch::{Batch, BatchObject, Content, LaneRows};
use super::duplicates::{Distinct, distinct, id_hashes, seconds};
use super::files::{LaneFiles, file_name};
use super::reader::StoreReader;
use super::rejects::rejects_document;
use super::{ConvertError, Run};
use crate::ledger::{
    Claim, ClaimOutcome, ClaimedFile, ClaimedObject, ClaimedRejects, FORMAT, FileReceipt, LaneLog,
    Outcome, REJECTS_FOLDER, Receipt,
};
use crate::store::PutOutcome;
use crate::table::{Lane, encode, sort_rows};
use bytes::Bytes;
use futures::{StreamExt, stream};
use parquet::arrow::async_reader::AsyncFileReader;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Files of a claim encoded or put at once: one is encoded while another waits for the store.
const FILES_AT_ONCE: usize = 2;

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
    let _ = put_receipt(run, log, &claim, written, Vec::new()).await?;
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

/// What the objects that were read have for the lane.
pub(super) fn lane_rows(objects: &[BatchObject]) -> impl Iterator<Item = &LaneRows> {
    objects.iter().filter_map(|object| match &object.content {
        Content::Rows(rows) => Some(rows),
        Content::Unread(_) => None,
    })
}

fn other_region_rows(lane: &Lane, rows: &Distinct) -> u64 {
    let elsewhere = |row: &&crate::table::RowRef| {
        let region = rows.objects.row(**row).aws_region();
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
/// claimed, or those that are left where objects were given up.
pub(super) async fn write(
    run: &Run,
    files: &mut LaneFiles,
    claim: &Claim,
    rows: &Distinct,
    objects: &[BatchObject],
    without_some: bool,
) -> Result<Vec<FileReceipt>, ConvertError> {
    if let Some(rejects) = &claim.rejects {
        let _ = run
            .destination
            .put_if_absent(&rejects.key, rejects_document(objects))
            .await?;
    }
    let (folder_of, has_failed) = (&*files, AtomicBool::new(false));
    let puts: Vec<_> = stream::iter(&claim.files)
        .map(async |file| {
            // After a failure no further file is begun, but what is under way comes to its end.
            if has_failed.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let key = format!("{}{}", folder_of.folder(file.date), file.name);
            let put = put_file(run, &key, file, rows, without_some).await;
            has_failed.fetch_or(put.is_err(), Ordering::Relaxed);
            put.map(Some)
        })
        .buffered(FILES_AT_ONCE)
        .collect()
        .await;
    let mut written = Vec::with_capacity(puts.len());
    for put in puts {
        if let Some((receipt, hashes)) = put? {
            files.add(receipt.file.date, &receipt.file.name, receipt.bytes, hashes);
            written.push(receipt);
        }
    }
    Ok(written)
}

/// Puts one claimed file. Gives what stands under its name and, if that is what was put, the
/// hashes of its event ids.
async fn put_file(
    run: &Run,
    key: &str,
    file: &ClaimedFile,
    rows: &Distinct,
    without_some: bool,
) -> Result<(FileReceipt, Option<Vec<u64>>), ConvertError> {
    let refs = rows.by_date.get(&file.date).cloned().unwrap_or_default();
    let hashes = id_hashes(&rows.objects, &refs);
    let own_rows = refs.len() as u64;
    // Without rows it is put all the same: it keeps a sleeper from putting the rows of
    // objects that are given up here.
    let body = encode_file(run, rows, refs).await?;
    let own = FileReceipt {
        file: ClaimedFile {
            rows: own_rows,
            ..file.clone()
        },
        bytes: body.len() as u64,
    };
    Ok(match run.destination.put_if_absent(key, body).await? {
        PutOutcome::Written => (own, Some(hashes)),
        PutOutcome::AlreadyExists => {
            let rows = if without_some {
                [file.rows, own_rows]
            } else {
                [file.rows; 2]
            };
            (standing_file(run, key, file, &rows).await?, None)
        }
    })
}

async fn encode_file(
    run: &Run,
    rows: &Distinct,
    mut refs: Vec<crate::table::RowRef>,
) -> Result<Bytes, ConvertError> {
    let (schema, options) = (Arc::clone(&run.options.schema), run.options.encode);
    let objects = rows.objects.clone();
    let encoded = run.cpu.run(move || {
        sort_rows(&objects, &mut refs);
        encode(&schema, &objects, &refs, &options)
    });
    encoded
        .await?
        .map_err(|error| ConvertError::Internal(error.to_string()))
}

/// The file that another worker, or an earlier attempt, has put under a claimed name. It must
/// have one of the numbers of rows.
async fn standing_file(
    run: &Run,
    key: &str,
    file: &ClaimedFile,
    rows: &[u64],
) -> Result<FileReceipt, ConvertError> {
    let bytes = run.destination.size(key).await?;
    let mut reader = StoreReader::new(&run.destination, key, bytes);
    let metadata = reader.get_metadata(None).await;
    let metadata =
        metadata.map_err(|error| ConvertError::unreadable_file(&run.destination, key, error))?;
    let found = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or_default();
    if !rows.contains(&found) {
        let what = format!(
            "{} has {found} rows where the claim says {}: another run gave objects up; repeat its --give-up",
            run.destination.url(key),
            file.rows,
        );
        return Err(ConvertError::Unfinished(what));
    }
    Ok(FileReceipt {
        file: ClaimedFile {
            rows: found,
            ..file.clone()
        },
        bytes,
    })
}

/// Puts the receipt, and gives the one that stands.
pub(super) async fn put_receipt(
    run: &Run,
    log: &mut LaneLog,
    claim: &Claim,
    written: Vec<FileReceipt>,
    lost: Vec<String>,
) -> Result<Receipt, ConvertError> {
    let receipt = Receipt {
        claim: claim.clone(),
        written,
        program: env!("CARGO_PKG_VERSION").into(),
        schema: run.options.schema.fingerprint(),
        lost,
    };
    let standing = log.commit(receipt).await?;
    run.committed(&standing);
    Ok(standing)
}
