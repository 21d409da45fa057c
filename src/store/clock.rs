//! Time: the store's own, and how long ago something was.

use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;

use super::backend::Backend;
use super::{OpKind, Result, Store};

/// A moment in this process, also if the machine sleeps in between.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    ticks: Instant,
    /// Goes on while the machine sleeps, but may be set.
    wall: SystemTime,
    /// The clock of a store in memory, which tests advance.
    ahead: Duration,
}

impl Store {
    /// What its clock says now: that of the file system or the service which gives objects their
    /// times.
    pub async fn now(&self) -> Result<Timestamp> {
        let now = async {
            match &self.backend {
                Backend::Local(local) => local.now().await,
                Backend::Memory(memory) => Ok(memory.now()),
                Backend::S3(s3) => Box::pin(s3.now()).await,
            }
        };
        self.gated(OpKind::Now, "", now).await
    }

    /// This moment.
    pub(crate) fn moment(&self) -> Moment {
        Moment {
            ticks: Instant::now(),
            wall: SystemTime::now(),
            ahead: self.ahead(),
        }
    }

    /// How long ago a moment was, at least.
    pub(crate) fn since(&self, moment: &Moment) -> Duration {
        let wall = moment.wall.elapsed().unwrap_or_default();
        let ahead = self.ahead().saturating_sub(moment.ahead);
        moment.ticks.elapsed().max(wall) + ahead
    }

    fn ahead(&self) -> Duration {
        match &self.backend {
            Backend::Memory(memory) => memory.ahead(),
            Backend::Local(_) | Backend::S3(_) => Duration::ZERO,
        }
    }
}
