//! Time and memory of one child process.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde::{Deserialize, Serialize};

/// What one run of one process took.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Usage {
    pub(crate) wall: Duration,
    pub(crate) user: Duration,
    pub(crate) system: Duration,
    /// Peak resident memory, in bytes.
    pub(crate) peak: u64,
}

impl Usage {
    pub(crate) fn cpu(&self) -> Duration {
        self.user + self.system
    }
}

/// Runs a command and gives what it took. The operating system keeps one sum for all
/// children of a process, so this program starts itself anew for every measurement.
pub(crate) fn measure(command: &[String]) -> Result<Usage> {
    let output = Command::new(std::env::current_exe()?)
        .arg("measure")
        .args(command)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        bail!("{} failed", command.join(" "));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The other side of [`measure`]: runs the command and gives what children took.
pub(crate) fn run(command: &[String]) -> Result<Usage> {
    let (program, arguments) = command.split_first().context("no command")?;
    let start = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()?;
    let wall = start.elapsed();
    if !status.success() {
        bail!("{program}: {status}");
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let microseconds = |time: i64| Duration::from_micros(u64::try_from(time).unwrap_or_default());
    // Linux counts in KiB, macOS in bytes.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    Ok(Usage {
        wall,
        user: microseconds(usage.user_time().num_microseconds()),
        system: microseconds(usage.system_time().num_microseconds()),
        peak: u64::try_from(usage.max_rss()).unwrap_or_default() * unit,
    })
}
