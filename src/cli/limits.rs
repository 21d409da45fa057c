//! What the machine or container gives.

use std::fs;

/// Memory for batches under way, for each thread, of a machine that others use too: enough for files
/// of some megabytes.
const MEMORY_PER_THREAD: u64 = 192 << 20;

/// Two merges of files of the usual size.
const MEMORY_OF_UPKEEP: u64 = 2 << 30;

/// The threads that the machine or its cgroup allows.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Memory for batches under way.
pub(crate) fn memory(threads: usize) -> u64 {
    memory_of_batches(threads, container(), machine())
}

/// Half of what a container has, which is there for nothing else; of a machine by the threads, and
/// at most half.
fn memory_of_batches(threads: usize, container: Option<u64>, machine: Option<u64>) -> u64 {
    let by_threads = MEMORY_PER_THREAD * threads as u64;
    match (container, machine) {
        // Without a limit, cgroups say more than any machine has.
        (Some(container), machine) if machine.is_none_or(|machine| container < machine) => {
            container / 2
        }
        (_, Some(machine)) => by_threads.min(machine / 2),
        (_, None) => by_threads,
    }
}

/// Memory for merges under way: a large one takes three times the size of its file.
pub(crate) fn upkeep_memory() -> u64 {
    let available = [container(), machine()].into_iter().flatten().min();
    available.map_or(MEMORY_OF_UPKEEP, |bytes| MEMORY_OF_UPKEEP.min(bytes / 2))
}

/// The limit of the process's cgroup.
fn container() -> Option<u64> {
    let v1 = read_number("/sys/fs/cgroup/memory/memory.limit_in_bytes");
    [cgroup_v2(), v1].into_iter().flatten().min()
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

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn a_container_gives_half_of_its_memory_and_a_machine_some_for_each_thread() {
        assert_eq!(memory_of_batches(2, Some(4 * GIB), Some(64 * GIB)), 2 * GIB);
        assert_eq!(memory_of_batches(2, None, Some(64 * GIB)), 384 << 20);
        assert_eq!(
            memory_of_batches(2, Some(u64::MAX), Some(64 * GIB)),
            384 << 20
        );
        assert_eq!(memory_of_batches(64, None, Some(8 * GIB)), 4 * GIB);
    }
}
