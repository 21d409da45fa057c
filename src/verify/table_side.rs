//! What the table has of one claim: its rows, by the hash of their records, and its rejects.

use super::verifier::Verifier;
use crate::failure::Failure;
use crate::lane::Partition;
use crate::ledger::{FileReceipt, Receipt, RejectedLine, Replaced, Standing};
use crate::table::{Needle, RecordHasher, StoredRow, stored_rows};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::Arc;

/// Rows and rejects of a claim, as the table has them.
pub(super) struct TableSide {
    pub(super) hasher: Arc<RecordHasher>,
    /// How many rows of a raw object have this hash, in files of the claim's own.
    pub(super) rows: FxHashMap<(String, u64), u32>,
    /// The same in files that were merged, where other claims may have rows of the same object.
    merged: FxHashMap<(String, u64), u32>,
    /// The hashes of all rows.
    pub(super) hashes: FxHashSet<u64>,
    /// Rejects by raw object and position.
    pub(super) rejects: FxHashMap<(String, u64), Vec<u8>>,
}

impl TableSide {
    /// What the claim has of raw objects with these values of `sourcefile`. None if some of it cannot
    /// be read, which is told already.
    pub(super) async fn read(
        verifier: &Verifier,
        replaced: &Replaced,
        receipt: &Receipt,
        sources: &BTreeSet<String>,
    ) -> Result<Option<Self>, Failure> {
        let lane = &receipt.claim.lane;
        let hasher = Arc::new(RecordHasher::default());
        let mut table = Self {
            hasher: Arc::clone(&hasher),
            rows: FxHashMap::default(),
            merged: FxHashMap::default(),
            hashes: FxHashSet::default(),
            rejects: FxHashMap::default(),
        };
        for (file, is_merged) in standing_files(replaced, receipt) {
            let (values, column) = (sources.clone(), "sourcefile");
            let needles = match is_merged {
                true => vec![Needle { column, values }],
                false => Vec::new(),
            };
            let partition = Partition {
                lane: lane.clone(),
                date: file.date,
            };
            let key = format!("{}{}", partition.path(), file.name);
            let body = match verifier.destination.get(&key).await {
                Ok(body) => body,
                // It may have gone since it was looked at.
                Err(error) => {
                    let url = verifier.destination.url(&key);
                    verifier.failed_unless_told((lane, Some(file.date)), url, error)?;
                    return Ok(None);
                }
            };
            let hasher = Arc::clone(&hasher);
            let read = move || {
                let mut rows = Vec::new();
                let see = |row: StoredRow| {
                    let source = row.source_file.unwrap_or_default();
                    rows.push((source, hasher.hash(&row.record)));
                };
                let read = stored_rows(Cursor::new(body), &needles, see);
                futures::executor::block_on(read).map(|()| rows)
            };
            let Ok(rows) = verifier.cpu.run(read).await? else {
                return Ok(None);
            };
            for (source, hash) in rows {
                table.hashes.insert(hash);
                let rows = match is_merged {
                    false => &mut table.rows,
                    true => &mut table.merged,
                };
                *rows.entry((source, hash)).or_default() += 1;
            }
        }
        if let Some(rejects) = receipt.claim.rejects() {
            let body = match verifier.destination.get(&rejects.key).await {
                Ok(body) => body,
                Err(error) => {
                    let url = verifier.destination.url(&rejects.key);
                    verifier.failed_unless_told((lane, None), url, error)?;
                    return Ok(None);
                }
            };
            for line in body
                .split(|&byte| byte == b'\n')
                .filter(|line| !line.is_empty())
            {
                let Ok(line) = serde_json::from_slice::<RejectedLine>(line) else {
                    return Ok(None);
                };
                let bytes = line.bytes().unwrap_or_default();
                table.rejects.insert((line.source, line.index), bytes);
            }
        }
        Ok(Some(table))
    }

    /// Takes a row of this raw object out, if there is one.
    pub(super) fn take(&mut self, source_file: &str, hash: u64) -> bool {
        let key = (source_file.to_owned(), hash);
        [&mut self.rows, &mut self.merged].into_iter().any(|rows| {
            let count = rows.get_mut(&key).filter(|count| **count > 0);
            count.map(|count| *count -= 1).is_some()
        })
    }
}

/// The files in which a claim's rows stand, and whether they have rows of others.
fn standing_files(replaced: &Replaced, receipt: &Receipt) -> Vec<(FileReceipt, bool)> {
    let mut files = Vec::new();
    for file in &receipt.written {
        match replaced.standing(file.date, &file.name) {
            Standing::Itself => files.push((file.clone(), false)),
            Standing::In(merged) => files.extend(merged.into_iter().map(|file| (file, true))),
            Standing::Expired => {}
        }
    }
    files
}
