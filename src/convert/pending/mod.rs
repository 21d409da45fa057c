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

    /// How many objects were met that are converted, and what was listed besides.
    pub(crate) fn finish(self) -> (u64, Aside) {
        match self {
            Self::Lane(lane) => lane.finish(),
            Self::Unplaced(unplaced) => (unplaced.skipped(), Aside::default()),
        }
    }
}
