//! The raw records of one claim: each is a row, a duplicate or a reject, and each row is one.

use super::finding::{Finding, FindingKind};
use super::raw::RawSource;
use super::raw_object::{Fetched, fetch, named};
use super::table_side::TableSide;
use super::verifier::Verifier;
use crate::convert::LaneRows;
use crate::failure::Failure;
use crate::files::{FileName, FileReader, second_of_day};
use crate::lane::{Lane, Partition};
use crate::ledger::{ClaimedObject, Convert, Outcome, Receipt, Replaced, Work};
use crate::monitor::Progress;
use crate::store::Entry;
use crate::table::matching_rows;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Raw objects of a claim read at once.
const READ_AHEAD: usize = 8;

/// Compares one claim of the lane with its raw objects.
pub(super) async fn check_claim(
    verifier: &Verifier,
    source: &RawSource,
    replaced: &Replaced,
    receipt: &Receipt,
) -> Result<(), Failure> {
    let lane = &receipt.claim.lane;
    let Work::Convert(convert) = &receipt.claim.work else {
        // What was retried is in a rejects object, whose bytes are checked; its rows, too.
        return Ok(());
    };
    let outcomes = convert.objects.iter().map(|object| &object.outcome);
    let read = outcomes.map(Outcome::uncompressed_bytes).sum();
    let _share = verifier.budget.reserve(read).await;
    let Some(table) = TableSide::read(verifier, replaced, receipt, convert).await? else {
        return Ok(());
    };
    let hasher = Arc::clone(&table.hasher);
    let mut comparison = Comparison {
        verifier,
        lane,
        receipt,
        replaced,
        table,
        missing: BTreeMap::new(),
        sought: BTreeMap::new(),
    };
    let is_compared = |object: &&ClaimedObject| {
        let is_in = matches!(object.outcome, Outcome::Read { .. } | Outcome::Copy { .. });
        is_in && !receipt.lost.contains(&object.address)
    };
    let mut fetching = stream::iter(convert.objects.iter().filter(is_compared))
        .map(async |claimed| {
            let fetched =
                fetch(verifier, source, &receipt.claim, convert, claimed, &hasher).await?;
            Ok::<_, Failure>((claimed, fetched))
        })
        .buffered(READ_AHEAD);
    let mut unseen: HashSet<String> = HashSet::new();
    while let Some((claimed, fetched)) = fetching.try_next().await? {
        match fetched {
            Fetched::Rows(rows, hashes) => comparison.object(claimed, &rows, &hashes),
            Fetched::Gone => {
                verifier.report().raw_gone += 1;
                unseen.insert(named(convert, claimed).source_file);
            }
            Fetched::Wrong => _ = unseen.insert(named(convert, claimed).source_file),
        }
        verifier.monitor.report(Progress::Done {
            objects: 1,
            bytes: claimed.size,
            rows: 0,
        });
    }
    drop(fetching);
    comparison.seek_duplicates().await?;
    comparison.tell_missing();
    comparison.left_over(convert, &unseen);
    Ok(())
}

struct Comparison<'c> {
    verifier: &'c Verifier,
    lane: &'c Lane,
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
    /// Compares one raw object, whose rows' records have these hashes.
    fn object(&mut self, claimed: &'c ClaimedObject, rows: &LaneRows, hashes: &[u64]) {
        {
            let mut report = self.verifier.report();
            report.raw_objects += 1;
            report.raw_records += rows.records();
            report.raw_uncompressed_bytes += rows.uncompressed_bytes;
        }
        let address = claimed.address.as_str();
        let is_copy = matches!(claimed.outcome, Outcome::Copy { .. });
        let mut missing = 0_u64;
        for (&index, &hash) in rows.row_indexes.iter().zip(hashes) {
            let row = rows.rows.row(index as usize);
            let is_row = !is_copy && self.table.take(rows.rows.source(), hash);
            match row.event_id() {
                _ if is_row || self.replaced.is_expired(row.date()) => {}
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
                let key = (claimed.address.clone(), reject.index());
                let kept = self.table.rejects.remove(&key);
                missing += u64::from(kept.as_deref() != Some(reject.bytes()));
            }
        }
        *self.missing.entry(address).or_default() += missing;
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
            lane: self.lane.clone(),
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

    /// Rows and rejects that no raw record gave, of objects that were seen.
    fn left_over(&self, convert: &Convert, unseen: &HashSet<String>) {
        let objects = convert.objects.iter();
        let lost: FxHashSet<String> = objects
            .filter(|object| self.receipt.lost.contains(&object.address))
            .map(|object| named(convert, object).source_file)
            .collect();
        let mut by_source: BTreeMap<&str, u32> = BTreeMap::new();
        for ((source, _), &count) in &self.table.rows {
            if count > 0 && !unseen.contains(source) && !lost.contains(source) {
                *by_source.entry(source).or_default() += count;
            }
        }
        for (source, count) in by_source {
            let found = format!("{count} rows that it does not have");
            let expected = "the rows of the raw object";
            self.find(source, FindingKind::ForeignRow, expected, found);
        }
    }

    fn find(&self, url: &str, kind: FindingKind, expected: &str, found: String) {
        self.verifier.find(Finding {
            lane: Some(self.lane.clone()),
            date: None,
            url: url.to_owned(),
            kind,
            expected: expected.to_owned(),
            found,
        });
    }
}
