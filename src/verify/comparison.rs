//! Raw records against what the table has of a claim: each is a row, a duplicate or a reject, and each
//! row is one.

use super::finding::{Finding, FindingKind};
use super::table_side::TableSide;
use super::verifier::Verifier;
use crate::convert::LaneRows;
use crate::failure::Failure;
use crate::files::{FileName, FileReader, second_of_day};
use crate::lane::Partition;
use crate::ledger::{Receipt, Replaced};
use crate::store::Entry;
use crate::table::matching_rows;
use jiff::civil::Date;
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, HashSet};

/// The comparison of one claim.
pub(super) struct Comparison<'c> {
    verifier: &'c Verifier,
    receipt: &'c Receipt,
    replaced: &'c Replaced,
    table: TableSide,
    /// Records of each raw object, by its address, that are nothing of what they should be.
    missing: BTreeMap<&'c str, u64>,
    /// What must be a duplicate, by the date of its row.
    sought: BTreeMap<Date, Vec<Sought<'c>>>,
}

/// A record that is no row of its own claim.
struct Sought<'c> {
    address: &'c str,
    hash: u64,
    second: u32,
    id: String,
}

impl<'c> Comparison<'c> {
    pub(super) fn new(
        verifier: &'c Verifier,
        replaced: &'c Replaced,
        receipt: &'c Receipt,
        table: TableSide,
    ) -> Self {
        Self {
            verifier,
            receipt,
            replaced,
            table,
            missing: BTreeMap::new(),
            sought: BTreeMap::new(),
        }
    }

    /// Compares what one raw object gives, whose rows' records have these hashes. Of a copy of
    /// another object nothing is a row or a reject of its own.
    pub(super) fn add(&mut self, address: &'c str, is_copy: bool, rows: &LaneRows, hashes: &[u64]) {
        let mut missing = 0_u64;
        for (&index, &hash) in rows.row_indexes.iter().zip(hashes) {
            let row = rows.rows.row(index as usize);
            let is_row = !is_copy && self.table.take(rows.rows.source(), hash);
            match row.event_id() {
                _ if is_row || self.replaced.is_expired(row.date()) => {}
                // An earlier program may have rejected what is a row now.
                _ if !is_copy && self.is_reject(address, row.index(), row.record_text()) => {}
                Some(_) if self.table.hashes.contains(&hash) => {}
                Some(id) => self.sought.entry(row.date()).or_default().push(Sought {
                    address,
                    hash,
                    second: second_of_day(row.millis()),
                    id: id.to_owned(),
                }),
                // Records without an id are no duplicates, but in a copy of a whole object.
                None => missing += u64::from(!is_copy),
            }
        }
        if !is_copy {
            for &index in &rows.reject_indexes {
                let reject = rows.rows.reject(index as usize);
                missing += u64::from(!self.is_reject(address, reject.index(), reject.bytes()));
            }
        }
        *self.missing.entry(address).or_default() += missing;
    }

    /// Whether the record at this place is kept as a reject, byte for byte.
    fn is_reject(&self, address: &str, index: u64, record: impl AsRef<[u8]>) -> bool {
        let kept = self.table.rejects.get(&(address.to_owned(), index));
        kept.is_some_and(|kept| kept == record.as_ref())
    }

    /// Tells what is missing, and which rows no raw record gave but those of these sources.
    pub(super) async fn finish(mut self, unseen: &HashSet<String>) -> Result<(), Failure> {
        self.seek_duplicates().await?;
        self.tell_missing();
        self.tell_left_over(unseen);
        Ok(())
    }

    /// What is sought and in no file of this or lower claims is missing.
    async fn seek_duplicates(&mut self) -> Result<(), Failure> {
        for (date, mut sought) in std::mem::take(&mut self.sought) {
            for (name, entry) in self.list(date).await? {
                let (first, last) = name.seconds;
                let within = sought
                    .iter()
                    .filter(|record| (first..=last).contains(&record.second));
                let ids: HashSet<&str> = within.map(|record| record.id.as_str()).collect();
                if ids.is_empty() {
                    continue;
                }
                let reader = FileReader::new(&self.verifier.destination, &entry.key, entry.size);
                // A file that cannot be read is told already; what it holds is then missing.
                let Ok(found) = matching_rows(reader, &ids).await else {
                    continue;
                };
                let hashes: FxHashSet<u64> = found
                    .iter()
                    .map(|(_, record)| self.table.hasher.hash(record))
                    .collect();
                sought.retain(|record| !hashes.contains(&record.hash));
            }
            for record in sought {
                *self.missing.entry(record.address).or_default() += 1;
            }
        }
        Ok(())
    }

    fn tell_missing(&self) {
        for (address, missing) in self.missing.iter().filter(|(_, missing)| **missing > 0) {
            let found = format!("{missing} records are none of these");
            let expected = "each record is a row, a duplicate or a reject";
            self.find(address, FindingKind::MissingRecord, expected, found);
        }
    }

    async fn list(&self, date: Date) -> Result<Vec<(FileName, Entry)>, Failure> {
        let partition = Partition {
            lane: self.receipt.claim.lane.clone(),
            date,
        };
        let folder = partition.path();
        let listed = self.verifier.destination.list(&folder, None).await;
        let files = listed.map_err(Failure::of_table)?.into_iter();
        let files = files.filter_map(|entry| {
            let name = FileName::parse(entry.key.strip_prefix(&folder)?)?;
            // What was merged later may hold what was there before.
            let is_merged = !self.replaced.is_empty();
            (is_merged || name.number <= self.receipt.claim.number).then_some((name, entry))
        });
        Ok(files.collect())
    }

    fn tell_left_over(&self, unseen: &HashSet<String>) {
        let mut by_source: BTreeMap<&str, u32> = BTreeMap::new();
        for ((source, _), &count) in &self.table.rows {
            if count > 0 && !unseen.contains(source) {
                *by_source.entry(source).or_default() += count;
            }
        }
        for (source, count) in by_source {
            let found = format!("{count} rows that it does not have");
            let expected = "the rows of the raw object";
            self.find(source, FindingKind::ForeignRow, expected, found);
        }
    }

    pub(super) fn find(&self, url: &str, kind: FindingKind, expected: &str, found: String) {
        self.verifier.find(Finding {
            lane: Some(self.receipt.claim.lane.clone()),
            date: None,
            url: url.to_owned(),
            kind,
            expected: expected.to_owned(),
            found,
        });
    }
}
