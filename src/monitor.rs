//! What the library tells its caller while it works.

use crate::table::Lane;

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// This many lanes were found.
    LanesFound(u64),
    /// A lane is done for this run.
    LaneDone(Lane),
    /// Raw objects that are not converted yet were listed.
    Pending {
        /// How many.
        objects: u64,
        /// Their bytes as delivered.
        bytes: u64,
    },
    /// Raw objects went through: they are converted, or could not be.
    Done {
        /// How many.
        objects: u64,
        /// Their bytes as delivered.
        bytes: u64,
        /// Rows that they gave.
        rows: u64,
    },
    /// Something is kept aside or left; the run goes on.
    Problem(String),
    /// Something worth a log line.
    Note(String),
}

/// Who is told.
pub trait Monitor: Send + Sync {
    /// Called from many threads; must return soon.
    fn report(&self, progress: Progress);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Monitor for Silent {
    fn report(&self, _: Progress) {}
}
