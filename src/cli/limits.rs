//! What the machine or container gives.

use std::fs;

/// Memory for batches under way, for each thread: enough for files of some megabytes,
/// and as much as a container of Fargate's smallest sizes has.
const MEMORY_PER_THREAD: u64 = 192 << 20;

/// Two merges of files of the usual size.
const MEMORY_OF_UPKEEP: u64 = 2 << 30;

/// The threads that the machine or its cgroup allows.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Memory for batches under way: by the threads, and at most half of what the machine or
/// its cgroup has.
pub(crate) fn memory(threads: usize) -> u64 {
    (MEMORY_PER_THREAD * threads as u64).min(half())
}

/// Memory for merges under way: a large one takes three times the size of its file.
pub(crate) fn upkeep_memory() -> u64 {
    half().min(MEMORY_OF_UPKEEP)
}

/// Half of what the machine or its cgroup has.
fn half() -> u64 {
    let limits = [
        cgroup_v2(),
        read_number("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        machine(),
    ];
    let available = limits.into_iter().flatten().min().unwrap_or(u64::MAX);
    available / 2
}

/// The limit of this process's own cgroup, or of the one mounted as a container's root.
fn cgroup_v2() -> Option<u64> {
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = own
        .lines()
        .find_map(|line| line.strip_prefix("0::"))?
        .trim_start_matches('/');
    let candidates = [
        format!("/sys/fs/cgroup/{path}/memory.max"),
        "/sys/fs/cgroup/memory.max".to_owned(),
    ];
    candidates.iter().filter_map(|file| read_number(file)).min()
}

fn machine() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// A file's one number; none for `max`.
fn read_number(file: &str) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}
