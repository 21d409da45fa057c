//! A lane's log in the destination: the open claim, the next number.

use super::claim::{Claim, Receipt};
use super::document::{read, write};
use super::error::LedgerError;
use super::names::{ClaimNumber, Month, Period, lane_folder, last_part, log_folder, month_folder};
use super::receipts::receipt_name;
use crate::lane::Lane;
use crate::store::{Moment, PutOutcome, Store};
use futures::TryStreamExt;
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::time::Duration;

/// A claim that was seen to be open is taken as open for so long. What it wrote is not replaced
/// for a day, so a put that is begun within this time is over before that.
const STAYS_OPEN: Duration = Duration::from_secs(60 * 60);

/// What is known of a lane before its log is opened.
#[derive(Debug, Clone, Copy)]
pub enum Hint {
    /// Its latest receipts are likely of this month.
    Month(Month),
    /// A listing of the ledger, at whatever time before, did not have it.
    Absent,
    /// Nothing.
    Nothing,
}

/// Whether a claim was won.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum ClaimOutcome {
    /// The number is ours.
    Won,
    /// Another worker has it.
    Taken,
}

/// What was done to a lane beside converting.
#[derive(Debug, Default)]
pub(crate) struct Upkept {
    /// The claims that replaced or removed files.
    pub(crate) numbers: BTreeSet<ClaimNumber>,
    /// Partitions of earlier dates were removed.
    pub(crate) expired_before: Option<Date>,
}

/// One lane's log: the number of its last claim, and that claim while it is open.
#[derive(Debug)]
pub struct LaneLog {
    store: Store,
    lane: Lane,
    last: Option<ClaimNumber>,
    open: Option<Claim>,
    /// When the open claim was last seen to be open.
    seen_open: Moment,
}

impl LaneLog {
    /// Finds the end of the lane's log. The log is listed only after the highest number whose
    /// receipt is in the month that the hint names, or else in the latest month that the lane has.
    /// It is not listed at all if there was none and there are no rows: if there is one by now,
    /// its first number is taken.
    ///
    /// # Errors
    /// [`LedgerError::Missing`] if the log has gaps, or has gone while receipts or rows stand;
    /// [`LedgerError::Stray`] if there is something in it that is no claim.
    pub async fn open(store: &Store, lane: &Lane, hint: Hint) -> Result<Self, LedgerError> {
        let hint = match hint {
            Hint::Month(month) => Some(month),
            Hint::Absent if first_rows(store, lane).await?.is_none() => {
                return Ok(Self::ending_with(store, lane, None));
            }
            Hint::Absent | Hint::Nothing => None,
        };
        let seen = match hint {
            Some(hint) => highest_receipt(store, lane, hint).await?,
            None => None,
        };
        let seen = match seen {
            Some(seen) => Some(seen),
            None => highest_of_latest(store, lane, hint).await?,
        };
        // Before the log: rows that are there have their claim in it.
        let rows = match seen {
            Some(_) => None,
            None => first_rows(store, lane).await?,
        };
        let last = end_of_log(store, lane, seen).await?;
        if let (None, Some(rows)) = (last, rows) {
            return Err(LedgerError::Missing {
                url: store.url(&lane_folder(lane)),
                evidence: format!("{rows} holds its rows"),
            });
        }
        let mut log = Self::ending_with(store, lane, last);
        if let Some(last) = last.filter(|_| last != seen) {
            let claim = log.read_claim(last).await?;
            log.seen_open = store.moment();
            if !has_receipt(store, &claim).await? {
                log.open = Some(claim);
            }
        }
        Ok(log)
    }

    fn ending_with(store: &Store, lane: &Lane, last: Option<ClaimNumber>) -> Self {
        Self {
            store: store.clone(),
            lane: lane.clone(),
            last,
            open: None,
            seen_open: store.moment(),
        }
    }

    /// The lane.
    pub fn lane(&self) -> &Lane {
        &self.lane
    }

    /// The claim that has no receipt yet, if any.
    pub fn open_claim(&self) -> Option<&Claim> {
        self.open.as_ref()
    }

    /// The number that the next claim has; none while a claim is open.
    pub fn next_number(&self) -> Option<ClaimNumber> {
        match (&self.open, self.last) {
            (Some(_), _) => None,
            (None, Some(last)) => last.next(),
            (None, None) => Some(ClaimNumber::FIRST),
        }
    }

    /// Claims the claim's number, which must be [`LaneLog::next_number`].
    pub async fn claim(&mut self, claim: &Claim) -> Result<ClaimOutcome, LedgerError> {
        let key = claim.key();
        let body = write(claim, &self.store, &key)?;
        let before = self.store.moment();
        if self.store.put_if_absent(&key, body).await? == PutOutcome::AlreadyExists {
            // A put whose answer was lost is refused when it is retried: the id tells.
            let standing: Claim = read(&self.store, &key).await?;
            if standing.id != claim.id {
                return Ok(ClaimOutcome::Taken);
            }
        }
        self.last = Some(claim.number);
        self.open = Some(claim.clone());
        self.seen_open = before;
        Ok(ClaimOutcome::Won)
    }

    /// The receipt of the open claim, if another worker has put it: then nothing more may be
    /// written for it, since what it wrote may have been replaced and removed meanwhile.
    ///
    /// Only what is older than a day is replaced, so it is enough to look once an hour.
    pub(crate) async fn receipt_of_another(&self) -> Result<Option<Receipt>, LedgerError> {
        let Some(claim) = &self.open else {
            return Ok(None);
        };
        if self.store.since(&self.seen_open) < STAYS_OPEN {
            return Ok(None);
        }
        match has_receipt(&self.store, claim).await? {
            true => Ok(Some(read(&self.store, &claim.receipt_key()).await?)),
            false => Ok(None),
        }
    }

    /// Whether another worker has claimed the next number meanwhile.
    pub(crate) async fn is_taken(&self) -> Result<bool, LedgerError> {
        match self.next_number() {
            Some(next) => Ok(self
                .store
                .is_listed(&Claim::key_of(&self.lane, next))
                .await?),
            None => Ok(false),
        }
    }

    /// Puts the receipt of the open claim, and gives the one that stands: another worker
    /// may have finished the same claim.
    pub async fn commit(&mut self, receipt: Receipt) -> Result<Receipt, LedgerError> {
        let key = receipt.claim.receipt_key();
        let body = write(&receipt, &self.store, &key)?;
        let standing = match self.store.put_if_absent(&key, body).await? {
            PutOutcome::Written => receipt,
            PutOutcome::AlreadyExists => read(&self.store, &key).await?,
        };
        self.open = None;
        Ok(standing)
    }

    /// The numbers whose receipts stand in a month, or in all.
    pub async fn receipt_numbers(
        &self,
        month: Option<Month>,
    ) -> Result<Vec<ClaimNumber>, LedgerError> {
        let log = log_folder(&self.lane);
        let folder = match month {
            Some(month) => month_folder(&self.lane, month),
            None => lane_folder(&self.lane),
        };
        let mut numbers = Vec::new();
        for entry in self.store.list(&folder, None).await? {
            if !entry.key.starts_with(&log) {
                numbers.push(receipt_name(&self.store, &entry.key)?.number);
            }
        }
        Ok(numbers)
    }

    /// The claims of the lane that replaced or removed files, and the date before which partitions
    /// were removed.
    pub(crate) async fn upkeep(&self) -> Result<Upkept, LedgerError> {
        let mut upkept = Upkept::default();
        let folder = month_folder(&self.lane, Month::Upkeep);
        for entry in self.store.list(&folder, None).await? {
            let name = receipt_name(&self.store, &entry.key)?;
            upkept.numbers.insert(name.number);
            if let Period::Upkeep { expired_before } = name.period {
                upkept.expired_before = upkept.expired_before.max(expired_before);
            }
        }
        Ok(upkept)
    }

    /// The claims whose files a claim replaced.
    pub(crate) async fn replaced_by(
        &self,
        number: ClaimNumber,
    ) -> Result<Vec<(Date, String)>, LedgerError> {
        let claim = self.read_claim(number).await?;
        let inputs = claim.replaced().unwrap_or_default().iter();
        Ok(inputs
            .map(|input| (input.date, input.name.clone()))
            .collect())
    }

    /// Fails if a claim that wrote something is not in the log, or below the next number has
    /// no receipt. What others have claimed since the log was opened is theirs to finish.
    pub async fn check_claimed(
        &self,
        number: ClaimNumber,
        file_url: &str,
    ) -> Result<(), LedgerError> {
        let key = format!("{}{number}", log_folder(&self.lane));
        let evidence = || format!("{file_url} was written under it");
        if !self.store.is_listed(&key).await? {
            return Err(LedgerError::Missing {
                url: self.store.url(&key),
                evidence: evidence(),
            });
        }
        let is_done = self.last.is_some_and(|last| number <= last)
            && self.open.as_ref().is_none_or(|open| open.number != number);
        if is_done {
            let claim = self.read_claim(number).await?;
            if !has_receipt(&self.store, &claim).await? {
                return Err(LedgerError::Missing {
                    url: self.store.url(&claim.receipt_key()),
                    evidence: evidence(),
                });
            }
        }
        Ok(())
    }

    async fn read_claim(&self, number: ClaimNumber) -> Result<Claim, LedgerError> {
        let key = format!("{}{number}", log_folder(&self.lane));
        let claim: Claim = read(&self.store, &key).await?;
        if claim.lane == self.lane && claim.number == number {
            return Ok(claim);
        }
        Err(LedgerError::Damaged {
            url: self.store.url(&key),
            why: "it is a claim of another place".into(),
        })
    }
}

/// Whether the claim's receipt is there.
async fn has_receipt(store: &Store, claim: &Claim) -> Result<bool, LedgerError> {
    Ok(store.is_listed(&claim.receipt_key()).await?)
}

async fn highest_receipt(
    store: &Store,
    lane: &Lane,
    month: Month,
) -> Result<Option<ClaimNumber>, LedgerError> {
    let mut highest = None;
    for entry in store.list(&month_folder(lane, month), None).await? {
        highest = highest.max(Some(receipt_name(store, &entry.key)?.number));
    }
    Ok(highest)
}

/// The highest number of the latest month that has receipts, other than the one looked at.
async fn highest_of_latest(
    store: &Store,
    lane: &Lane,
    but: Option<Month>,
) -> Result<Option<ClaimNumber>, LedgerError> {
    let folder = lane_folder(lane);
    let listing = store.list_dir(&folder).await?;
    let mut months = Vec::new();
    for prefix in &listing.prefixes {
        let name = prefix.strip_prefix(&folder).unwrap_or(prefix);
        match (
            name.trim_end_matches('/'),
            Month::parse(name.trim_end_matches('/')),
        ) {
            ("log", _) => {}
            (_, Some(month)) => months.push(month),
            (_, None) => return Err(stray(store, prefix)),
        }
    }
    if let Some(entry) = listing.entries.first() {
        return Err(stray(store, &entry.key));
    }
    // Those without days are looked at last.
    let has_days = |month: &Month| matches!(month, Month::Of(..));
    months.sort_by_key(|month| (!has_days(month), std::cmp::Reverse(*month)));
    for month in months.into_iter().filter(|month| Some(*month) != but) {
        let highest = highest_receipt(store, lane, month).await?;
        if highest.is_some() {
            return Ok(highest);
        }
    }
    Ok(None)
}

/// The last number of the log, of which `seen` is known to have a receipt.
async fn end_of_log(
    store: &Store,
    lane: &Lane,
    seen: Option<ClaimNumber>,
) -> Result<Option<ClaimNumber>, LedgerError> {
    let log = log_folder(lane);
    // From just before it, so that its own claim shows whether the log is still there.
    let before = seen.map(|seen| format!("{log}{:012}", seen.get() - 1));
    let mut last = None;
    for entry in store.list(&log, before.as_deref()).await? {
        let number =
            ClaimNumber::parse(last_part(&entry.key)).ok_or_else(|| stray(store, &entry.key))?;
        let expected = match last {
            None => seen.or(Some(ClaimNumber::FIRST)),
            Some(last) => ClaimNumber::next(last),
        };
        if let Some(expected) = expected.filter(|expected| *expected != number) {
            return Err(LedgerError::Missing {
                url: store.url(&format!("{log}{expected}")),
                evidence: format!("claim {number} stands"),
            });
        }
        last = Some(number);
    }
    match (last, seen) {
        (None, Some(seen)) => Err(LedgerError::Missing {
            url: store.url(&format!("{log}{seen}")),
            evidence: "its receipt stands".into(),
        }),
        (last, _) => Ok(last),
    }
}

/// One of the lane's files, if it has any. A folder may be what somebody cleared.
async fn first_rows(store: &Store, lane: &Lane) -> Result<Option<String>, LedgerError> {
    let mut pages = std::pin::pin!(store.list_pages(lane.path(), None));
    let first = pages.try_next().await?;
    let first = first.and_then(|page| page.into_iter().next());
    Ok(first.map(|entry| store.url(&entry.key)))
}

fn stray(store: &Store, key: &str) -> LedgerError {
    LedgerError::Stray {
        url: store.url(key),
    }
}
