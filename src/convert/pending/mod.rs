//! Raw objects that are not converted yet, in the order in which they are read.

mod lane;
mod object;
mod unplaced;

use super::list::Aside;
use crate::failure::Failure;
use crate::ledger::Converted;
use std::sync::Arc;

pub(crate) use lane::LanePending;
pub(crate) use object::Pending;
pub(crate) use unplaced::{UnplacedLedger, UnplacedObjects};

/// What was met besides pending objects.
#[derive(Debug, Default)]
pub(crate) struct Met {
    /// Objects that are converted.
    pub(crate) skipped: u64,
    /// Objects that are left until their digests come.
    pub(crate) awaiting_digest: u64,
    /// What was listed besides.
    pub(crate) aside: Aside,
}

/// Where pending objects come from.
pub(crate) enum PendingObjects<'t> {
    /// A lane's prefixes.
    Lane(Box<LanePending<'t>>),
    /// Objects whose key names no lane.
    Unplaced(UnplacedObjects<'t>),
}

impl PendingObjects<'_> {
    /// The next object, and what the receipts of its month say.
    pub(crate) async fn next(&mut self) -> Result<Option<(Pending, Arc<Converted>)>, Failure> {
        match self {
            Self::Lane(lane) => lane.next().await,
            Self::Unplaced(unplaced) => Ok(unplaced.next()),
        }
    }

    /// What was met besides.
    pub(crate) fn finish(self) -> Met {
        match self {
            Self::Lane(lane) => lane.finish(),
            Self::Unplaced(unplaced) => Met {
                skipped: unplaced.skipped(),
                ..Met::default()
            },
        }
    }
}
