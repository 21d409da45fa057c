//! How large an object may be when it is read.

use super::unreadable::Unreadable;

/// What an object may take. Over the one it is [`TooLarge`](super::Unreadable::TooLarge),
/// over the other [`TooMuchMemory`](super::Unreadable::TooMuchMemory): then it can be tried
/// again with more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Uncompressed bytes.
    pub uncompressed: u64,
    /// Bytes on the heap: the text, and what is kept of each record and value.
    pub heap: u64,
}

/// Bytes on the heap for each uncompressed one. Logs take 1.5, and 2.5 if all their records are
/// rejects; only what is no log, like records of a few bytes, takes more than this.
const HEAP_RATIO: u64 = 3;

/// Bytes on the heap that any object may take.
const LEAST_HEAP: u64 = 1 << 20;

impl Limits {
    /// What an object of at most `uncompressed` bytes may take.
    pub fn of(uncompressed: u64) -> Self {
        Self {
            uncompressed,
            heap: uncompressed.saturating_mul(HEAP_RATIO).max(LEAST_HEAP),
        }
    }

    /// The most bytes that both allow.
    pub(super) fn most_bytes(self) -> usize {
        let most = self.uncompressed.min(self.heap);
        usize::try_from(most).unwrap_or(usize::MAX)
    }

    /// Fails if `bytes` on the heap are too many.
    pub(super) fn check_heap(self, bytes: usize) -> Result<(), Unreadable> {
        if bytes as u64 > self.heap {
            return Err(Unreadable::TooMuchMemory);
        }
        Ok(())
    }
}
