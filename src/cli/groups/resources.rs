//! How much of the machine a command takes.

use crate::cli::limits;
use crate::cli::numbers::parse_size;
use clap::Args;

/// Threads and memory.
#[derive(Debug, Args)]
pub(crate) struct ResourceArgs {
    /// Threads that do the work [default: the cores of the machine or container]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Memory for what is under way [default: by the machine's or container's memory]
    #[arg(long, value_name = "BYTES", value_parser = parse_size)]
    memory: Option<u64>,
}

impl ResourceArgs {
    /// The threads asked for, or all.
    pub(crate) fn threads(&self) -> usize {
        self.threads.map_or_else(limits::threads, usize::from)
    }

    /// The memory for so many threads.
    pub(crate) fn memory(&self) -> u64 {
        let default = || limits::memory(self.threads());
        self.memory.unwrap_or_else(default)
    }

    /// The memory for files that are made of others.
    pub(crate) fn upkeep_memory(&self) -> u64 {
        self.memory.unwrap_or_else(limits::upkeep_memory)
    }
}
