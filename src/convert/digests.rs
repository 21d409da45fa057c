//! What CloudTrail's digests say of a lane's raw objects while they are listed.

use super::list::RawObject;
use super::options::DigestCheck;
use super::task::Task;
use crate::cloudtrail::{KeyKind, content_hash, parse_key};
use crate::digests::{
    Coverage, DigestReader, LaneDigests, Listing, MOST_LOG_BYTES, Verdict, is_expected, key_below,
    key_day, moved_key, verdict,
};
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::{Cause, DigestState, Month, Outcome, month_receipts};
use crate::scope::DeliveryDays;
use crate::store::Entry;
use bytes::Bytes;
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

/// What the digests say of an object that is to be read.
#[derive(Debug, Clone)]
pub(crate) enum Said {
    /// These digests list it.
    Listed(Vec<Listing>),
    /// It is listed, and not there.
    Missing,
}

/// The cause for which `require` leaves an object unread.
pub(crate) fn cause(state: DigestState) -> Option<Cause> {
    match state {
        DigestState::Valid => None,
        DigestState::Changed => Some(Cause::DigestChanged),
        DigestState::Missing => Some(Cause::DigestMissing),
        DigestState::NotCovered => Some(Cause::DigestNotCovered),
    }
}

/// What the digests say of these bytes.
pub(crate) fn state(listings: &[Listing], delivered: &Bytes) -> DigestState {
    if listings.is_empty() {
        return DigestState::NotCovered;
    }
    let hashed = content_hash(delivered, MOST_LOG_BYTES);
    match hashed.map(|sha256| verdict(listings, sha256)) {
        Ok(Verdict::Valid) => DigestState::Valid,
        Ok(Verdict::Awaited | Verdict::NotCovered) => DigestState::NotCovered,
        Ok(Verdict::Changed(_)) | Err(_) => DigestState::Changed,
    }
}

/// A lane's digests, month by month as its objects are listed.
pub(crate) struct LaneCheck<'t> {
    task: &'t Task,
    lane: Lane,
    digests: LaneDigests,
    /// Months of digests that are still to come.
    months: BTreeSet<Month>,
    current: Option<(Month, Coverage)>,
    /// Objects that digests list and the source has not.
    missing: VecDeque<RawObject>,
    /// Objects whose digest may still come.
    awaiting: u64,
}

impl<'t> LaneCheck<'t> {
    /// Lists the lane's digests.
    pub(crate) async fn new(
        task: &'t Task,
        reader: &Arc<DigestReader>,
        lane: &Lane,
        folders: &[String],
    ) -> Result<Self, Failure> {
        let days = task.options.scope.days;
        let digests = LaneDigests::list(reader, lane, folders, days).await?;
        for fault in digests.strays() {
            task.tally.fault(&fault);
        }
        Ok(Self {
            task,
            lane: lane.clone(),
            months: digests.months(),
            digests,
            current: None,
            missing: VecDeque::new(),
            awaiting: 0,
        })
    }

    /// Goes on to the month of the next object, or to the end.
    pub(crate) async fn go_to(&mut self, month: Option<Month>) -> Result<(), Failure> {
        loop {
            if let Some((of, coverage)) = self.current.take() {
                if Some(of) == month {
                    self.current = Some((of, coverage));
                    return Ok(());
                }
                self.add_missing(of, &coverage).await?;
            }
            let of_digests = self.months.first().copied();
            let Some(next) = of_digests.into_iter().chain(month).min() else {
                return Ok(());
            };
            self.months.remove(&next);
            let said = self.digests.month(next).await?;
            for fault in said.chains.iter().flat_map(|chain| &chain.faults) {
                self.task.tally.fault(fault);
            }
            self.current = Some((next, said.coverage));
        }
    }

    /// What the digests say of a listed object.
    pub(crate) fn meet(&mut self, object: &RawObject) -> Vec<Listing> {
        let coverage = self.current.as_mut();
        coverage.map_or_else(Vec::new, |(_, coverage)| coverage.meet(&object.address))
    }

    /// Whether the object's digest may still come; then it is counted.
    pub(crate) fn awaits(&mut self, object: &RawObject, listings: &[Listing]) -> bool {
        let is_proven = listings.iter().any(|listing| listing.is_proven);
        let awaits = !is_proven && is_expected(object.time, object.day, self.task.options.now);
        self.awaiting += u64::from(awaits);
        awaits
    }

    /// The next object that is listed and not there.
    pub(crate) fn next_missing(&mut self) -> Option<RawObject> {
        self.missing.pop_front()
    }

    /// Objects that were left for their digests.
    pub(crate) fn awaiting(&self) -> u64 {
        self.awaiting
    }

    /// What is listed and was not met, but for what is converted already.
    async fn add_missing(&mut self, month: Month, coverage: &Coverage) -> Result<(), Failure> {
        let store = &self.task.source;
        let (root, scope) = (store.url(""), &self.task.options.scope);
        let is_named = |address: &str| {
            let key = address.strip_prefix(&root).unwrap_or(address);
            let key = key.trim_start_matches('/');
            scope.names.has(key) && !scope.names.is_other(key)
        };
        let is_log = |address: &str| {
            is_named(address)
                && matches!(parse_key(address), KeyKind::Raw(key) if key.lane == self.lane)
                && key_day(address).is_some_and(|day| self.task.options.scope.days.has(day))
        };
        let unmet = coverage.unmet().into_iter();
        let unmet: Vec<_> = unmet
            .map(|(address, _)| address)
            .filter(|it| is_log(it))
            .collect();
        if unmet.is_empty() {
            return Ok(());
        }
        let converted = converted(self.task, &self.lane, month).await?;
        for address in unmet {
            if moved_key(&address).is_some_and(|key| converted.contains(key)) {
                continue;
            }
            let entry = Entry {
                key: key_below(store, &address),
                size: 0,
                etag: String::new(),
                modified: None,
            };
            self.missing.push_back(RawObject::new(store, entry));
        }
        Ok(())
    }
}

/// Moved keys of what a month's receipts have converted.
async fn converted(task: &Task, lane: &Lane, month: Month) -> Result<HashSet<String>, Failure> {
    let mut keys = HashSet::new();
    let (store, all) = (&task.context.destination, DeliveryDays::default());
    let see = |receipt: &crate::ledger::Receipt| {
        let objects = receipt.claim.objects().iter();
        let objects = objects.filter(|object| !matches!(object.outcome, Outcome::Unread { .. }));
        keys.extend(objects.filter_map(|object| moved_key(&object.address).map(str::to_owned)));
    };
    month_receipts(store, lane, month, all, |_| {}, see).await?;
    Ok(keys)
}

impl DigestCheck {
    /// Whether an object of this state is left unread.
    pub(crate) fn refuses(&self, state: DigestState) -> bool {
        self.is_required && state != DigestState::Valid
    }
}
