//! Objects whose key names no lane, and what receipts say of them.

use super::WithReceipts;
use super::object::Pending;
use crate::cloudtrail::{Left, UnwrapPath};
use crate::convert::digests::Said;
use crate::convert::list::RawObject;
use crate::convert::task::{CONCURRENT_LANES, Task};
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::{
    Cause, ClaimedObject, LeftObjects, Month, ObjectId, Outcome, Reading, RowOptions, lanes,
    month_receipts,
};
use crate::monitor::Progress;
use crate::scope::{DeliveryDays, Lanes};
use crate::store::Store;
use futures::{StreamExt, TryStreamExt, stream};
use rustc_hash::FxHashMap;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// What the receipts of all lanes say of objects whose key names none.
#[derive(Debug, Default)]
pub(crate) struct UnplacedLedger {
    objects: FxHashMap<ObjectId, UnplacedObject>,
    /// What was left since it holds no record.
    left: LeftObjects,
}

#[derive(Debug, Default)]
struct UnplacedObject {
    unread: Option<Cause>,
    is_accepted: bool,
    reading: Option<Reading>,
    wanted: BTreeSet<Lane>,
    committed: BTreeSet<Lane>,
}

impl UnplacedLedger {
    /// What the destination's receipts say; lanes whose ledger cannot be read say nothing.
    pub(crate) async fn load(destination: &Store) -> Result<Self, Failure> {
        let mut ledger = Self::default();
        let mut reading = stream::iter(lanes(destination).await?)
            .map(async |lane| {
                let mut objects = Vec::new();
                let (all, month) = (DeliveryDays::default(), Month::Undated);
                let read = month_receipts(
                    destination,
                    &lane,
                    month,
                    all,
                    |_| {},
                    |receipt| {
                        let claim = &receipt.claim;
                        objects.push((claim.options.clone(), claim.objects().to_vec()));
                    },
                );
                // Work in the lane itself tells what is wrong there.
                let _waits = Failure::waits(read.await.map_err(Failure::from))?;
                Ok::<_, Failure>((lane, objects))
            })
            .buffer_unordered(CONCURRENT_LANES);
        while let Some((lane, objects)) = reading.try_next().await? {
            for (options, objects) in &objects {
                for object in objects {
                    ledger.add(&lane, options, object);
                }
            }
        }
        drop(reading);
        Ok(ledger)
    }

    fn add(&mut self, lane: &Lane, options: &RowOptions, object: &ClaimedObject) {
        if self.left.add(options, object) {
            return;
        }
        let known = self.objects.entry(object.id()).or_default();
        match &object.outcome {
            Outcome::Unread { cause, accepted } => {
                known.unread = Some(cause.clone());
                known.is_accepted |= accepted;
            }
            _ => {
                known.reading = Some(options.reading());
                known.wanted.extend(object.lanes.iter().cloned());
                known.committed.insert(lane.clone());
            }
        }
    }

    /// Whether every lane that the object's records name, of those asked for, has it.
    pub(crate) fn is_settled(&self, id: ObjectId, lanes: &Lanes) -> bool {
        self.objects.get(&id).is_some_and(|object| {
            let is_committed = |lane: &Lane| object.committed.contains(lane);
            let mut asked = object.wanted.iter().filter(|lane| lanes.has(lane));
            object.is_accepted || (!object.wanted.is_empty() && asked.all(is_committed))
        })
    }

    /// How the object was read, if some of it was converted.
    pub(crate) fn reading(&self, id: ObjectId) -> Option<&Reading> {
        self.objects.get(&id)?.reading.as_ref()
    }

    /// What the object was left as, if none of it was converted since and `unwrap` finds no more.
    pub(crate) fn left(&self, id: ObjectId, unwrap: Option<&UnwrapPath>) -> Option<Left> {
        match self.reading(id) {
            Some(_) => None,
            None => self.left.get(id, unwrap),
        }
    }

    /// Why the object could not be read when it was last tried.
    pub(crate) fn unread(&self, id: ObjectId) -> Option<&Cause> {
        self.objects.get(&id)?.unread.as_ref()
    }
}

/// The objects that are not converted, in the order given.
pub(crate) struct UnplacedObjects<'t> {
    task: &'t Task,
    objects: VecDeque<RawObject>,
    ledger: Arc<UnplacedLedger>,
}

impl<'t> UnplacedObjects<'t> {
    /// Those that the receipts do not settle.
    pub(crate) fn new(
        task: &'t Task,
        objects: Vec<RawObject>,
        ledger: Arc<UnplacedLedger>,
    ) -> Self {
        let lanes = &task.options.scope.lanes;
        let unwrap = task.options.rows.unwrap.as_ref();
        let is_left = |id| !task.options.retry_rejects && ledger.left(id, unwrap).is_some();
        let pending = objects
            .iter()
            .filter(|object| !ledger.is_settled(object.id(), lanes) && !is_left(object.id()));
        let sizes: Vec<u64> = pending.map(|object| object.size).collect();
        let monitor = &task.context.monitor;
        monitor.report(Progress::Pending {
            objects: sizes.len() as u64,
            bytes: sizes.iter().sum(),
        });
        monitor.report(Progress::UnplacedListed);
        Self {
            task,
            objects: objects.into(),
            ledger,
        }
    }

    /// The next object. What its lanes' receipts say is asked for when it is known which.
    pub(super) fn next(&mut self) -> Option<WithReceipts> {
        loop {
            let object = self.objects.pop_front()?;
            self.task.meet(&object);
            if (self.ledger).is_settled(object.id(), &self.task.options.scope.lanes) {
                self.task
                    .tally
                    .count(|summary| summary.skipped_objects += 1);
                continue;
            }
            let told = &self.task.options.rows.unwrap;
            let left = self.ledger.left(object.id(), told.as_ref());
            if self.task.is_left(&object, left) {
                continue;
            }
            // What its other lanes are owed is what the claims of the first ones saw.
            let reading = self.ledger.reading(object.id());
            let unwrap = reading.map_or_else(|| told.clone(), |reading| reading.unwrap.clone());
            let pending = Pending {
                left,
                unread: self.ledger.unread(object.id()).cloned(),
                expected: None,
                unwrap,
                // A digest lists CloudTrail's own keys alone.
                said: self
                    .task
                    .options
                    .digests
                    .as_ref()
                    .map(|_| Said::Listed(Vec::new())),
                object,
            };
            return Some((pending, Arc::default()));
        }
    }
}
