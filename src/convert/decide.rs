//! Where an object's records go that name no account.
//!
//! It is settled in one lane, the first of account 000000000000 that they name, before anything
//! else of the object is claimed: so runs that were told otherwise agree, by that lane's log, and
//! so does a run that meets the object again under another name.

use super::batch::{BatchObject, Content, LaneRows, by_lane, deciding_lane, placed};
use super::commit_batch::{Views, commit_batch};
use super::finish::Finisher;
use super::list::RawObject;
use super::task::Task;
use super::unplaced::{months_of, part_of};
use crate::cloudtrail::Sha256;
use crate::commit::{Begun, Committed, Patience, take_turn};
use crate::failure::Failure;
use crate::lane::{Account, Lane};
use crate::ledger::{DigestState, Month};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// An object whose key names no lane, and its records by the lanes that they name.
pub(super) struct Split {
    object: RawObject,
    by_lane: BTreeMap<Lane, LaneRows>,
    sha256: Sha256,
    digest: Option<DigestState>,
    /// Where those go that name no account.
    pub(super) account: Option<Account>,
}

impl Split {
    pub(super) fn new(
        object: RawObject,
        rows: LaneRows,
        account: Option<Account>,
        digest: Option<DigestState>,
    ) -> Self {
        Self {
            digest,
            sha256: rows.sha256,
            by_lane: by_lane(&object, rows),
            object,
            account,
        }
    }

    /// The lane in which the account is settled; none if each record names its own.
    pub(super) fn deciding_lane(&self) -> Option<&Lane> {
        deciding_lane(&self.by_lane)
    }

    /// What each lane has of the object.
    pub(super) fn parts(&self) -> impl Iterator<Item = (Lane, BatchObject)> {
        let parts = placed(self.by_lane.clone(), self.account);
        let lanes: Vec<Lane> = parts.keys().cloned().collect();
        parts.into_iter().map(move |(lane, rows)| {
            let part = BatchObject {
                object: self.object.clone(),
                content: Content::Rows(rows),
                lanes: lanes.clone(),
                digest: self.digest,
            };
            (lane, part)
        })
    }
}

/// Settles for each object which account it is. Those for which it cannot be settled now are left
/// out: a later run does.
pub(super) async fn decide(
    task: &Task,
    splits: Vec<Split>,
    read_at: Timestamp,
) -> Result<Vec<Split>, Failure> {
    let mut decided = Vec::new();
    let mut waiting: BTreeMap<Lane, Vec<Split>> = BTreeMap::new();
    for split in splits {
        match split.deciding_lane().cloned() {
            Some(lane) => waiting.entry(lane).or_default().push(split),
            None => decided.push(split),
        }
    }
    for patience in [Patience::Defer, Patience::Finish] {
        let mut deferred = BTreeMap::new();
        for (lane, mut splits) in waiting {
            if task.context.stop.is_cancelled() {
                return Ok(decided);
            }
            let is_decided = decide_in(task, &lane, &mut splits, read_at, patience).await;
            match Failure::waits(is_decided)? {
                Ok(true) => decided.extend(splits),
                Ok(false) => _ = deferred.insert(lane, splits),
                Err(waiting) => task.tally.waits(&lane, waiting),
            }
        }
        waiting = deferred;
    }
    Ok(decided)
}

/// Settles it for the objects of one deciding lane, and commits what is that lane's; false if the
/// lane has an open claim that is not to be finished yet.
async fn decide_in(
    task: &Task,
    lane: &Lane,
    splits: &mut [Split],
    read_at: Timestamp,
    patience: Patience,
) -> Result<bool, Failure> {
    let finisher = Finisher::without_memory(task);
    'again: loop {
        let hint = Some(Month::Undated);
        let begun = take_turn(&task.context, lane, hint, patience, &finisher).await?;
        let Begun::Yours { mut turn, finished } = begun else {
            return Ok(false);
        };
        if let Some(receipt) = &finished {
            task.tally.finished(&task.context.destination, receipt);
        }
        let mut views = Views::new(&task.context.destination, lane);
        let objects = splits.iter().map(|split| &split.object);
        views.add_months(&months_of(objects)).await?;
        let mut news: BTreeMap<Option<Account>, Vec<BatchObject>> = BTreeMap::new();
        for split in splits.iter_mut() {
            if let Some(account) = views.account_of_unknown(split.sha256) {
                split.account = account;
            }
            // Without an account the lane gets rows, which may not be asked for.
            let is_asked = split.account.is_some() || task.options.scope.lanes.has(lane);
            if is_asked && !views.is_settled(split.object.id()) {
                let mut parts = split.parts();
                let own = parts.find_map(|(of, part)| (of == *lane).then_some(part));
                news.entry(split.account).or_default().extend(own);
            }
        }
        for (account, objects) in news {
            let mut part = part_of(objects, read_at, account);
            match commit_batch(task, &mut turn, &mut part, &mut views).await? {
                Committed::Done(_) => {}
                Committed::Taken => continue 'again,
            }
        }
        return Ok(true);
    }
}
