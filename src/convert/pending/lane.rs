//! What a lane's prefixes hold, without what its receipts have.

use super::object::Pending;
use super::{Listed, WithReceipts};
use crate::convert::digests::{LaneCheck, Said};
use crate::convert::lane::LaneSource;
use crate::convert::list::{Aside, LaneList, RawObject};
use crate::convert::task::Task;
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::{Converted, Month};
use crate::monitor::Progress;
use std::{mem, sync::Arc};
use tokio::sync::mpsc;

/// What a lane's prefixes hold, without what its receipts have.
pub(crate) struct LanePending<'t> {
    task: &'t Task,
    lane: Lane,
    list: LaneList,
    /// Whether there are no receipts.
    is_new: bool,
    converted: Option<(Month, Arc<Converted>)>,
    skipped: u64,
    digests: Option<LaneCheck<'t>>,
    is_listed: bool,
}

impl<'t> LanePending<'t> {
    /// The objects that a lane's list has, to be asked for in its turn; `is_new` if it has no
    /// claim as yet.
    pub(crate) async fn new(
        task: &'t Task,
        source: &LaneSource,
        list: LaneList,
        is_new: bool,
    ) -> Result<Self, Failure> {
        let LaneSource {
            lane,
            prefixes,
            digest_folders,
            ..
        } = source;
        let scope = &task.options.scope;
        let digests = match task.digests.as_ref().filter(|_| scope.lanes.has(lane)) {
            Some(reader) => Some(LaneCheck::new(task, reader, lane, digest_folders).await?),
            None => None,
        };
        Ok(Self {
            task,
            lane: lane.clone(),
            list,
            is_new,
            converted: None,
            skipped: 0,
            digests,
            is_listed: prefixes.is_empty(),
        })
    }

    /// Lists the objects ahead of whoever reads them, as far as there is room for them.
    pub(crate) async fn list(&mut self, listed: mpsc::Sender<Listed>) {
        while let Some(next) = self.next().await.transpose() {
            let is_last = next.is_err();
            if listed.send(next).await.is_err() || is_last {
                break;
            }
        }
    }

    async fn next(&mut self) -> Result<Option<WithReceipts>, Failure> {
        loop {
            let month = self.list.peek().await?.map(RawObject::month);
            if let Some(digests) = &mut self.digests {
                digests.go_to(month).await?;
                if let Some(missing) = digests.next_missing() {
                    match self.missing(missing).await? {
                        Some(missing) => return Ok(Some(missing)),
                        None => continue,
                    }
                }
            }
            let Some(month) = month else {
                if !mem::replace(&mut self.is_listed, true) {
                    let listed = Progress::LaneListed(self.lane.clone());
                    self.task.context.monitor.report(listed);
                }
                return Ok(None);
            };
            let converted = self.converted_of(month).await?;
            let Some(object) = self.list.take() else {
                return Ok(None);
            };
            self.task.meet(&object);
            let listings = self.digests.as_mut().map(|digests| digests.meet(&object));
            let id = object.id();
            if converted.is_settled(id) {
                self.skipped += u64::from(!self.task.tally.is_own(id));
                continue;
            }
            let unwrap = &self.task.options.rows.unwrap;
            let left = converted.left().get(id, unwrap.as_ref());
            if self.task.is_left(&object, left) {
                continue;
            }
            if let (Some(digests), Some(listings)) = (&mut self.digests, &listings)
                && digests.awaits(&object, listings)
            {
                continue;
            }
            let pending = Pending {
                left,
                unread: converted.unread(id).cloned(),
                expected: None,
                unwrap: unwrap.clone(),
                said: listings.map(Said::Listed),
                object,
            };
            self.task.context.monitor.report(Progress::Pending {
                objects: 1,
                bytes: pending.object.size,
            });
            return Ok(Some((pending, converted)));
        }
    }

    /// An object that digests list and the source has not; none if that was accepted.
    async fn missing(&mut self, object: RawObject) -> Result<Option<WithReceipts>, Failure> {
        let converted = self.converted_of(object.month()).await?;
        self.task.meet(&object);
        if converted.is_settled(object.id()) {
            return Ok(None);
        }
        let pending = Pending {
            left: None,
            unread: converted.unread(object.id()).cloned(),
            expected: None,
            unwrap: None,
            said: Some(Said::Missing),
            object,
        };
        self.task.context.monitor.report(Progress::Pending {
            objects: 1,
            bytes: pending.object.size,
        });
        Ok(Some((pending, converted)))
    }

    async fn converted_of(&mut self, month: Month) -> Result<Arc<Converted>, Failure> {
        if let Some((of, converted)) = &self.converted
            && *of == month
        {
            return Ok(Arc::clone(converted));
        }
        let (store, days) = (&self.task.context.destination, self.task.options.scope.days);
        let converted = match self.is_new {
            true => Converted::default(),
            false => Converted::of_month(store, &self.lane, month, days).await?,
        };
        let converted = Arc::new(converted);
        self.converted = Some((month, Arc::clone(&converted)));
        Ok(converted)
    }

    /// Counts what was met that is not pending, and gives what was listed besides.
    pub(crate) fn finish(self) -> Aside {
        self.task.tally.count(|summary| {
            summary.skipped_objects += self.skipped;
            summary.awaiting_digest_objects += self.digests.map_or(0, |digests| digests.awaiting());
        });
        self.list.aside
    }
}
