//! Raw objects that are not converted yet, in the order in which they are read.

mod lane;
mod object;
mod unplaced;

use crate::failure::Failure;
use crate::ledger::Converted;
use std::sync::Arc;
use tokio::sync::mpsc;

pub(crate) use lane::LanePending;
pub(crate) use object::Pending;
pub(crate) use unplaced::{UnplacedLedger, UnplacedObjects};

/// A pending object, and what the receipts of its month say.
pub(crate) type WithReceipts = (Pending, Arc<Converted>);

/// The next of those of a lane, or why there is none.
pub(crate) type Listed = Result<WithReceipts, Failure>;

/// Where pending objects come from.
pub(crate) enum PendingObjects<'t> {
    /// A lane's prefixes, listed ahead.
    Lane(mpsc::Receiver<Listed>),
    /// Objects whose key names no lane.
    Unplaced(UnplacedObjects<'t>),
}

impl PendingObjects<'_> {
    /// The next object.
    pub(crate) async fn next(&mut self) -> Result<Option<WithReceipts>, Failure> {
        match self {
            Self::Lane(listed) => listed.recv().await.transpose(),
            Self::Unplaced(unplaced) => Ok(unplaced.next()),
        }
    }
}
