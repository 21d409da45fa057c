//! The Parquet files of a lane's partitions, and what events they hold.

use super::ids::RememberedIds;
use super::name::FileName;
use super::reader::FileReader;
use crate::failure::{Failure, Waiting};
use crate::lane::{Lane, Partition};
use crate::ledger::{ClaimNumber, LaneLog, Month, Upkept, rejects_folder, rejects_number};
use crate::store::{Store, StoreError};
use crate::table::{Objects, Row, RowRef, event_ids, matching_rows};
use futures::{TryStreamExt, future::try_join_all};
use jiff::civil::Date;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::HashSet;

/// Up to this many ids a look-up asks the bloom filter; above it, so many pass by chance
/// that the id column is read at once.
const FEW_IDS: usize = 64;

/// Files, or partitions, that are looked at at once: each is a round trip.
const FILES_AT_ONCE: usize = 4;

struct File {
    key: String,
    size: u64,
    name: FileName,
}

/// What to look for in a partition.
pub(crate) struct Lookup<'r> {
    pub(crate) date: Date,
    /// Only files of lower claims count.
    pub(crate) below: ClaimNumber,
    /// First and last second of the day of the events.
    pub(crate) seconds: (u32, u32),
    /// The events.
    pub(crate) objects: &'r Objects,
    pub(crate) rows: &'r [RowRef],
}

impl Lookup<'_> {
    /// Whether a file is of a lower claim and has events of the time.
    fn may_be_in(&self, file: &FileName) -> bool {
        file.number < self.below
            && file.seconds.0 <= self.seconds.1
            && self.seconds.0 <= file.seconds.1
    }
}

/// What one file has of a look-up.
#[derive(Default)]
struct Look {
    rows: Vec<(String, String)>,
    /// The hashes of its event ids, if they were read.
    ids: Option<FxHashSet<u64>>,
}

/// A lane's files, listed when they are first asked for and kept up to date by the lane's
/// own commits. It is thrown away when another worker takes a number.
pub(crate) struct LaneFiles {
    store: Store,
    lane: Lane,
    by_date: FxHashMap<Date, Vec<File>>,
    /// Claims that are known to stand.
    checked: FxHashSet<ClaimNumber>,
    ids: RememberedIds,
    /// What was done to the lane beside converting, once it was asked for.
    upkept: Option<Upkept>,
    /// Whether the lane had no claim: then it had no files.
    was_empty: bool,
    has_checked_rejects: bool,
}

impl LaneFiles {
    /// The files of the log's lane. Nothing is listed yet.
    pub(crate) fn new(store: &Store, log: &LaneLog) -> Self {
        Self {
            store: store.clone(),
            lane: log.lane().clone(),
            by_date: FxHashMap::default(),
            checked: FxHashSet::default(),
            ids: RememberedIds::default(),
            upkept: None,
            was_empty: log.next_number() == Some(ClaimNumber::FIRST),
            has_checked_rejects: false,
        }
    }

    /// Whether the lane had no claim.
    pub(crate) fn was_empty(&self) -> bool {
        self.was_empty
    }

    /// The folder of a date's files.
    pub(crate) fn folder(&self, date: Date) -> String {
        Partition {
            lane: self.lane.clone(),
            date,
        }
        .path()
    }

    /// Lists the partitions of some dates, unless that was done. What stands there must be of this
    /// program, and of claims that the log has: whoever asks may know fewer receipts than who
    /// asked before.
    pub(crate) async fn list(
        &mut self,
        log: &LaneLog,
        dates: &[Date],
        has_receipt: impl Fn(ClaimNumber) -> bool,
    ) -> Result<(), Failure> {
        for dates in dates.chunks(FILES_AT_ONCE) {
            let is_new = |date: &&Date| !self.by_date.contains_key(date);
            let new: Vec<Date> = dates.iter().filter(is_new).copied().collect();
            let listed = try_join_all(new.iter().map(|date| self.list_partition(*date))).await?;
            let mut listed: FxHashMap<Date, Vec<File>> = new.into_iter().zip(listed).collect();
            for date in dates {
                let listed = listed.remove(date);
                self.take(log, *date, listed, &has_receipt).await?;
            }
        }
        Ok(())
    }

    /// Takes the files of a partition, if it was listed now, and checks those that are known.
    async fn take(
        &mut self,
        log: &LaneLog,
        date: Date,
        listed: Option<Vec<File>>,
        has_receipt: impl Fn(ClaimNumber) -> bool,
    ) -> Result<(), Failure> {
        let mut merged = Vec::new();
        if let Some(files) = listed {
            merged = self.merged(log, date, &files).await?;
            self.by_date.insert(date, files);
        }
        // An event is delivered in its own month, or soon after.
        let next = date.last_of_month().tomorrow().map(Month::of).ok();
        let months = [Some(Month::of(date)), next].into_iter().flatten();
        let is_known = |number| self.checked.contains(&number) || has_receipt(number);
        let files = self.by_date[&date].iter();
        let numbers = files
            .map(|file| (file.name.number, self.store.url(&file.key)))
            .chain(merged)
            .filter(|(number, _)| !is_known(*number))
            .collect();
        self.check(log, numbers, months.map(Some)).await
    }

    /// The claims whose rows merged files hold: their receipts must be there as if their own files
    /// were.
    async fn merged(
        &mut self,
        log: &LaneLog,
        date: Date,
        files: &[File],
    ) -> Result<Vec<(ClaimNumber, String)>, Failure> {
        let numbers = self.upkept(log).await?.numbers.clone();
        self.checked.extend(&numbers);
        let mut claims = Vec::new();
        for file in files
            .iter()
            .filter(|file| numbers.contains(&file.name.number))
        {
            let mut merges = vec![file.name.number];
            while let Some(merge) = merges.pop() {
                for (of, name) in log.replaced_by(merge).await? {
                    let number = FileName::parse(&name).map(|name| name.number);
                    match number.filter(|_| of == date) {
                        Some(number) if numbers.contains(&number) => merges.push(number),
                        Some(number) => claims.push((number, self.store.url(&file.key))),
                        None => {}
                    }
                }
            }
        }
        Ok(claims)
    }

    /// Partitions of earlier dates were removed.
    pub(crate) async fn expired_before(&mut self, log: &LaneLog) -> Result<Option<Date>, Failure> {
        Ok(self.upkept(log).await?.expired_before)
    }

    async fn upkept(&mut self, log: &LaneLog) -> Result<&Upkept, Failure> {
        let upkept = match self.upkept.take() {
            Some(upkept) => upkept,
            None if self.was_empty => Upkept::default(),
            None => log.upkeep().await?,
        };
        Ok(self.upkept.insert(upkept))
    }

    async fn list_partition(&self, date: Date) -> Result<Vec<File>, Failure> {
        let folder = self.folder(date);
        let entries = match self.was_empty {
            true => Vec::new(),
            false => self.store.list(&folder, None).await?,
        };
        let mut files = Vec::new();
        for entry in entries.into_iter().filter(|entry| is_data(&entry.key)) {
            let name = entry.key.strip_prefix(&folder).and_then(FileName::parse);
            let Some(name) = name else {
                let url = self.store.url(&entry.key);
                return Err(Waiting::ForeignFile { url }.into());
            };
            files.push(File {
                key: entry.key,
                size: entry.size,
                name,
            });
        }
        Ok(files)
    }

    /// Lists the lane's rejects, unless that was done; they must be of claims that the log has.
    pub(crate) async fn check_rejects(
        &mut self,
        log: &LaneLog,
        has_receipt: impl Fn(ClaimNumber) -> bool,
    ) -> Result<(), Failure> {
        if self.was_empty || self.has_checked_rejects {
            return Ok(());
        }
        let folder = rejects_folder(&self.lane);
        let mut numbers = Vec::new();
        for entry in self.store.list(&folder, None).await? {
            let name = entry.key.strip_prefix(&folder);
            let number = name.and_then(rejects_number);
            let url = self.store.url(&entry.key);
            let Some(number) = number else {
                return Err(Waiting::ForeignFile { url }.into());
            };
            if !has_receipt(number) {
                numbers.push((number, url));
            }
        }
        self.check(log, numbers, [None]).await?;
        self.has_checked_rejects = true;
        Ok(())
    }

    /// Fails if one of the claims, each with what it wrote, has gone or has lost its receipt.
    /// Receipts of the months are looked for first, by one listing each.
    async fn check(
        &mut self,
        log: &LaneLog,
        mut numbers: Vec<(ClaimNumber, String)>,
        months: impl IntoIterator<Item = Option<Month>>,
    ) -> Result<(), Failure> {
        for month in months {
            numbers.retain(|(number, _)| !self.checked.contains(number));
            if numbers.is_empty() {
                return Ok(());
            }
            self.checked.extend(log.receipt_numbers(month).await?);
        }
        numbers.retain(|(number, _)| !self.checked.contains(number));
        for (number, url) in numbers {
            log.check_claimed(number, &url).await?;
            self.checked.insert(number);
        }
        Ok(())
    }

    /// For each look-up, the id and the rebuilt record of each row that has one of its ids, of
    /// partitions that were listed.
    pub(crate) async fn find(
        &mut self,
        lookups: &[Lookup<'_>],
    ) -> Result<Vec<Vec<(String, String)>>, Failure> {
        let mut waiting: Vec<(usize, String, u64)> = Vec::new();
        for (at, lookup) in lookups.iter().enumerate() {
            let files = self.by_date.get(&lookup.date).into_iter().flatten();
            let files = files.filter(|file| lookup.may_be_in(&file.name));
            waiting.extend(files.map(|file| (at, file.key.clone(), file.size)));
        }
        let mut found = vec![Vec::new(); lookups.len()];
        for together in waiting.chunks(FILES_AT_ONCE) {
            let looks = together.iter();
            let looks = looks.map(|(at, key, size)| self.find_in(key, *size, &lookups[*at]));
            for ((at, key, _), look) in together.iter().zip(try_join_all(looks).await?) {
                found[*at].extend(look.rows);
                if let Some(ids) = look.ids {
                    self.ids.remember(key.clone(), ids);
                }
            }
        }
        Ok(found)
    }

    async fn find_in(&self, key: &str, size: u64, lookup: &Lookup<'_>) -> Result<Look, Failure> {
        let unreadable = |error| Failure::unreadable_file(&self.store, key, error);
        let mut look = Look::default();
        let mut reader = None;
        let remembered = self.ids.of(key);
        if lookup.rows.len() > FEW_IDS && remembered.is_none() {
            let opened = FileReader::for_lookup(&self.store, key, size).await;
            let opened = opened.map_err(|error| unreadable(error.into()))?;
            let ids = event_ids(opened.clone()).await.map_err(unreadable)?;
            look.ids = Some(ids.into_iter().collect());
            reader = Some(opened);
        }
        let known = remembered.or(look.ids.as_ref());
        let rows = lookup.rows.iter().map(|&row| lookup.objects.row(row));
        let may_be_known = |hash: &u64| known.is_none_or(|known| known.contains(hash));
        let wanted: HashSet<&str> = rows
            .filter(|row| row.id_hash().as_ref().is_some_and(may_be_known))
            .filter_map(Row::event_id)
            .collect();
        if wanted.is_empty() {
            return Ok(look);
        }
        let reader = match reader {
            Some(reader) => reader,
            None => {
                let opened = FileReader::for_lookup(&self.store, key, size).await;
                opened.map_err(|error| unreadable(error.into()))?
            }
        };
        look.rows = matching_rows(reader, &wanted).await.map_err(unreadable)?;
        Ok(look)
    }

    /// Adds a file that stands now, with its event ids if they are known.
    pub(crate) fn add(&mut self, date: Date, name: FileName, size: u64, ids: Option<Vec<u64>>) {
        let key = format!("{}{name}", self.folder(date));
        self.checked.insert(name.number);
        if let Some(ids) = ids {
            self.ids.remember(key.clone(), ids.into_iter().collect());
        }
        if let Some(files) = self.by_date.get_mut(&date) {
            files.push(File { key, size, name });
        }
    }
}

/// Addresses of what engines would read in a lane's partitions, from those of the day before
/// `from` on, and this program did not write.
pub(crate) async fn foreign_files(
    store: &Store,
    lane: &Lane,
    from: Option<Date>,
) -> Result<Vec<String>, StoreError> {
    let folder = lane.path();
    // Events are delivered on their own day or later.
    let after = from
        .and_then(|day| day.yesterday().ok())
        .map(|day| format!("{folder}date={day}"));
    let mut pages = std::pin::pin!(store.list_pages(folder, after));
    let mut foreign = Vec::new();
    while let Some(page) = pages.try_next().await? {
        let data = page.iter().filter(|entry| is_data(&entry.key));
        let others = data.filter(|entry| !is_own(&entry.key));
        foreign.extend(others.map(|entry| store.url(&entry.key)));
    }
    Ok(foreign)
}

/// Whether it is a file of a partition, by its name.
fn is_own(key: &str) -> bool {
    key.rsplit_once('/').is_some_and(|(folder, name)| {
        Partition::parse(&format!("{folder}/")).is_some() && FileName::parse(name).is_some()
    })
}

/// Engines read what does not begin with `_` or `.`, whatever its name ends with.
pub(crate) fn is_data(key: &str) -> bool {
    let name = key.rsplit_once('/').map_or(key, |(_, name)| name);
    !name.starts_with(['_', '.'])
}
