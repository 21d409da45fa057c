//! Objects whose key names no lane: they are read first, then claimed in the log of each
//! lane that their records name, for those records.

use super::batch::{Batch, BatchObject, Content};
use super::batch_reader::BatchReader;
use super::commit_batch::{Views, commit_batch};
use super::decide::{Split, decide};
use super::finish::Finisher;
use super::list::RawObject;
use super::pending::{PendingObjects, UnplacedLedger, UnplacedObjects};
use super::task::Task;
use crate::commit::{Begun, Committed, Patience, take_turn};
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::{Hint, Month, Reading};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Converts the objects that have not been.
pub(crate) async fn convert_unplaced(task: &Task, objects: Vec<RawObject>) -> Result<(), Failure> {
    if objects.is_empty() {
        return Ok(());
    }
    let ledger = Arc::new(UnplacedLedger::load(&task.context.destination).await?);
    let pending = UnplacedObjects::new(task, objects, Arc::clone(&ledger));
    let mut reader = BatchReader::new(task, PendingObjects::Unplaced(pending));
    while let Some(batch) = reader.next().await? {
        commit_parts(task, &ledger, batch).await?;
    }
    Ok(())
}

/// Commits a batch in each lane that its records name. The whole batch holds its memory until its
/// last part is done.
async fn commit_parts(
    task: &Task,
    ledger: &UnplacedLedger,
    mut batch: Batch,
) -> Result<(), Failure> {
    let read_at = batch.read_at;
    let (splits, unread) = split(task, ledger, std::mem::take(&mut batch.objects));
    let splits = decide(task, splits, read_at).await?;
    let parts = split_by_lane(task, splits, unread);
    let part = |((lane, reading), objects)| (lane, part_of(objects, read_at, reading));
    let mut waiting: Vec<(Lane, Batch)> = parts.into_iter().map(part).collect();
    // Lanes with an open claim come second: its owner may be about to finish it.
    for patience in [Patience::Defer, Patience::Finish] {
        let mut deferred = Vec::new();
        for (lane, part) in waiting {
            if task.context.stop.is_cancelled() {
                return Ok(());
            }
            match Failure::waits(commit_part(task, &lane, part, patience).await)? {
                Ok(None) => {}
                Ok(Some(part)) => deferred.push((lane, part)),
                Err(waiting) => task.tally.waits(&lane, waiting),
            }
        }
        waiting = deferred;
    }
    Ok(())
}

/// Objects as a batch of one lane.
pub(super) fn part_of(objects: Vec<BatchObject>, read_at: Timestamp, reading: Reading) -> Batch {
    Batch {
        objects,
        days: None,
        read_at,
        converted: Arc::default(),
        reading,
        share: None,
    }
}

/// Commits a lane's part; gives it back if the lane has an open claim that is not to be
/// finished yet.
async fn commit_part(
    task: &Task,
    lane: &Lane,
    mut part: Batch,
    patience: Patience,
) -> Result<Option<Batch>, Failure> {
    // The batch holds memory, so waiting for more could last for ever; no other is under way.
    let finisher = Finisher::without_memory(task);
    let hint = Hint::Month(Month::Undated);
    loop {
        let begun = take_turn(&task.context, lane, hint, patience, &finisher).await?;
        let Begun::Yours { mut turn, finished } = begun else {
            return Ok(Some(part));
        };
        if let Some(receipt) = &finished {
            task.tally.finished(&task.context.destination, receipt);
        }
        let mut views = Views::of(&turn);
        let objects = part.objects.iter().map(|object| &object.object);
        views.add_months(&months_of(objects)).await?;
        let unwrap = part.reading.unwrap.as_ref();
        part.objects.retain(|object| {
            let id = object.object.id();
            let is_left = object.left_as().is_some() && views.left(id, unwrap) == object.left_as();
            !is_left && !views.is_settled(id)
        });
        if part.objects.is_empty() {
            return Ok(None);
        }
        let again = part_of(part.objects.clone(), part.read_at, part.reading.clone());
        match commit_batch(task, &mut turn, part, &mut views).await? {
            Committed::Done(_) => return Ok(None),
            Committed::Taken => part = again,
        }
    }
}

/// Where receipts may know these objects: undated ones, and those of the delivery months that
/// their names tell, under which they were converted if they have been moved since.
pub(super) fn months_of<'o>(objects: impl Iterator<Item = &'o RawObject>) -> BTreeSet<Month> {
    let times = objects.filter_map(|object| object.time);
    let months = times.map(|time| Month::of(time.to_zoned(jiff::tz::TimeZone::UTC).date()));
    months.chain([Month::Undated]).collect()
}

/// The objects by what their records name, and those that could not be read.
fn split(
    task: &Task,
    ledger: &UnplacedLedger,
    objects: Vec<BatchObject>,
) -> (Vec<Split>, Vec<BatchObject>) {
    let (mut splits, mut unread) = (Vec::new(), Vec::new());
    for object in objects {
        let Content::Rows(rows) = object.content else {
            unread.push(object);
            continue;
        };
        let known = ledger.reading(object.object.id()).cloned();
        let reading = known.unwrap_or_else(|| task.options.rows.reading());
        splits.push(Split::new(object.object, rows, reading, object.digest));
    }
    (splits, unread)
}

/// The objects of each lane that is asked for, with the rows and rejects that are its own, by how
/// they were read. What lanes have decided is committed there already.
fn split_by_lane(
    task: &Task,
    splits: Vec<Split>,
    unread: Vec<BatchObject>,
) -> BTreeMap<(Lane, Reading), Vec<BatchObject>> {
    let mut by_lane: BTreeMap<_, Vec<BatchObject>> = BTreeMap::new();
    for object in unread {
        let lane = Lane::unknown();
        let lanes = vec![lane.clone()];
        by_lane
            .entry((lane, task.options.rows.reading()))
            .or_default()
            .push(BatchObject { lanes, ..object });
    }
    for split in splits {
        let deciding = split.deciding_lane();
        for (lane, object) in split.parts() {
            if task.options.scope.lanes.has(&lane) && Some(&lane) != deciding {
                by_lane
                    .entry((lane, split.reading.clone()))
                    .or_default()
                    .push(object);
            }
        }
    }
    by_lane
}
