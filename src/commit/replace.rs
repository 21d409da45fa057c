//! Work that replaces files: the new ones are put, then the old ones removed, then the receipt.
//!
//! A reader never misses a row: as long as one of the new files may be missing, all old ones
//! stand. Between the last put and the last removal both are visible.

use super::turn::Turn;
use super::write::{hash, put_receipt, receipt_of, standing_file};
use crate::failure::{Failure, Waiting};
use crate::lane::Partition;
use crate::ledger::{Claim, ClaimedFile, FileReceipt, Receipt, ReplacedFile, Work};
use crate::store::{PutOutcome, Remover};
use crate::table::{Cut, RowOrder, merge, rewrite};
use crate::work::MEMORY_PER_BYTE;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Files that are merged read at once.
const READ_AHEAD: usize = 8;

/// Bytes of JSON that a byte of Parquet holds, at most as a rule.
const JSON_RATIO: u64 = 12;

/// Bytes of memory that the order of a row takes, with its part of the names that differ.
const ORDER_BYTES: u64 = 96;

/// Bytes of a row in arrays and on its way into a file, about.
const ROW_BYTES: u64 = 6 << 10;

/// Rows in arrays and encoders at once, at most: a row group, and what is decoded ahead.
const ROWS_AT_ONCE: u64 = 24_000;

/// Bytes that are inflated at once of a file that is merged, at most: a page of each column.
const PAGE_BYTES: u64 = 4 << 20;

/// How much smaller a file is than its pages.
const PAGE_RATIO: u64 = 4;

/// How files become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// Their rows as they are, in this order.
    Merge(RowOrder),
    /// Their columns made anew from their records.
    Rewrite,
}

impl How {
    /// As files are merged today.
    pub(crate) const MERGE: Self = Self::Merge(RowOrder::Identity);

    /// How a claim's work makes its files.
    pub(crate) fn of(work: &Work) -> Self {
        match work {
            Work::Rewrite(_) => Self::Rewrite,
            Work::SortByTime(_) => Self::Merge(RowOrder::Time),
            _ => Self::MERGE,
        }
    }

    /// Bytes of memory that it takes to make files of so many, with these rows and bytes.
    pub(crate) fn memory(self, files: u64, rows: u64, bytes: u64) -> u64 {
        match self {
            Self::Merge(_) => {
                let pages = bytes.saturating_mul(PAGE_RATIO).min(files * PAGE_BYTES);
                // What there is, and what becomes of it.
                let stored = bytes.saturating_mul(2);
                let arrays = rows.min(ROWS_AT_ONCE) * ROW_BYTES;
                stored.saturating_add(pages + arrays + rows * ORDER_BYTES)
            }
            Self::Rewrite => bytes.saturating_mul(JSON_RATIO * MEMORY_PER_BYTE),
        }
    }
}

/// The new files of a claim, by date and name.
pub(crate) type Merged = BTreeMap<(Date, String), Bytes>;

/// Makes new files of files of a partition, as the work has it: each with the number of its rows.
/// Where columns are made anew there is one.
///
/// # Errors
/// [`Waiting::DamagedFile`] if one is not what its receipt says.
pub(crate) async fn replacements(
    turn: &Turn<'_>,
    how: How,
    date: Date,
    inputs: &[&ReplacedFile],
    cut: Cut,
) -> Result<Vec<(Bytes, u64)>, Failure> {
    let context = turn.context;
    let folder = turn.files.folder(date);
    let bodies: Vec<Bytes> = stream::iter(inputs)
        .map(async |input| read_input(turn, &folder, input).await)
        .buffered(READ_AHEAD)
        .try_collect()
        .await?;
    let (schema, options) = (Arc::clone(&context.schema), context.encode);
    let (store, place) = (context.destination.clone(), folder.clone());
    let making = context.cpu.run(move || match how {
        How::Merge(order) => merge(&schema, &bodies, order, &cut, &options)
            .map_err(|error| Failure::unreadable_file(&store, &place, error)),
        How::Rewrite => rewrite(&schema, &bodies, &options)
            .map(|made| vec![made])
            .map_err(|error| Failure::unreadable_file(&store, &place, error)),
    });
    let made = making.await??;
    let rows: u64 = made.iter().map(|(_, rows)| rows).sum();
    let promised: u64 = inputs.iter().map(|input| input.rows).sum();
    match rows == promised {
        true => Ok(made),
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
    let is_right = body.len() as u64 == input.bytes
        && match input.sha256 {
            Some(promised) => promised == hash(turn.context, &body).await?,
            None => true,
        };
    match is_right {
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
        let body = match merged.remove(&(file.date, file.name.clone())) {
            Some(body) => Some(body),
            None => absent(turn, &claim, file, &mut merged).await?,
        };
        match put_merged(turn, file, body).await? {
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

/// A new file made again, unless it stands; those of its date beside it are added to `merged`.
async fn absent(
    turn: &Turn<'_>,
    claim: &Claim,
    file: &ClaimedFile,
    merged: &mut Merged,
) -> Result<Option<Bytes>, Failure> {
    let key = key_of(turn, file.date, &file.name);
    if turn.context.destination.is_listed(&key).await? {
        return Ok(None);
    }
    let inputs = claim.replaced().unwrap_or_default().iter();
    let inputs: Vec<&ReplacedFile> = inputs.filter(|input| input.date == file.date).collect();
    let files = claim.files.iter().filter(|of| of.date == file.date);
    let cut = Cut::Rows(files.clone().map(|file| file.rows).collect());
    let made = replacements(turn, How::of(&claim.work), file.date, &inputs, cut).await?;
    merged.extend(files.zip(made).map(|(file, (body, _))| {
        let file = (file.date, file.name.clone());
        (file, body)
    }));
    Ok(merged.remove(&(file.date, file.name.clone())))
}

/// Puts one new file, or reads back what stands; gives the receipt instead if another worker has
/// finished the claim.
async fn put_merged(
    turn: &Turn<'_>,
    file: &ClaimedFile,
    body: Option<Bytes>,
) -> Result<Result<FileReceipt, Box<Receipt>>, Failure> {
    let context = turn.context;
    let key = key_of(turn, file.date, &file.name);
    let stands = async || {
        let standing = standing_file(context, &key, file, &[file.rows]).await?;
        Ok(Ok(standing))
    };
    let Some(body) = body else {
        return stands().await;
    };
    let receipt = receipt_of(file, file.rows, &body, hash(context, &body).await?);
    // Right before the put: what follows a pause may be late.
    if let Some(receipt) = turn.log.receipt_of_another().await? {
        return Ok(Err(Box::new(receipt)));
    }
    match context.destination.put_if_absent(&key, body).await? {
        PutOutcome::Written => Ok(Ok(receipt)),
        PutOutcome::AlreadyExists => stands().await,
    }
}

fn key_of(turn: &Turn<'_>, date: Date, name: &str) -> String {
    let lane = turn.lane().clone();
    format!("{}{name}", Partition { lane, date }.path())
}
