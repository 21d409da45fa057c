//! How many calls a store has answered.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Calls made through a store, for reports and for tests that assert what work costs. The SDK's
/// own retries are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// Pages of listings asked for.
    pub lists: u64,
    /// Objects or ranges asked for.
    pub gets: u64,
    /// Sizes and metadata asked for.
    pub sizes: u64,
    /// Puts tried, whatever came of them; one for an object, however many parts it had.
    pub puts: u64,
    /// Objects that were to be removed.
    pub removals: u64,
    /// Bytes of the objects and ranges that were read.
    pub read_bytes: u64,
    /// Bytes of the objects that were written.
    pub written_bytes: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    lists: AtomicU64,
    gets: AtomicU64,
    sizes: AtomicU64,
    puts: AtomicU64,
    removals: AtomicU64,
    read_bytes: AtomicU64,
    written_bytes: AtomicU64,
}

impl Counters {
    pub(super) fn listed(&self) {
        self.lists.fetch_add(1, Relaxed);
    }

    pub(super) fn got(&self) {
        self.gets.fetch_add(1, Relaxed);
    }

    pub(super) fn sized(&self) {
        self.sizes.fetch_add(1, Relaxed);
    }

    pub(super) fn put(&self) {
        self.puts.fetch_add(1, Relaxed);
    }

    pub(super) fn removed(&self, objects: usize) {
        self.removals.fetch_add(objects as u64, Relaxed);
    }

    pub(super) fn read(&self, bytes: usize) {
        self.read_bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn wrote(&self, bytes: usize) {
        self.written_bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn snapshot(&self) -> Calls {
        Calls {
            lists: self.lists.load(Relaxed),
            gets: self.gets.load(Relaxed),
            sizes: self.sizes.load(Relaxed),
            puts: self.puts.load(Relaxed),
            removals: self.removals.load(Relaxed),
            read_bytes: self.read_bytes.load(Relaxed),
            written_bytes: self.written_bytes.load(Relaxed),
        }
    }
}
