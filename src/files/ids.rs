//! The event ids of a lane's latest files.

use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// Event ids remembered a lane, 8 bytes each: the files of the last batches, where nearly
/// all duplicates across batches are.
const REMEMBERED_IDS: usize = 500_000;

/// Hashes of event ids by file, of the files that were last written or looked at.
#[derive(Debug, Default)]
pub(super) struct RememberedIds {
    by_file: FxHashMap<String, FxHashSet<u64>>,
    order: VecDeque<String>,
    count: usize,
}

impl RememberedIds {
    /// The hashes of a file's ids, if they are remembered.
    pub(super) fn of(&self, key: &str) -> Option<&FxHashSet<u64>> {
        self.by_file.get(key)
    }

    /// Remembers a file's ids, and forgets the oldest files where there are too many.
    pub(super) fn remember(&mut self, key: String, hashes: FxHashSet<u64>) {
        self.count += hashes.len();
        self.order.push_back(key.clone());
        self.by_file.insert(key, hashes);
        while self.count > REMEMBERED_IDS
            && self.order.len() > 1
            && let Some(oldest) = self.order.pop_front()
        {
            let forgotten = self.by_file.remove(&oldest);
            self.count -= forgotten.map_or(0, |hashes| hashes.len());
        }
    }
}
