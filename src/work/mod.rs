//! What every piece of work on a table needs.

mod budget;
mod context;
mod cpu;

pub(crate) use budget::{Budget, MEMORY_PER_BYTE, Share};
pub(crate) use context::Context;
pub(crate) use cpu::Cpu;
