//! The exit codes; they are part of the interface.

use std::process::{ExitCode, Termination};

/// How the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Everything asked for is done.
    Done = 0,
    /// The run could not go on; what was committed stays, and the next run goes on from it.
    Fatal = 1,
    /// The command line was wrong; trying again does not help. clap uses the same code.
    Usage = 2,
    /// The run is finished, but objects, records or lanes were kept aside.
    KeptAside = 3,
    /// SIGINT.
    Interrupted = 130,
    /// SIGTERM.
    Terminated = 143,
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}
