//! Work that replaces files: the new ones are put, then the old ones removed, then the receipt.
//!
//! A reader never misses a row: as long as one of the new files may be missing, all old ones
//! stand. Between the last put and the last removal both are visible.

use super::turn::Turn;
use super::write::{put_receipt, receipt_of, standing_file};
use crate::cloudtrail::Sha256;
use crate::failure::{Failure, Waiting};
use crate::lane::Partition;
use crate::ledger::{Claim, ClaimedFile, FileReceipt, Receipt, ReplacedFile, Work};
use crate::store::{PutOutcome, Remover};
use crate::table::{merge, rewrite};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

/// Files that are merged read at once.
const READ_AHEAD: usize = 8;

/// Bytes of JSON that a byte of Parquet holds, at most as a rule.
const JSON_RATIO: u64 = 12;

/// How files become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// Their rows as they are.
    Merge,
    /// Their columns made anew from their records.
    Rewrite,
}

impl How {
    /// How a claim's work makes its files.
    pub(crate) fn of(work: &Work) -> Self {
        match work {
            Work::Rewrite(_) => Self::Rewrite,
            _ => Self::Merge,
        }
    }

    /// Bytes that files of so many bytes are when they are made one: as they are, or as JSON.
    pub(crate) fn uncompressed_bytes(self, bytes: u64) -> u64 {
        match self {
            Self::Merge => bytes,
            Self::Rewrite => bytes.saturating_mul(JSON_RATIO),
        }
    }
}

/// The new files of a claim, by date: there is one a date.
pub(crate) type Merged = BTreeMap<Date, Bytes>;

/// Makes one file of files of a partition, as the work has it.
///
/// # Errors
/// [`Waiting::DamagedFile`] if one is not what its receipt says.
pub(crate) async fn replacement(
    turn: &Turn<'_>,
    how: How,
    date: Date,
    inputs: &[&ReplacedFile],
) -> Result<Bytes, Failure> {
    let context = turn.context;
    let folder = turn.files.folder(date);
    let bodies: Vec<Bytes> = stream::iter(inputs)
        .map(async |input| read_input(turn, &folder, input).await)
        .buffered(READ_AHEAD)
        .try_collect()
        .await?;
    let (schema, options) = (Arc::clone(&context.schema), context.encode);
    let unreadable = |error: Box<dyn Error + Send + Sync>| Waiting::DamagedFile {
        url: context.destination.url(&folder),
        why: error.to_string(),
    };
    let making = context.cpu.run(move || match how {
        How::Merge => merge(&schema, &bodies, &options).map_err(Into::into),
        How::Rewrite => rewrite(&schema, &bodies, &options).map_err(Into::into),
    });
    let (body, rows) = making.await?.map_err(unreadable)?;
    let promised: u64 = inputs.iter().map(|input| input.rows).sum();
    match rows == promised {
        true => Ok(body),
        false => Err(Waiting::DamagedFile {
            url: context.destination.url(&folder),
            why: format!("its files have {rows} rows instead of {promised}"),
        }
        .into()),
    }
}

/// Reads a file, which must be what its receipt says: what is wrong with it would be in the merged
/// file, and no receipt would tell.
async fn read_input(turn: &Turn<'_>, folder: &str, input: &ReplacedFile) -> Result<Bytes, Failure> {
    let destination = &turn.context.destination;
    let key = format!("{folder}{}", input.name);
    let body = destination.get(&key).await.map_err(Failure::of_table)?;
    let promised = input.sha256;
    let hashed = body.clone();
    let is_right = turn
        .context
        .cpu
        .run(move || promised.is_none_or(|promised| promised == Sha256::of(&hashed)));
    match body.len() as u64 == input.bytes && is_right.await? {
        true => Ok(body),
        false => Err(Waiting::DamagedFile {
            url: destination.url(&key),
            why: "it is not the file that was written".to_owned(),
        }
        .into()),
    }
}

/// Does what a claim promises that replaces files. What is not `merged` yet and does not stand is
/// merged again.
pub(super) async fn replace(
    turn: &mut Turn<'_>,
    remover: &Remover,
    claim: Claim,
    mut merged: Merged,
) -> Result<Receipt, Failure> {
    let mut written = Vec::with_capacity(claim.files.len());
    for file in &claim.files {
        let body = merged.remove(&file.date);
        match put_merged(turn, &claim, file, body).await? {
            Ok(receipt) => written.push(receipt),
            // It is read back, whatever is put.
            Err(receipt) => return Ok(turn.log.commit(*receipt).await?),
        }
    }
    let inputs = claim.replaced().unwrap_or_default().iter();
    let keys: Vec<String> = inputs
        .map(|input| key_of(turn, input.date, &input.name))
        .collect();
    let removed = remover.remove(&keys).await;
    removed.map_err(Failure::of_table)?;
    put_receipt(turn, claim, written, None, Vec::new()).await
}

/// Puts one new file, unless it stands; gives the receipt instead if another worker has finished
/// the claim.
async fn put_merged(
    turn: &Turn<'_>,
    claim: &Claim,
    file: &ClaimedFile,
    body: Option<Bytes>,
) -> Result<Result<FileReceipt, Box<Receipt>>, Failure> {
    let context = turn.context;
    let key = key_of(turn, file.date, &file.name);
    let stands = async || {
        let standing = standing_file(context, &key, file, &[file.rows]).await?;
        Ok(Ok(standing))
    };
    let body = match body {
        Some(body) => body,
        None if context.destination.is_listed(&key).await? => return stands().await,
        None => {
            let inputs = claim.replaced().unwrap_or_default().iter();
            let inputs: Vec<&ReplacedFile> =
                inputs.filter(|input| input.date == file.date).collect();
            replacement(turn, How::of(&claim.work), file.date, &inputs).await?
        }
    };
    if let Some(receipt) = turn.log.receipt_of_another().await? {
        return Ok(Err(Box::new(receipt)));
    }
    let receipt = receipt_of(file, file.rows, &body);
    match context.destination.put_if_absent(&key, body).await? {
        PutOutcome::Written => Ok(Ok(receipt)),
        PutOutcome::AlreadyExists => stands().await,
    }
}

fn key_of(turn: &Turn<'_>, date: Date, name: &str) -> String {
    let lane = turn.lane().clone();
    format!("{}{name}", Partition { lane, date }.path())
}
