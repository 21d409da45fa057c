//! Writing what a claim promises, and its receipt.

use super::encoded::EncodedFile;
use super::turn::Turn;
use crate::cloudtrail::Sha256;
use crate::failure::{Failure, Waiting};
use crate::files::FileName;
use crate::ledger::{Claim, ClaimedFile, FORMAT, FileReceipt, LaneLog, Receipt, RejectsReceipt};
use crate::store::PutOutcome;
use crate::work::Context;
use bytes::Bytes;
use futures::{Stream, StreamExt, future::ready, stream};
use parquet::file::metadata::ParquetMetaDataReader;
use std::sync::atomic::{AtomicBool, Ordering};

/// Files of a claim put at once: while they wait for the store, others are encoded.
const PUTS_AT_ONCE: usize = 8;

/// Writes the rejects, the files and the receipt of the open claim; gives the receipt that
/// stands. What is there stays, if it has the rows that were claimed, or those that are left
/// where objects are given up.
pub(super) async fn write(
    turn: &mut Turn<'_>,
    claim: Claim,
    files: impl Stream<Item = Result<EncodedFile, Failure>>,
    rejects: Option<Bytes>,
    lost: Vec<String>,
) -> Result<Receipt, Failure> {
    let rejects = match (claim.rejects(), rejects) {
        (Some(claimed), Some(body)) => Some(put_rejects(turn.context, &claimed.key, body).await?),
        _ => None,
    };
    match put_files(turn, &claim, files, !lost.is_empty()).await? {
        Ok(written) => put_receipt(turn, claim, written, rejects, lost).await,
        // It is read back, whatever is put.
        Err(receipt) => Ok(turn.log.commit(*receipt).await?),
    }
}

/// Puts the rejects object; gives what stands under its name.
async fn put_rejects(context: &Context, key: &str, body: Bytes) -> Result<RejectsReceipt, Failure> {
    let put = rejects_receipt(&body);
    match context.destination.put_if_absent(key, body).await? {
        PutOutcome::Written => Ok(put),
        PutOutcome::AlreadyExists => standing_rejects(context, key).await,
    }
}

async fn standing_rejects(context: &Context, key: &str) -> Result<RejectsReceipt, Failure> {
    let body = context.destination.get(key).await;
    Ok(rejects_receipt(&body.map_err(Failure::of_table)?))
}

fn rejects_receipt(body: &Bytes) -> RejectsReceipt {
    RejectsReceipt {
        bytes: body.len() as u64,
        sha256: Sha256::of(body),
    }
}

/// Puts the receipt of the open claim; gives the one that stands.
pub(super) async fn put_receipt(
    turn: &mut Turn<'_>,
    claim: Claim,
    written: Vec<FileReceipt>,
    rejects: Option<RejectsReceipt>,
    lost: Vec<String>,
) -> Result<Receipt, Failure> {
    let context = turn.context;
    let receipt = Receipt {
        format: FORMAT,
        claim,
        written,
        rejects,
        program: env!("CARGO_PKG_VERSION").into(),
        schema: context.schema.fingerprint(),
        lost,
    };
    Ok(turn.log.commit(receipt).await?)
}

/// Puts the receipt if all that the claim promised is there, so that nothing has to be read
/// again; else gives the claim back.
pub(super) async fn write_receipt_of_what_stands(
    turn: &mut Turn<'_>,
    claim: Claim,
) -> Result<Result<Receipt, Claim>, Failure> {
    let context = turn.context;
    let keys = claim.files.iter().map(|file| {
        let folder = turn.files.folder(file.date);
        (file, format!("{folder}{}", file.name))
    });
    let rejects = claim.rejects().map(|rejects| rejects.key.clone());
    let keys: Vec<_> = keys.collect();
    let all = keys.iter().map(|(_, key)| key).chain(&rejects);
    for key in all {
        if !context.destination.is_listed(key).await? {
            return Ok(Err(claim));
        }
    }
    let mut written = Vec::with_capacity(keys.len());
    for (file, key) in keys {
        match standing_file(context, &key, file, &[file.rows]).await {
            // Whether they are given up here too is for whoever makes them again.
            Err(Failure::Waiting(Waiting::GivenUp { .. })) => return Ok(Err(claim)),
            standing => written.push(standing?),
        }
    }
    let rejects = match &rejects {
        Some(key) => Some(standing_rejects(context, key).await?),
        None => None,
    };
    let receipt = put_receipt(turn, claim, written, rejects, Vec::new());
    Ok(Ok(receipt.await?))
}

/// Puts the claim's files; gives the receipt instead if another worker has finished the claim.
async fn put_files(
    turn: &mut Turn<'_>,
    claim: &Claim,
    files: impl Stream<Item = Result<EncodedFile, Failure>>,
    without_some: bool,
) -> Result<Result<Vec<FileReceipt>, Box<Receipt>>, Failure> {
    let (context, log, folder_of) = (turn.context, &turn.log, &turn.files);
    let has_failed = AtomicBool::new(false);
    let puts: Vec<_> = stream::iter(&claim.files)
        .zip(files)
        // After a failure no further file is begun, but what is under way comes to its end.
        .take_while(|_| ready(!has_failed.load(Ordering::Relaxed)))
        .map(async |(file, encoded)| {
            let put = async {
                let key = format!("{}{}", folder_of.folder(file.date), file.name);
                put_file((context, log), &key, file, encoded?, without_some).await
            };
            let put = put.await;
            has_failed.fetch_or(put.is_err(), Ordering::Relaxed);
            put
        })
        .buffered(PUTS_AT_ONCE)
        .collect()
        .await;
    let mut written = Vec::with_capacity(puts.len());
    for put in puts {
        let (receipt, hashes) = match put? {
            Put::Stands(receipt, hashes) => (receipt, hashes),
            Put::Finished(receipt) => return Ok(Err(receipt)),
        };
        if let Some(name) = FileName::parse(&receipt.name) {
            turn.files.add(receipt.date, name, receipt.bytes, hashes);
        }
        written.push(receipt);
    }
    Ok(Ok(written))
}

/// What came of putting a file.
enum Put {
    /// What stands under its name and, if that is what was put, the hashes of its event ids.
    Stands(FileReceipt, Option<Vec<u64>>),
    /// Another worker has finished the claim, long ago perhaps.
    Finished(Box<Receipt>),
}

/// Puts one claimed file.
async fn put_file(
    (context, log): (&Context, &LaneLog),
    key: &str,
    file: &ClaimedFile,
    encoded: EncodedFile,
    without_some: bool,
) -> Result<Put, Failure> {
    let EncodedFile {
        rows: own_rows,
        id_hashes,
        body,
        sha256,
        share: _share,
    } = encoded;
    let put = receipt_of(file, own_rows, &body, sha256);
    if let Some(receipt) = log.receipt_of_another().await? {
        return Ok(Put::Finished(Box::new(receipt)));
    }
    Ok(match context.destination.put_if_absent(key, body).await? {
        PutOutcome::Written => Put::Stands(put, Some(id_hashes)),
        PutOutcome::AlreadyExists => {
            let may_have = match without_some {
                true => [file.rows, own_rows],
                false => [file.rows; 2],
            };
            Put::Stands(standing_file(context, key, file, &may_have).await?, None)
        }
    })
}

/// The hash of a whole file, made where it holds up no other call of the stores.
pub(super) async fn hash(context: &Context, body: &Bytes) -> Result<Sha256, Failure> {
    let body = body.clone();
    context.cpu.run(move || Sha256::of(&body)).await
}

pub(super) fn receipt_of(
    file: &ClaimedFile,
    rows: u64,
    body: &Bytes,
    sha256: Sha256,
) -> FileReceipt {
    FileReceipt {
        date: file.date,
        name: file.name.clone(),
        rows,
        bytes: body.len() as u64,
        sha256: Some(sha256),
    }
}

/// The file that another worker, or an earlier attempt, has put under a claimed name. It must
/// have one of the numbers of rows. Its bytes may differ from those of this attempt: the receipt
/// says what stands.
pub(super) async fn standing_file(
    context: &Context,
    key: &str,
    file: &ClaimedFile,
    may_have: &[u64],
) -> Result<FileReceipt, Failure> {
    let destination = &context.destination;
    let body = destination.get(key).await.map_err(Failure::of_table)?;
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&body);
    let metadata = metadata.map_err(|error| Failure::unreadable_file(destination, key, error))?;
    let damaged = |_| Waiting::DamagedFile {
        url: destination.url(key),
        why: "it says that it has a negative number of rows".into(),
    };
    let found = u64::try_from(metadata.file_metadata().num_rows()).map_err(damaged)?;
    if !may_have.contains(&found) {
        return Err(Waiting::GivenUp {
            url: destination.url(key),
            found,
            claimed: file.rows,
        }
        .into());
    }
    Ok(receipt_of(file, found, &body, hash(context, &body).await?))
}
