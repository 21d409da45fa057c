//! What every piece of work on a table needs.

mod budget;
mod context;
mod cpu;

pub(crate) use budget::{Budget, Share};
pub(crate) use context::Context;
pub(crate) use cpu::Cpu;
