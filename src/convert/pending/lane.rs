//! What a lane's prefixes hold, without what its receipts have.

use super::object::Pending;
use crate::convert::list::{Aside, LaneList};
use crate::convert::task::Task;
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::{Converted, Month};
use std::sync::Arc;

/// What a lane's prefixes hold, without what its receipts have.
pub(crate) struct LanePending<'t> {
    task: &'t Task,
    lane: Lane,
    list: LaneList,
    converted: Option<(Month, Arc<Converted>)>,
    skipped: u64,
}

impl<'t> LanePending<'t> {
    /// The lane's objects below the prefixes. What begins with one of `own` is the
    /// destination's.
    pub(crate) fn new(task: &'t Task, lane: &Lane, prefixes: &[String], own: &[String]) -> Self {
        let days = task.options.scope.days;
        Self {
            task,
            lane: lane.clone(),
            list: LaneList::new(&task.source, lane, prefixes, days, own),
            converted: None,
            skipped: 0,
        }
    }

    /// The next object, and what the receipts of its month say.
    pub(super) async fn next(&mut self) -> Result<Option<(Pending, Arc<Converted>)>, Failure> {
        loop {
            let Some(month) = self.list.peek().await?.map(|object| object.month()) else {
                return Ok(None);
            };
            let converted = self.converted_of(month).await?;
            let Some(object) = self.list.take() else {
                return Ok(None);
            };
            self.task.meet(&object);
            if converted.is_settled(object.id()) {
                self.skipped += u64::from(!self.task.tally.is_own(object.id()));
                continue;
            }
            let pending = Pending {
                unread: converted.unread(object.id()).cloned(),
                expected: None,
                object,
            };
            return Ok(Some((pending, converted)));
        }
    }

    async fn converted_of(&mut self, month: Month) -> Result<Arc<Converted>, Failure> {
        if let Some((of, converted)) = &self.converted
            && *of == month
        {
            return Ok(Arc::clone(converted));
        }
        let (store, days) = (&self.task.context.destination, self.task.options.scope.days);
        let converted = Converted::of_month(store, &self.lane, month, days).await?;
        let converted = Arc::new(converted);
        self.converted = Some((month, Arc::clone(&converted)));
        Ok(converted)
    }

    /// How many objects were met that are converted, and what was listed besides.
    pub(super) fn finish(self) -> (u64, Aside) {
        (self.skipped, self.list.aside)
    }
}
