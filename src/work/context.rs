//! What every piece of work on a table needs.

use super::budget::Budget;
use super::cpu::Cpu;
use crate::monitor::Monitor;
use crate::store::{Remover, Store};
use crate::table::{EncodeOptions, Schema};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What every piece of work on a table needs.
pub(crate) struct Context {
    /// Where the table is.
    pub(crate) destination: Store,
    /// The columns of what is written.
    pub(crate) schema: Arc<Schema>,
    /// How it is written.
    pub(crate) encode: EncodeOptions,
    /// The threads for everything that is no waiting.
    pub(crate) cpu: Cpu,
    /// The memory of what is under way.
    pub(crate) budget: Budget,
    /// The right to remove files, for work that replaces some.
    pub(crate) remover: Option<Remover>,
    /// Who is told.
    pub(crate) monitor: Arc<dyn Monitor>,
    /// Asks the work to end: claims that are made are finished, none is made any more.
    pub(crate) stop: CancellationToken,
}
