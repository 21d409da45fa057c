//! Why the ledger cannot be used.

use super::names::FORMAT;
use crate::store::StoreError;

/// Why the ledger cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A document does not parse.
    #[error("{url} cannot be read ({why}): it is damaged; restore it from a backup")]
    Damaged {
        /// Where it is.
        url: String,
        /// What the parser said.
        why: String,
    },
    /// Something that is no document of the ledger lies in it.
    #[error("{url} is no document of the ledger: move it elsewhere")]
    Stray {
        /// Where it is.
        url: String,
    },
    /// A document is missing that must be there.
    #[error(
        "{url} is gone, but {evidence}: restore it from a backup; without it events would be \
         converted twice, so nothing is written there"
    )]
    Missing {
        /// What is gone.
        url: String,
        /// What tells that it was there.
        evidence: String,
    },
    /// A document of a newer program.
    #[error("{url} was written by a newer program ({what}): use that version")]
    Newer {
        /// Where it is.
        url: String,
        /// The format or the work that is not known here.
        what: String,
    },
    /// The destination was written by a program with the first ledger format, which no released
    /// version writes.
    #[error(
        "{url} says that the table has ledger format 1, which this program ({FORMAT}) does not \
         continue: convert the logs anew into another place"
    )]
    Older {
        /// Where the format is written down.
        url: String,
    },
    /// The store takes the same put-if-absent twice.
    #[error(
        "{url} was accepted twice by a put that must be refused when the object exists: this \
         store cannot keep events exactly once; use one that supports conditional writes"
    )]
    NotExclusive {
        /// What was put twice.
        url: String,
    },
}

impl LedgerError {
    /// Whether it concerns one lane, which has to wait, and not the run.
    pub fn is_of_one_lane(&self) -> bool {
        matches!(
            self,
            Self::Damaged { .. } | Self::Stray { .. } | Self::Missing { .. }
        )
    }
}
