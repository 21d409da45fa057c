//! The raw records of one claim: each is a row, a duplicate or a reject, and each row is one.

use super::finding::{Finding, FindingKind};
use super::raw::RawSource;
use super::raw_object::{Fetched, fetch, named};
use super::verifier::Verifier;
use crate::convert::{LaneRows, source_file};
use crate::failure::Failure;
use crate::files::{FileName, FileReader, second_of_day};
use crate::lane::{Lane, Partition};
use crate::ledger::{
    ClaimedObject, Convert, Outcome, Receipt, RejectedLine, Replaced, Standing, Work,
};
use crate::monitor::Progress;
use crate::store::Entry;
use crate::table::{Needle, RecordHasher, StoredRow, matching_rows, stored_rows};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Cursor;
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
    let mut comparison = Comparison {
        verifier,
        lane,
        receipt,
        replaced,
        listed: BTreeMap::new(),
        table,
    };
    let is_compared = |object: &&ClaimedObject| {
        let is_in = matches!(object.outcome, Outcome::Read { .. } | Outcome::Copy { .. });
        is_in && !receipt.lost.contains(&object.address)
    };
    let mut fetching = stream::iter(convert.objects.iter().filter(is_compared))
        .map(async |claimed| {
            let fetched = fetch(verifier, source, &receipt.claim, convert, claimed).await?;
            Ok::<_, Failure>((claimed, fetched))
        })
        .buffered(READ_AHEAD);
    let mut unseen: HashSet<String> = HashSet::new();
    while let Some((claimed, fetched)) = fetching.try_next().await? {
        match fetched {
            Fetched::Rows(rows) => comparison.object(claimed, &rows).await?,
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
    comparison.left_over(convert, &unseen);
    Ok(())
}

/// Rows and rejects of a claim, as the table has them.
struct TableSide {
    hasher: Arc<RecordHasher>,
    /// How many rows of a raw object have this hash, in files of the claim's own.
    rows: FxHashMap<(String, u64), u32>,
    /// The same in files that were merged, where other claims may have rows of the same object.
    merged: FxHashMap<(String, u64), u32>,
    /// The hashes of all rows.
    hashes: FxHashSet<u64>,
    /// Rejects by raw object and position.
    rejects: FxHashMap<(String, u64), Vec<u8>>,
}

impl TableSide {
    /// None if some of it cannot be read, which is told already.
    async fn read(
        verifier: &Verifier,
        replaced: &Replaced,
        receipt: &Receipt,
        convert: &Convert,
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
        let sources: BTreeSet<String> = convert
            .objects
            .iter()
            .map(|object| source_file(convert, &object.address))
            .collect();
        for file in &receipt.written {
            let (file, needles) = match replaced.standing(file.date, &file.name) {
                Standing::Itself => (file.clone(), Vec::new()),
                Standing::Expired => continue,
                Standing::In(merged) => {
                    let values = sources.clone();
                    let column = "sourcefile";
                    (merged, vec![Needle { column, values }])
                }
            };
            let partition = Partition {
                lane: lane.clone(),
                date: file.date,
            };
            let key = format!("{}{}", partition.path(), file.name);
            let is_merged = !needles.is_empty();
            let Ok(body) = verifier.destination.get(&key).await else {
                return Ok(None);
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
            let Ok(body) = verifier.destination.get(&rejects.key).await else {
                return Ok(None);
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
    fn take(&mut self, source_file: &str, hash: u64) -> bool {
        let key = (source_file.to_owned(), hash);
        [&mut self.rows, &mut self.merged].into_iter().any(|rows| {
            let count = rows.get_mut(&key).filter(|count| **count > 0);
            count.map(|count| *count -= 1).is_some()
        })
    }
}

struct Comparison<'c> {
    verifier: &'c Verifier,
    lane: &'c Lane,
    receipt: &'c Receipt,
    replaced: &'c Replaced,
    /// Files of partitions that duplicates were sought in.
    listed: BTreeMap<Date, Vec<(FileName, Entry)>>,
    table: TableSide,
}

/// A record that is no row of its own claim.
struct Sought {
    hash: u64,
    second: u32,
    id: String,
}

impl Comparison<'_> {
    async fn object(&mut self, claimed: &ClaimedObject, rows: &LaneRows) -> Result<(), Failure> {
        {
            let mut report = self.verifier.report();
            report.raw_objects += 1;
            report.raw_records += rows.records();
            report.raw_uncompressed_bytes += rows.uncompressed_bytes;
        }
        let is_copy = matches!(claimed.outcome, Outcome::Copy { .. });
        let mut sought: BTreeMap<Date, Vec<Sought>> = BTreeMap::new();
        let mut missing = 0_u64;
        for &index in &rows.row_indexes {
            let row = rows.rows.row(index as usize);
            let hash = self.table.hasher.hash(row.record_text());
            let is_row = !is_copy && self.table.take(rows.rows.source(), hash);
            match row.event_id() {
                _ if is_row || self.replaced.is_expired(row.date()) => {}
                Some(_) if self.table.hashes.contains(&hash) => {}
                Some(id) => sought.entry(row.date()).or_default().push(Sought {
                    hash,
                    second: second_of_day(row.millis()),
                    id: id.to_owned(),
                }),
                // Records without an id are no duplicates, but in a copy of a whole object.
                None => missing += u64::from(!is_copy),
            }
        }
        for (date, sought) in sought {
            missing += self.duplicates(date, sought).await?;
        }
        if !is_copy {
            for &index in &rows.reject_indexes {
                let reject = rows.rows.reject(index as usize);
                let key = (claimed.address.clone(), reject.index());
                let kept = self.table.rejects.remove(&key);
                missing += u64::from(kept.as_deref() != Some(reject.bytes()));
            }
        }
        if missing > 0 {
            let found = format!("{missing} records are none of these");
            let kind = FindingKind::MissingRecord;
            let expected = "each record is a row, a duplicate or a reject";
            self.find(&claimed.address, kind, expected, found);
        }
        Ok(())
    }

    /// How many of some records are not in files of this or lower claims.
    async fn duplicates(&mut self, date: Date, mut sought: Vec<Sought>) -> Result<u64, Failure> {
        if !self.listed.contains_key(&date) {
            let files = self.list(date).await?;
            self.listed.insert(date, files);
        }
        let store = &self.verifier.destination;
        for (name, entry) in self.listed.get(&date).into_iter().flatten() {
            let (first, last) = name.seconds;
            let within = sought
                .iter()
                .filter(|record| (first..=last).contains(&record.second));
            let ids: HashSet<&str> = within.map(|record| record.id.as_str()).collect();
            if ids.is_empty() {
                continue;
            }
            let reader = FileReader::new(store, &entry.key, entry.size);
            // A file that cannot be read is told already; what it holds is then missing.
            let Ok(found) = matching_rows(reader, &ids).await else {
                continue;
            };
            let hashes = found
                .iter()
                .map(|(_, record)| self.table.hasher.hash(record));
            let hashes: FxHashSet<u64> = hashes.collect();
            sought.retain(|record| !hashes.contains(&record.hash));
        }
        Ok(sought.len() as u64)
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
