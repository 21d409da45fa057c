//! The files of a lane, with what their receipts say.

use crate::commit::Turn;
use crate::failure::{Failure, Waiting};
use crate::files::{FileName, is_data};
use crate::lane::Partition;
use crate::ledger::{ClaimNumber, Inventory, Receipt, ReplacedFile, Work, read_receipt};
use crate::scope::EventDates;
use crate::store::Entry;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{Timestamp, civil::Date};
use std::collections::{BTreeMap, BTreeSet};

/// Receipts read at once in a lane.
const CONCURRENT_READS: usize = 8;

/// A file of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StandingFile {
    pub(super) name: FileName,
    /// As its receipt has it.
    pub(super) file: ReplacedFile,
    pub(super) modified: Option<Timestamp>,
    /// Whether its rows may repeat others.
    pub(super) keeps_duplicates: bool,
    /// Fingerprint of the columns that it was made with.
    pub(super) schema: String,
}

/// Files by date.
pub(super) type Partitions = BTreeMap<Date, Vec<StandingFile>>;

/// Lists the lane's partitions of some dates, and reads the receipts of those with `least` files
/// or more.
///
/// # Errors
/// [`Waiting::ForeignFile`] and [`Waiting::DamagedFile`] for a file that no receipt names, or that
/// has another size.
pub(super) async fn partitions(
    turn: &Turn<'_>,
    dates: EventDates,
    least: usize,
) -> Result<Partitions, Failure> {
    let destination = turn.destination();
    let next = turn.draft()?.number;
    let folder = turn.lane().path();
    let after = dates.from.map(|from| format!("{folder}date={from}"));
    let mut listed: BTreeMap<Date, Vec<(FileName, Entry)>> = BTreeMap::new();
    let mut pages = std::pin::pin!(destination.list_pages(folder, after));
    while let Some(page) = pages.try_next().await.map_err(Failure::of_table)? {
        for entry in page.into_iter().filter(|entry| is_data(&entry.key)) {
            let (partition, name) = entry.key.rsplit_once('/').unwrap_or_default();
            let partition = Partition::parse(partition);
            let Some((partition, name)) = partition.zip(FileName::parse(name)) else {
                let url = destination.url(&entry.key);
                return Err(Waiting::ForeignFile { url }.into());
            };
            // What others have claimed since is theirs.
            if dates.has(partition.date) && name.number < next {
                listed
                    .entry(partition.date)
                    .or_default()
                    .push((name, entry));
            }
        }
    }
    listed.retain(|_, files| files.len() >= least);
    let receipts = receipts(turn, &listed).await?;
    let mut partitions = Partitions::new();
    for (date, files) in listed {
        let files = files.into_iter();
        let files = files.map(|(name, entry)| standing(turn, date, (name, entry), &receipts));
        let mut files = files.collect::<Result<Vec<_>, _>>()?;
        // What repeats may be in any of them.
        let keeps_duplicates = files.iter().any(|file| file.keeps_duplicates);
        for file in &mut files {
            file.keeps_duplicates = keeps_duplicates;
        }
        partitions.insert(date, files);
    }
    Ok(partitions)
}

/// The receipts of the files' claims.
async fn receipts(
    turn: &Turn<'_>,
    listed: &BTreeMap<Date, Vec<(FileName, Entry)>>,
) -> Result<BTreeMap<ClaimNumber, Receipt>, Failure> {
    if listed.is_empty() {
        return Ok(BTreeMap::new());
    }
    let destination = turn.destination();
    let inventory = Inventory::of(destination, turn.lane()).await?;
    let numbers = listed.values().flatten().map(|(name, _)| name.number);
    let numbers: BTreeSet<ClaimNumber> = numbers.collect();
    let keys = numbers.into_iter().filter_map(|number| {
        let receipts = inventory.receipts.get(&number)?;
        Some(receipts.first()?.key.clone())
    });
    let receipts = stream::iter(keys)
        .map(async |key| read_receipt(destination, &key).await)
        .buffered(CONCURRENT_READS)
        .map_ok(|receipt| (receipt.claim.number, receipt));
    Ok(receipts.try_collect().await?)
}

fn standing(
    turn: &Turn<'_>,
    date: Date,
    (name, entry): (FileName, Entry),
    receipts: &BTreeMap<ClaimNumber, Receipt>,
) -> Result<StandingFile, Waiting> {
    let url = || turn.destination().url(&entry.key);
    let shown = name.to_string();
    let receipt = receipts.get(&name.number);
    let written = receipt.and_then(|receipt| {
        let mut written = receipt.written.iter();
        let written = written.find(|file| file.date == date && file.name == shown)?;
        Some((written, receipt))
    });
    let Some((written, receipt)) = written else {
        return Err(Waiting::ForeignFile { url: url() });
    };
    if written.bytes != entry.size {
        return Err(Waiting::DamagedFile {
            url: url(),
            why: format!("it has {} bytes instead of {}", entry.size, written.bytes),
        });
    }
    Ok(StandingFile {
        name,
        file: ReplacedFile {
            date,
            name: shown,
            rows: written.rows,
            bytes: written.bytes,
            sha256: written.sha256,
        },
        modified: entry.modified,
        keeps_duplicates: receipt.claim.options.keep_duplicates,
        schema: match receipt.claim.work {
            // Whoever merges has no part in the columns.
            Work::Compact(_) | Work::Sort(_) | Work::SortByTime(_) => receipt.claim.schema.clone(),
            _ => receipt.schema.clone(),
        },
    })
}
