//! Memory permits, in bytes.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of memory that a batch takes for each uncompressed byte it reads: the text, its
/// cells, one row group's arrays a thread, and the encoded files.
pub(crate) const MEMORY_PER_BYTE: u64 = 3;

/// Uncompressed bytes of a batch at most, however much memory there is: whoever finishes its claim
/// takes three times as much, whatever it was given.
const MAX_BATCH_BYTES: u64 = 512 << 20;

/// The semaphore counts kibibytes, so that large budgets fit its 32-bit acquire.
const UNIT: u64 = 1024;

/// The memory that batches under way share.
///
/// A batch takes its whole estimate before its first read and never asks for more, so
/// batches that hold memory can always go on to free it. Once its files are encoded it keeps
/// what they take. What proves larger than was expected
/// waits for a batch that expects it.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    permits: Arc<Semaphore>,
    total: u32,
}

/// A share of the memory, given back when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    permit: Option<OwnedSemaphorePermit>,
}

impl Share {
    /// Parts with so many bytes, which are given back by themselves; with all, if it has fewer.
    pub(crate) fn split(&mut self, bytes: u64) -> Self {
        let permit = self.permit.as_mut().and_then(|permit| {
            let wanted = usize::try_from(bytes.div_ceil(UNIT)).unwrap_or(usize::MAX);
            permit.split(wanted.min(permit.num_permits()))
        });
        Self { permit }
    }
}

impl Budget {
    /// A budget of `bytes`.
    pub(crate) fn new(bytes: u64) -> Self {
        let total = u32::try_from(bytes / UNIT).unwrap_or(u32::MAX).max(1);
        Self {
            permits: Arc::new(Semaphore::new(total as usize)),
            total,
        }
    }

    /// Waits for the memory of a batch that reads so many uncompressed bytes; a batch above
    /// the whole budget gets all of it and runs alone.
    pub(crate) async fn reserve(&self, uncompressed_bytes: u64) -> Share {
        let memory = uncompressed_bytes.saturating_mul(MEMORY_PER_BYTE);
        self.reserve_memory(memory).await
    }

    /// Waits for so many bytes of memory; what is above the whole budget gets all of it and runs
    /// alone.
    pub(crate) async fn reserve_memory(&self, bytes: u64) -> Share {
        let units = u32::try_from(bytes / UNIT)
            .unwrap_or(u32::MAX)
            .clamp(1, self.total);
        let permit = Arc::clone(&self.permits).acquire_many_owned(units).await;
        // The semaphore is never closed.
        Share {
            permit: permit.ok(),
        }
    }

    /// The uncompressed bytes at which a batch is cut: one for each thread and one more fit the
    /// budget, so that one is read while another is written.
    pub(crate) fn batch_bytes(&self, threads: usize) -> u64 {
        let share = u64::from(self.total) * UNIT / MEMORY_PER_BYTE / (threads as u64 + 1);
        share.clamp(1, MAX_BATCH_BYTES)
    }
}
