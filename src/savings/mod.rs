//! What questions read, raw and converted, computed from the ledger and the files' footers.
//!
//! Nothing is queried. A question's SQL says which columns it reads and what it filters by;
//! the footers say how many bytes those columns have, and which row groups cannot match.

mod fetch;
mod file;
mod filter;
mod prune;
mod raw;
mod run;
mod scan;

pub use run::{QuestionSavings, Savings, savings};

use crate::failure::Failure;
use crate::ledger::LedgerError;
use crate::queries::FillError;
use crate::store::StoreError;

/// Why savings cannot be computed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SavingsError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A question cannot be filled in.
    #[error(transparent)]
    Fill(#[from] FillError),
    /// A question's SQL is not understood.
    #[error("the question's SQL is not understood: {0}")]
    Sql(String),
    /// A Parquet object cannot be read.
    #[error(transparent)]
    File(#[from] Failure),
}
