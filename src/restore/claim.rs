//! The records of one claim, by the raw object that delivered them.

use super::lane::ClaimToRestore;
use super::run::Restoring;
use crate::cloudtrail::{KeyKind, Sha256, parse_key};
use crate::convert::claimed_key;
use crate::failure::{Failure, Waiting};
use crate::files::FileReader;
use crate::lane::{Lane, Partition};
use crate::ledger::{FileReceipt, Outcome, Receipt, RejectedLine, Work, read_receipt};
use crate::table::{Needle, StoredRow, stored_rows};
use crate::work::Share;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Cursor;

/// Bytes of JSON that a byte of Parquet holds, at most as a rule.
const EXPECTED_RATIO: u64 = 12;

/// What one raw object delivered, as far as it is asked for.
#[derive(Debug, Default)]
pub(super) struct RestoredObject {
    /// Records that are rows.
    pub(super) rows: Vec<Vec<u8>>,
    /// Records that could not become rows.
    pub(super) rejects: Vec<Vec<u8>>,
}

/// The records of one claim.
pub(super) struct RestoredClaim {
    pub(super) lane: Lane,
    /// When its objects were read.
    pub(super) read_at: Timestamp,
    /// By full address, or what is known of it.
    pub(super) objects: BTreeMap<String, RestoredObject>,
    /// The memory that it holds.
    pub(super) _share: Share,
}

/// Reads what a claim wrote.
pub(super) async fn read_claim(
    restoring: &Restoring,
    claim: &ClaimToRestore,
) -> Result<RestoredClaim, Failure> {
    let destination = &restoring.destination;
    let receipt = read_receipt(destination, &claim.receipt_key).await?;
    let outcomes = receipt.claim.objects().iter().map(|object| &object.outcome);
    let read: u64 = outcomes.map(Outcome::uncompressed_bytes).sum();
    let written: u64 = receipt.written.iter().map(|file| file.bytes).sum();
    let share = restoring
        .budget
        .reserve(read.max(written * EXPECTED_RATIO))
        .await;
    let mut restored = RestoredClaim {
        lane: claim.lane.clone(),
        read_at: read_at(&receipt),
        objects: BTreeMap::new(),
        _share: share,
    };
    let addresses = addresses(&receipt);
    let days = restoring.options.scope.days;
    let is_asked = |address: &str| match parse_key(address) {
        KeyKind::Raw(key) => days.has(key.day),
        _ => true,
    };
    let own = receipt.written.iter();
    let own = own.filter(|file| !claim.replaced.has(file.date, &file.name));
    let merged = claim.merged.iter();
    let merged = merged.map(|rows| (&rows.file, Some(&rows.sources)));
    let parts = own.map(|file| (file, None)).chain(merged);
    let mut parts: Vec<_> = parts.collect();
    // As before they were merged.
    parts.sort_by_key(|(file, _)| file.date);
    for (file, sources) in parts {
        for row in rows(restoring, &claim.lane, file, sources).await? {
            let source = row.source_file.unwrap_or_default();
            let address = addresses.get(&source).cloned().unwrap_or(source);
            if is_asked(&address) {
                let object = restored.objects.entry(address).or_default();
                object.rows.push(row.record.into_bytes());
            }
        }
    }
    if let Some(rejects) = receipt
        .claim
        .rejects()
        .filter(|_| restoring.options.rejects)
        && (receipt.lost.is_empty() || receipt.rejects.is_some())
    {
        for (address, bytes) in rejected(restoring, claim, &rejects.key).await? {
            if is_asked(&address) {
                restored
                    .objects
                    .entry(address)
                    .or_default()
                    .rejects
                    .push(bytes);
            }
        }
    }
    Ok(restored)
}

fn read_at(receipt: &Receipt) -> Timestamp {
    match &receipt.claim.work {
        Work::Convert(convert) => convert.read_at,
        Work::RetryRejects(retry) => retry.read_at,
        Work::Compact(_)
        | Work::Sort(_)
        | Work::SortByTime(_)
        | Work::Rewrite(_)
        | Work::Expire(_) => Timestamp::UNIX_EPOCH,
    }
}

/// Full addresses of the claim's objects by what `sourcefile` says of them.
fn addresses(receipt: &Receipt) -> HashMap<String, String> {
    let Work::Convert(convert) = &receipt.claim.work else {
        return HashMap::new();
    };
    let addresses = convert.objects.iter().map(|object| {
        let key = claimed_key(convert, &object.address).to_owned();
        (key, object.address.clone())
    });
    addresses.collect()
}

/// The rows of a file that are asked for: of these sources, if it is a merged one.
async fn rows(
    restoring: &Restoring,
    lane: &Lane,
    file: &FileReceipt,
    sources: Option<&BTreeSet<String>>,
) -> Result<Vec<StoredRow>, Failure> {
    let destination = &restoring.destination;
    let partition = Partition {
        lane: lane.clone(),
        date: file.date,
    };
    let key = format!("{}{}", partition.path(), file.name);
    let mut rows = Vec::new();
    let mut needles = restoring.options.needles.clone();
    needles.extend(sources.map(|sources| Needle {
        column: "sourcefile",
        values: sources.clone(),
    }));
    if !needles.is_empty() {
        let reader = FileReader::new(destination, &key, file.bytes);
        let read = stored_rows(reader, &needles, |row| rows.push(row)).await;
        read.map_err(|error| Failure::unreadable_file(destination, &key, error))?;
        return Ok(rows);
    }
    let body = destination.get(&key).await.map_err(Failure::of_table)?;
    let promised = file.sha256;
    let read = restoring.cpu.run(move || {
        if promised.is_some_and(|promised| promised != Sha256::of(&body)) {
            return Ok(None);
        }
        let read = stored_rows(Cursor::new(body), &[], |row| rows.push(row));
        futures::executor::block_on(read).map(|()| Some(rows))
    });
    let read = read.await?;
    let rows = read.map_err(|error| Failure::unreadable_file(destination, &key, error))?;
    match rows.filter(|rows| rows.len() as u64 == file.rows) {
        Some(rows) => Ok(rows),
        None => Err(Waiting::DamagedFile {
            url: destination.url(&key),
            why: "it is not the file that was written".to_owned(),
        }
        .into()),
    }
}

/// The rejects of a claim that are rejects still: the address of each, and its bytes.
async fn rejected(
    restoring: &Restoring,
    claim: &ClaimToRestore,
    key: &str,
) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let destination = &restoring.destination;
    let body = destination.get(key).await.map_err(Failure::of_table)?;
    let damaged = || Waiting::DamagedFile {
        url: destination.url(key),
        why: "a line of it is no reject".to_owned(),
    };
    let mut rejects = Vec::new();
    for (number, line) in (0..).zip(body.split(|&byte| byte == b'\n')) {
        if line.is_empty() || claim.retried.is_retried(key, number) {
            continue;
        }
        let line: RejectedLine = serde_json::from_slice(line).map_err(|_| damaged())?;
        let bytes = line.bytes().ok_or_else(damaged)?;
        rejects.push((line.source, bytes));
    }
    Ok(rejects)
}
