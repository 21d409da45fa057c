//! A lane's files and rejects as they are listed, against what its documents promise.

use super::documents::{PromisedFile, Promises, add_promises};
use super::finding::{Finding, FindingKind};
use super::verifier::Verifier;
use crate::failure::Failure;
use crate::files::{FileName, is_data};
use crate::lane::{Lane, Partition};
use crate::ledger::{Claim, ClaimNumber, Inventory, rejects_folder, rejects_number};
use crate::store::Entry;
use futures::TryStreamExt;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;

/// A listed file that a document promises.
#[derive(Debug, Clone)]
pub(super) struct ListedFile {
    pub(super) date: Date,
    pub(super) entry: Entry,
    pub(super) promised: PromisedFile,
}

/// Lists the partitions of the range, and compares; gives the files that are as promised so far,
/// by date.
pub(super) async fn check_listing(
    verifier: &Verifier,
    lane: &Lane,
    inventory: &Inventory,
    promises: &mut Promises,
) -> Result<BTreeMap<Date, Vec<ListedFile>>, Failure> {
    let listing = Listing {
        verifier,
        lane,
        inventory,
    };
    let listed = listing.partitions(promises).await?;
    let is_unknown = |number: &ClaimNumber| !promises.numbers.contains(number);
    let numbers = listed.keys().filter_map(|(_, name)| FileName::parse(name));
    let others: BTreeSet<ClaimNumber> =
        numbers.map(|name| name.number).filter(is_unknown).collect();
    let dates: BTreeSet<Date> = promises.files.keys().map(|(date, _)| *date).collect();
    add_promises(verifier, lane, inventory, promises, others).await?;
    // What claims outside of the range wrote elsewhere was not listed.
    let days = verifier.options.scope.days;
    promises
        .files
        .retain(|(date, _), _| dates.contains(date) || days.has(*date));
    promises.replace(|date| dates.contains(&date) || days.has(date));
    listing.missing(promises, &listed);
    listing.compare(promises, listed).await
}

struct Listing<'l> {
    verifier: &'l Verifier,
    lane: &'l Lane,
    inventory: &'l Inventory,
}

impl Listing<'_> {
    /// Files of the dates that are asked for or promised, by date and name. What is in no
    /// partition is foreign.
    async fn partitions(
        &self,
        promises: &Promises,
    ) -> Result<BTreeMap<(Date, String), Entry>, Failure> {
        let (folder, days) = (self.lane.path(), self.verifier.options.scope.days);
        let dates: BTreeSet<Date> = promises.files.keys().map(|(date, _)| *date).collect();
        let first = days
            .from
            .map(|from| dates.first().map_or(from, |&date| date.min(from)));
        let after = first.map(|first| format!("{folder}date={first}"));
        let mut pages = pin!(self.verifier.destination.list_pages(folder.clone(), after));
        let mut files = BTreeMap::new();
        while let Some(page) = pages.try_next().await.map_err(Failure::of_table)? {
            for entry in page.into_iter().filter(|entry| is_data(&entry.key)) {
                let split = entry.key.rsplit_once('/');
                let placed = split.and_then(|(folder, name)| {
                    let partition = Partition::parse(folder)?;
                    let is_own =
                        partition.lane == *self.lane && partition.path() == format!("{folder}/");
                    is_own.then_some((partition.date, name.to_owned()))
                });
                match placed {
                    Some((date, name)) if dates.contains(&date) || days.has(date) => {
                        files.insert((date, name), entry);
                    }
                    Some(_) => {}
                    None => self.foreign(None, &entry),
                }
            }
        }
        Ok(files)
    }

    fn missing(&self, promises: &Promises, listed: &BTreeMap<(Date, String), Entry>) {
        let due = promises.files.iter().filter(|(_, file)| file.is_due);
        for ((date, name), promised) in due {
            if !listed.contains_key(&(*date, name.clone())) {
                let partition = Partition {
                    lane: self.lane.clone(),
                    date: *date,
                };
                let key = format!("{}{name}", partition.path());
                let (kind, rows) = (FindingKind::MissingFile, promised.rows);
                self.find(
                    kind,
                    Some(*date),
                    &key,
                    format!("a file of {rows} rows"),
                    "none",
                );
            }
        }
    }

    async fn compare(
        &self,
        promises: &Promises,
        listed: BTreeMap<(Date, String), Entry>,
    ) -> Result<BTreeMap<Date, Vec<ListedFile>>, Failure> {
        let mut files: BTreeMap<Date, Vec<ListedFile>> = BTreeMap::new();
        for ((date, name), entry) in listed {
            let Some(promised) = promises.files.get(&(date, name.clone())).cloned() else {
                let number = FileName::parse(&name).map(|name| name.number);
                if !self.is_later(number).await? {
                    self.foreign(Some(date), &entry);
                }
                continue;
            };
            {
                let mut report = self.verifier.report();
                report.files += 1;
                report.file_bytes += entry.size;
            }
            if promised.bytes.is_some_and(|bytes| bytes != entry.size) {
                let expected = format!("{} bytes", promised.bytes.unwrap_or_default());
                let found = format!("{} bytes", entry.size);
                self.find(
                    FindingKind::AlteredFile,
                    Some(date),
                    &entry.key,
                    expected,
                    found,
                );
                continue;
            }
            let file = ListedFile {
                date,
                entry,
                promised,
            };
            files.entry(date).or_default().push(file);
        }
        Ok(files)
    }

    /// Whether a claim was made after the ledger was listed.
    async fn is_later(&self, number: Option<ClaimNumber>) -> Result<bool, Failure> {
        match number {
            Some(number) if Some(number) > self.inventory.last() => {
                let key = Claim::key_of(self.lane, number);
                let destination = &self.verifier.destination;
                destination.is_listed(&key).await.map_err(Failure::of_table)
            }
            _ => Ok(false),
        }
    }

    fn foreign(&self, date: Option<Date>, entry: &Entry) {
        let expected = "what receipts name, and nothing else".to_owned();
        let found = format!("{} bytes", entry.size);
        self.find(FindingKind::ForeignFile, date, &entry.key, expected, found);
    }

    fn find(
        &self,
        kind: FindingKind,
        date: Option<Date>,
        key: &str,
        expected: String,
        found: impl Into<String>,
    ) {
        self.verifier.find(Finding {
            lane: Some(self.lane.clone()),
            date,
            url: self.verifier.destination.url(key),
            kind,
            expected,
            found: found.into(),
        });
    }
}

/// Lists the lane's rejects, and compares; gives those that are as promised so far.
pub(super) async fn check_rejects(
    verifier: &Verifier,
    lane: &Lane,
    inventory: &Inventory,
    promises: &mut Promises,
) -> Result<Vec<Entry>, Failure> {
    let listing = Listing {
        verifier,
        lane,
        inventory,
    };
    let folder = rejects_folder(lane);
    let listed = verifier.destination.list(&folder, None).await;
    let listed = listed.map_err(Failure::of_table)?;
    let number_of = |entry: &Entry| entry.key.strip_prefix(&folder).and_then(rejects_number);
    for (key, promised) in &promises.rejects {
        if promised.is_due && !listed.iter().any(|entry| entry.key == *key) {
            let expected = format!("{} rejects", promised.records);
            listing.find(FindingKind::MissingFile, None, key, expected, "none");
        }
    }
    let mut good = Vec::new();
    for entry in listed {
        if let Some(promised) = promises.rejects.get(&entry.key) {
            let bytes = promised.receipt.map(|receipt| receipt.bytes);
            match bytes.filter(|bytes| *bytes != entry.size) {
                Some(bytes) => {
                    let (expected, found) = (format!("{bytes} bytes"), entry.size);
                    let found = format!("{found} bytes");
                    listing.find(FindingKind::AlteredFile, None, &entry.key, expected, found);
                }
                None => good.push(entry),
            }
            continue;
        }
        let number = number_of(&entry);
        let is_outside = number.is_some_and(|number| {
            !promises.numbers.contains(&number) && inventory.claims.contains_key(&number)
        });
        if !is_outside && !listing.is_later(number).await? {
            listing.foreign(None, &entry);
        }
    }
    Ok(good)
}
