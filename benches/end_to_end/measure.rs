//! Time and memory of one child process, from Linux's `/proc`.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

/// Linux tells times in hundredths of a second, whatever the kernel counts in.
const TICK: Duration = Duration::from_millis(10);

/// How often the child's peak memory is looked at. The kernel keeps the peak, so only what
/// it grows in the last moment of the child can be missed.
const LOOK: Duration = Duration::from_millis(2);

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

/// The other side of [`measure`]: runs the command and gives what it took.
pub(crate) fn run(command: &[String]) -> Result<Usage> {
    let (program, arguments) = command.split_first().context("no command")?;
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    let mut peak = 0;
    let status = loop {
        peak = peak.max(peak_memory(child.id()).unwrap_or_default());
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(LOOK);
    };
    let wall = start.elapsed();
    if !status.success() {
        bail!("{program}: {status}");
    }
    let [user, system] = children_times().context("measuring needs Linux's /proc")?;
    Ok(Usage {
        wall,
        user,
        system,
        peak,
    })
}

/// The most memory that a process has had so far, in bytes.
fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// User and system time of the children that have ended.
fn children_times() -> Option<[Duration; 2]> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name comes second, in parentheses, and may hold spaces.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(13);
    let mut time = || Some(TICK * fields.next()?.parse::<u32>().ok()?);
    Some([time()?, time()?])
}
