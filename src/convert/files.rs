//! The Parquet files of a lane's partitions: their names, and what events they hold.

use super::ConvertError;
use super::reader::StoreReader;
use crate::store::Store;
use crate::table::{Lane, Partition, event_ids, matching_rows};
use jiff::civil::Date;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{HashSet, VecDeque};

/// Event ids remembered a lane, 8 bytes each: the files of the last batches, where nearly
/// all duplicates across batches are.
const REMEMBERED_IDS: usize = 500_000;

/// Up to this many ids a look-up asks the bloom filter; above it, so many pass by chance
/// that the id column is read at once.
const FEW_IDS: usize = 64;

/// The name of a file: its claim's number and id, and the seconds of the day between which
/// its events lie, so that a listing is enough to leave out most files of a partition.
///
/// `<claim number>-<HHMMSS>-<HHMMSS>-<claim id>.parquet`
pub(crate) fn file_name(number: u64, seconds: (u32, u32), claim_id: &str) -> String {
    let clock = |seconds: u32| {
        format!(
            "{:02}{:02}{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )
    };
    format!(
        "{number:012}-{}-{}-{claim_id}.parquet",
        clock(seconds.0),
        clock(seconds.1)
    )
}

/// Reads a file name back: the claim's number and the seconds. None for names of other
/// programs, which may hold anything.
fn parse_name(name: &str) -> Option<(u64, (u32, u32))> {
    let mut parts = name.strip_suffix(".parquet")?.split('-');
    let number = parts.next()?.parse().ok()?;
    let mut clock = || {
        let digits: u32 = parts.next().filter(|text| text.len() == 6)?.parse().ok()?;
        Some(digits / 10_000 * 3600 + digits / 100 % 100 * 60 + digits % 100)
    };
    Some((number, (clock()?, clock()?)))
}

struct File {
    key: String,
    size: u64,
    number: u64,
    seconds: (u32, u32),
}

/// What to look for in a partition.
pub(crate) struct Lookup<'r> {
    pub(crate) date: Date,
    /// Only files of lower claims count.
    pub(crate) below: u64,
    /// First and last second of the day of the events.
    pub(crate) seconds: (u32, u32),
    /// The events: hash of the id, and the id.
    pub(crate) ids: Vec<(u64, &'r str)>,
}

/// A lane's files, listed when they are first asked for and kept up to date by the lane's
/// own commits. It is thrown away when another worker takes a number.
pub(crate) struct LaneFiles {
    store: Store,
    lane: Lane,
    by_date: FxHashMap<Date, Vec<File>>,
    ids: FxHashMap<String, FxHashSet<u64>>,
    order: VecDeque<String>,
    remembered: usize,
}

impl LaneFiles {
    /// Knows nothing yet.
    pub(crate) fn new(store: &Store, lane: &Lane) -> Self {
        Self {
            store: store.clone(),
            lane: lane.clone(),
            by_date: FxHashMap::default(),
            ids: FxHashMap::default(),
            order: VecDeque::new(),
            remembered: 0,
        }
    }

    /// The folder of a date's files.
    pub(crate) fn folder(&self, date: Date) -> String {
        Partition {
            lane: self.lane.clone(),
            date,
        }
        .path()
    }

    /// The id and the rebuilt record of each row that has one of the ids.
    pub(crate) async fn find(
        &mut self,
        lookup: &Lookup<'_>,
    ) -> Result<Vec<(String, String)>, ConvertError> {
        self.list(lookup.date).await?;
        let overlaps = |file: &&File| {
            file.number < lookup.below
                && file.seconds.0 <= lookup.seconds.1
                && lookup.seconds.0 <= file.seconds.1
        };
        let files = self.by_date.get(&lookup.date).into_iter().flatten();
        let files: Vec<(String, u64)> = files
            .filter(overlaps)
            .map(|file| (file.key.clone(), file.size))
            .collect();
        let mut found = Vec::new();
        for (key, size) in files {
            if lookup.ids.len() > FEW_IDS && !self.ids.contains_key(&key) {
                let reader = StoreReader::new(&self.store, &key, size);
                let ids = event_ids(reader)
                    .await
                    .map_err(|error| ConvertError::unreadable_file(&self.store, &key, error))?;
                self.remember(key.clone(), ids);
            }
            let known = self.ids.get(&key);
            let wanted: HashSet<&str> = lookup
                .ids
                .iter()
                .filter(|(hash, _)| known.is_none_or(|known| known.contains(hash)))
                .map(|(_, id)| *id)
                .collect();
            if !wanted.is_empty() {
                let reader = StoreReader::new(&self.store, &key, size);
                let rows = matching_rows(reader, &wanted).await;
                found.extend(
                    rows.map_err(|error| ConvertError::unreadable_file(&self.store, &key, error))?,
                );
            }
        }
        Ok(found)
    }

    /// Adds a file that stands now, with its event ids if they are known.
    pub(crate) fn add(&mut self, date: Date, name: &str, size: u64, ids: Option<Vec<u64>>) {
        let key = format!("{}{name}", self.folder(date));
        if let Some(files) = self.by_date.get_mut(&date) {
            files.push(file(key.clone(), size));
        }
        if let Some(ids) = ids {
            self.remember(key, ids);
        }
    }

    async fn list(&mut self, date: Date) -> Result<(), ConvertError> {
        if !self.by_date.contains_key(&date) {
            let entries = self.store.list(&self.folder(date), None).await?;
            let parquet = entries
                .into_iter()
                .filter(|entry| entry.key.ends_with(".parquet"));
            self.by_date.insert(
                date,
                parquet.map(|entry| file(entry.key, entry.size)).collect(),
            );
        }
        Ok(())
    }

    fn remember(&mut self, key: String, ids: Vec<u64>) {
        let ids: FxHashSet<u64> = ids.into_iter().collect();
        self.remembered += ids.len();
        self.order.push_back(key.clone());
        self.ids.insert(key, ids);
        while self.remembered > REMEMBERED_IDS
            && self.order.len() > 1
            && let Some(oldest) = self.order.pop_front()
        {
            let forgotten = self.ids.remove(&oldest);
            self.remembered -= forgotten.map_or(0, |ids| ids.len());
        }
    }
}

fn file(key: String, size: u64) -> File {
    let name = key.rsplit('/').next().unwrap_or_default();
    let (number, seconds) = parse_name(name).unwrap_or((0, (0, u32::MAX)));
    File {
        size,
        number,
        seconds,
        key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_tells_its_claim_and_the_times_of_its_events() {
        let name = file_name(42, (3_661, 86_399), "0a1b");
        assert_eq!(name, "000000000042-010101-235959-0a1b.parquet");
        assert_eq!(parse_name(&name), Some((42, (3_661, 86_399))));
    }

    #[test]
    fn a_foreign_name_may_hold_any_time() {
        let foreign = file("account=1/part-0000.parquet".into(), 1);
        assert_eq!((foreign.number, foreign.seconds), (0, (0, u32::MAX)));
    }
}
