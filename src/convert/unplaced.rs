//! Objects whose key names no lane: they are read first, then claimed in the log of each
//! lane that their records name, for those records.

use super::batch::{Batch, BatchObject, Content, lane_parts};
use super::batch_reader::BatchReader;
use super::commit_batch::{Views, commit_batch};
use super::finish::Finisher;
use super::list::RawObject;
use super::pending::{PendingObjects, UnplacedLedger, UnplacedObjects};
use super::task::Task;
use crate::commit::{Begun, Committed, Patience, take_turn};
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::Month;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Converts the objects that have not been.
pub(crate) async fn convert_unplaced(task: &Task, objects: Vec<RawObject>) -> Result<(), Failure> {
    if objects.is_empty() {
        return Ok(());
    }
    let ledger = UnplacedLedger::load(&task.context.destination).await?;
    let pending = PendingObjects::Unplaced(UnplacedObjects::new(task, objects, ledger));
    let mut reader = BatchReader::new(task, pending);
    while let Some(batch) = reader.next().await? {
        commit_parts(task, batch).await?;
    }
    let _ = reader.finish();
    Ok(())
}

/// Commits a batch in each lane that its records name.
async fn commit_parts(task: &Task, mut batch: Batch) -> Result<(), Failure> {
    let read_at = batch.read_at;
    let parts = split_by_lane(task, std::mem::take(&mut batch.objects));
    let part = |(lane, objects)| {
        let part = Batch {
            objects,
            days: None,
            read_at,
            converted: Arc::default(),
            // The whole batch holds it until its last part is done.
            _share: None,
        };
        (lane, part)
    };
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
    let hint = Some(Month::Undated);
    loop {
        let begun = take_turn(&task.context, lane, hint, patience, &finisher).await?;
        let Begun::Yours { mut turn, finished } = begun else {
            return Ok(Some(part));
        };
        if let Some(receipt) = &finished {
            task.tally.finished(&task.context.destination, receipt);
        }
        let mut views = Views::new(&task.context.destination, lane);
        views.add_months(&months_of(&part)).await?;
        part.objects
            .retain(|object| !views.is_settled(object.object.id()));
        if part.objects.is_empty() {
            return Ok(None);
        }
        match commit_batch(task, &mut turn, &mut part, &mut views).await? {
            Committed::Done(_) => return Ok(None),
            Committed::Taken => {}
        }
    }
}

/// Where receipts may know these objects: undated ones, and those of the delivery months that
/// their names tell, under which they were converted if they have been moved since.
fn months_of(part: &Batch) -> BTreeSet<Month> {
    let times = part.objects.iter().filter_map(|object| object.object.time);
    let months = times.map(|time| Month::of(time.to_zoned(jiff::tz::TimeZone::UTC).date()));
    months.chain([Month::Undated]).collect()
}

/// The objects of each lane that is asked for, with the rows and rejects that are its own.
fn split_by_lane(task: &Task, objects: Vec<BatchObject>) -> BTreeMap<Lane, Vec<BatchObject>> {
    let mut by_lane: BTreeMap<Lane, Vec<BatchObject>> = BTreeMap::new();
    for object in objects {
        let parts = match object.content {
            Content::Rows(rows) => lane_parts(&object.object, rows),
            content => {
                let lane = Lane::unknown();
                let lanes = vec![lane.clone()];
                let unread = BatchObject {
                    content,
                    lanes,
                    ..object
                };
                by_lane.entry(lane).or_default().push(unread);
                continue;
            }
        };
        let lanes: Vec<Lane> = parts.keys().cloned().collect();
        for (lane, rows) in parts {
            if task.options.scope.lanes.has(&lane) {
                by_lane.entry(lane).or_default().push(BatchObject {
                    object: object.object.clone(),
                    content: Content::Rows(rows),
                    lanes: lanes.clone(),
                    digest: object.digest,
                });
            }
        }
    }
    by_lane
}
