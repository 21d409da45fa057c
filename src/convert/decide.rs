//! How objects are read whose key names no lane: by which path their records are found, and where
//! those go that name no account.
//!
//! It is settled in one lane before anything else of the object is claimed: so runs that were told
//! otherwise agree, by that lane's log, and so does a run that meets the object again under another
//! name. Where a path might tell which lanes there are, that is the unknown lane; else it is the
//! first lane of account 000000000000 that the records name.

use super::batch::{BatchObject, Content, LaneRows, by_lane, deciding_lane, placed};
use super::commit_batch::{Views, commit_batch};
use super::finish::Finisher;
use super::list::RawObject;
use super::read::{Attempt, read_object};
use super::task::Task;
use super::unplaced::{months_of, part_of};
use crate::cloudtrail::{Limits, Sha256};
use crate::commit::{Begun, Committed, Patience, take_turn};
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::{DigestState, Hint, Month, Reading};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// An object whose key names no lane, and its records by the lanes that they name.
pub(super) struct Split {
    object: RawObject,
    by_lane: BTreeMap<Lane, LaneRows>,
    sha256: Sha256,
    digest: Option<DigestState>,
    /// How it was read.
    pub(super) reading: Reading,
}

impl Split {
    pub(super) fn new(
        object: RawObject,
        rows: LaneRows,
        reading: Reading,
        digest: Option<DigestState>,
    ) -> Self {
        Self {
            digest,
            sha256: rows.sha256,
            by_lane: by_lane(&object, rows),
            object,
            reading,
        }
    }

    /// The lane in which it is settled how the object is read; none if that is the same for all.
    pub(super) fn deciding_lane(&self) -> Option<&Lane> {
        deciding_lane(&self.by_lane)
    }

    /// What each lane has of the object.
    pub(super) fn parts(&self) -> impl Iterator<Item = (Lane, BatchObject)> {
        let parts = placed(self.by_lane.clone(), self.reading.account_of_unknown);
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

    fn depends_on_path(&self) -> bool {
        self.by_lane.values().any(|rows| rows.depends_on_path)
    }

    /// Has the object as it was decided to be read; false, and told, if it cannot be had so now.
    async fn follow(
        &mut self,
        task: &Task,
        decided: &Reading,
        read_at: Timestamp,
    ) -> Result<bool, Failure> {
        if self.reading.unwrap != decided.unwrap && self.depends_on_path() {
            let limits = Limits::of(task.options.rows.max_object_bytes);
            let (object, unwrap) = (&self.object, decided.unwrap.as_ref());
            let attempt =
                read_object(task, &task.source, object, object, limits, read_at, unwrap).await?;
            match attempt {
                Attempt::Read(decoded) if decoded.sha256 == self.sha256 => {
                    self.by_lane = by_lane(object, LaneRows::all(*decoded));
                }
                _ => {
                    let with = match unwrap {
                        Some(path) => format!("by --unwrap {}", path.as_str()),
                        None => "without --unwrap".to_owned(),
                    };
                    let why = format!("another run reads it {with}, which failed here: run again");
                    task.tally.unreachable(object, why);
                    return Ok(false);
                }
            }
        }
        self.reading = decided.clone();
        Ok(true)
    }
}

/// Settles for each object how it is read. Those for which it cannot be settled now are left out: a
/// later run does.
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

/// Settles it for the objects of one deciding lane, and commits what is that lane's, also if it is
/// not asked for: else nobody knew what was decided. False if the lane has an open claim that is not
/// to be finished yet.
async fn decide_in(
    task: &Task,
    lane: &Lane,
    splits: &mut Vec<Split>,
    read_at: Timestamp,
    patience: Patience,
) -> Result<bool, Failure> {
    let finisher = Finisher::without_memory(task);
    'again: loop {
        let hint = Hint::Month(Month::Undated);
        let begun = take_turn(&task.context, lane, hint, patience, &finisher).await?;
        let Begun::Yours { mut turn, finished } = begun else {
            return Ok(false);
        };
        if let Some(receipt) = &finished {
            task.tally.finished(&task.context.destination, receipt);
        }
        let mut views = Views::of(&turn);
        let objects = splits.iter().map(|split| &split.object);
        views.add_months(&months_of(objects)).await?;
        let mut news: BTreeMap<Reading, Vec<BatchObject>> = BTreeMap::new();
        for mut split in std::mem::take(splits) {
            if let Some(decided) = views.reading(split.sha256)
                && !split.follow(task, decided, read_at).await?
            {
                continue;
            }
            if !views.is_settled(split.object.id()) {
                let mut parts = split.parts();
                let own = parts.find_map(|(of, part)| (of == *lane).then_some(part));
                news.entry(split.reading.clone()).or_default().extend(own);
            }
            splits.push(split);
        }
        for (reading, objects) in news {
            let part = part_of(objects, read_at, reading);
            match commit_batch(task, &mut turn, part, &mut views).await? {
                Committed::Done(_) => {}
                Committed::Taken => continue 'again,
            }
        }
        return Ok(true);
    }
}
