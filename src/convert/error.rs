//! What ends a run, or keeps one lane from going on.

use crate::ledger::LedgerError;
use crate::store::{Store, StoreError};
use std::fmt::Display;

/// Why a conversion failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A Parquet file of the table cannot be read.
    #[error("{url} cannot be read ({source}): it is damaged; restore it from a backup")]
    UnreadableFile {
        /// Where it is.
        url: String,
        /// What the reader said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An open claim cannot be finished; its lane waits, other lanes go on.
    #[error("{0}")]
    Unfinished(String),
    /// A defect of this program or its machine.
    #[error("{0}; please report this")]
    Internal(String),
}

impl ConvertError {
    /// A Parquet file that its reader refused, or the store's error if that was the cause.
    pub(crate) fn unreadable_file(store: &Store, key: &str, error: impl Display) -> Self {
        Self::UnreadableFile {
            url: store.url(key),
            source: error.to_string().into(),
        }
    }
}
