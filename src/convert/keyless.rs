//! Objects whose key names no lane: they are read first, then claimed in the log of each
//! lane that their records name, for those records.

use super::batch::{
    Attempt, Batch, BatchObject, Content, LaneRows, MAX_OBJECTS, READ_AHEAD, read_object,
};
use super::commit::{Committed, commit};
use super::files::LaneFiles;
use super::list::RawObject;
use super::{ConvertError, Range, Run};
use crate::ledger::{LaneLog, Month, ObjectId, Outcome, Receipt, undated_receipts};
use crate::monitor::Progress;
use crate::store::{Entry, Store};
use crate::table::{Lane, lane_of};
use futures::{StreamExt, stream};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the receipts say of the objects without a lane.
#[derive(Debug, Default)]
pub(crate) struct Known(FxHashMap<ObjectId, KnownObject>);

#[derive(Debug, Default)]
struct KnownObject {
    unread: Option<String>,
    wanted: BTreeSet<Lane>,
    committed: BTreeSet<Lane>,
}

impl Known {
    /// What the destination's receipts say.
    pub(crate) async fn load(destination: &Store) -> Result<Self, ConvertError> {
        let mut known = Self::default();
        undated_receipts(destination, |receipt| known.add(receipt)).await?;
        Ok(known)
    }

    fn add(&mut self, receipt: &Receipt) {
        for object in &receipt.claim.objects {
            let known = self.0.entry(object.id()).or_default();
            match &object.outcome {
                Outcome::Unread { unread } => known.unread = Some(unread.clone()),
                Outcome::Read { .. } => {
                    known.wanted.extend(object.lanes.iter().cloned());
                    known.committed.insert(receipt.claim.lane.clone());
                }
            }
        }
    }

    /// Whether every lane that the object's records name, of those asked for, has it.
    pub(crate) fn is_converted(&self, id: ObjectId, range: &Range) -> bool {
        self.0.get(&id).is_some_and(|object| {
            let asked = |lane: &&Lane| range.has_lane(lane);
            !object.wanted.is_empty()
                && object
                    .wanted
                    .iter()
                    .filter(asked)
                    .all(|lane| object.committed.contains(lane))
        })
    }
}

/// Where an object stands whose records name no lane: unread ones, and those without records.
fn home() -> Lane {
    lane_of(None, None, None)
}

/// Converts the objects that have not been.
pub(crate) async fn convert_keyless(run: &Run, entries: Vec<Entry>) -> Result<(), ConvertError> {
    if entries.is_empty() {
        return Ok(());
    }
    let known = Known::load(&run.destination).await?;
    let mut pending = Vec::new();
    for entry in entries {
        let object = RawObject::new(&run.source, entry);
        if known.is_converted(object.id(), &run.options.range) {
            run.count(|summary| summary.skipped_objects += 1);
        } else {
            run.monitor.report(Progress::Pending {
                objects: 1,
                bytes: object.size,
            });
            pending.push(object);
        }
    }
    let target = run.budget.batch_bytes(run.options.threads);
    let mut pending = pending.into_iter().peekable();
    while pending.peek().is_some() && !run.stop.is_cancelled() {
        let mut group = Vec::new();
        let mut expected = 0;
        while expected < target
            && group.len() < MAX_OBJECTS
            && let Some(object) = pending.next()
        {
            expected +=
                object
                    .size
                    .saturating_mul(if object.key.ends_with(".gz") { 10 } else { 1 });
            group.push(object);
        }
        let _share = run.budget.reserve(expected).await;
        convert_group(run, &known, group).await?;
    }
    Ok(())
}

async fn convert_group(
    run: &Run,
    known: &Known,
    group: Vec<RawObject>,
) -> Result<(), ConvertError> {
    let read_at = run.options.now;
    let mut by_lane: BTreeMap<Lane, Vec<BatchObject>> = BTreeMap::new();
    let max_bytes = run.options.rows.max_object_bytes;
    let mut attempts = stream::iter(group)
        .map(async |object| {
            let attempt = read_object(run, &run.source, &object, max_bytes, read_at).await;
            (object, attempt)
        })
        .buffered(READ_AHEAD);
    while let Some((object, attempt)) = attempts.next().await {
        let mut add = |lane: Lane, content, lanes: &[Lane]| {
            let object = BatchObject {
                object: object.clone(),
                content,
                lanes: lanes.to_vec(),
            };
            by_lane.entry(lane).or_default().push(object);
        };
        match attempt? {
            Attempt::Unreachable(reason) => run.unread(&object, &reason),
            Attempt::Unread(reason) => {
                run.unread(&object, &reason);
                let before = known
                    .0
                    .get(&object.id())
                    .and_then(|object| object.unread.as_deref());
                if before != Some(reason.as_str()) {
                    add(home(), Content::Unread(reason), &[home()]);
                }
            }
            Attempt::Read(decoded) => {
                let mut parts = split_by_lane(LaneRows::all(decoded));
                let lanes: Vec<Lane> = parts.keys().cloned().collect();
                parts.retain(|lane, _| run.options.range.has_lane(lane));
                for (lane, rows) in parts {
                    add(lane, Content::Rows(rows), &lanes);
                }
            }
        }
    }
    drop(attempts);
    let mut waiting: Vec<(Lane, Batch)> = by_lane
        .into_iter()
        .map(|(lane, objects)| {
            (
                lane,
                Batch {
                    objects,
                    days: None,
                    read_at,
                    _share: run.budget.none(),
                },
            )
        })
        .collect();
    // Lanes with an open claim come second: its owner may be about to finish it.
    for finish in [false, true] {
        let mut deferred = Vec::new();
        for (lane, batch) in waiting {
            if run.stop.is_cancelled() {
                return Ok(());
            }
            if let Some(batch) = commit_part(run, &lane, batch, finish).await? {
                deferred.push((lane, batch));
            }
        }
        waiting = deferred;
    }
    Ok(())
}

/// Commits a lane's part; gives it back if the lane has an open claim that is not to be
/// finished yet.
async fn commit_part(
    run: &Run,
    lane: &Lane,
    mut batch: Batch,
    finish: bool,
) -> Result<Option<Batch>, ConvertError> {
    loop {
        let mut log = LaneLog::open(&run.destination, lane, &[Month::Undated]).await?;
        if log.open_claim().is_some() {
            if !finish {
                return Ok(Some(batch));
            }
            // The group holds memory, so waiting for more could last for ever; no other
            // batch is under way.
            if !run.try_finish(&mut log).await? {
                return Ok(None);
            }
        }
        let view = LaneLog::view(&run.destination, lane, Month::Undated, None).await?;
        batch
            .objects
            .retain(|object| !view.is_converted(object.object.id()));
        if batch.objects.is_empty() {
            return Ok(None);
        }
        let mut files = LaneFiles::new(&run.destination, lane);
        match commit(run, lane, &mut log, &mut files, &batch).await {
            Ok(Committed::Done) => return Ok(None),
            Ok(Committed::Lost) => {}
            Err(ConvertError::Unfinished(what)) => {
                run.unfinished(what);
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
    }
}

/// The rows and rejects of an object by the lane that each names; the home lane if there
/// are none.
pub(crate) fn split_by_lane(all: LaneRows) -> BTreeMap<Lane, LaneRows> {
    let mut parts: BTreeMap<Lane, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
    for &row in &all.row_indexes {
        let lane = all.rows.row(row as usize).lane();
        parts.entry(lane).or_default().0.push(row);
    }
    for &reject in &all.reject_indexes {
        let lane = all.rows.reject(reject as usize).lane();
        parts.entry(lane).or_default().1.push(reject);
    }
    if parts.is_empty() {
        parts.entry(home()).or_default();
    }
    let part = |(lane, (row_indexes, reject_indexes))| {
        let rows = LaneRows {
            rows: Arc::clone(&all.rows),
            row_indexes,
            reject_indexes,
            sha256: all.sha256.clone(),
            raw_bytes: all.raw_bytes,
        };
        (lane, rows)
    };
    parts.into_iter().map(part).collect()
}
