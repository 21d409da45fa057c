//! What one raw object holds, as one text.

use super::damaged::Damaged;
use super::left::LeftOut;
use super::sha256::Sha256;

/// What one raw object holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// JSON text that [`for_each_record`](super::for_each_record) walks.
    pub text: String,
    /// Of the bytes as delivered, compressed or not: by it the object is known again.
    pub sha256: Sha256,
    /// Length of the delivered bytes, uncompressed.
    pub uncompressed_bytes: u64,
    /// The records whose bytes are no UTF-8.
    pub damaged: Damaged,
    /// What stood among them and is no record.
    pub left: LeftOut,
    /// Whether another path than was asked for might find other records.
    pub depends_on_path: bool,
}

impl Document {
    /// The bytes that this keeps on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.text.capacity() + self.damaged.heap_bytes()
    }
}
