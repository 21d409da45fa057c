//! Records that were delivered with invalid UTF-8.

use crate::json::Span;

/// The records of a text in which bytes that are no UTF-8 were replaced, one for one, and
/// those records as delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Damaged {
    /// Where each record is in the text, in its order, and where its bytes begin.
    records: Vec<(Span, u32)>,
    bytes: Vec<u8>,
}

impl Damaged {
    /// Adds the record at a span behind all others; `bytes` are as many as the span's.
    pub(super) fn push(&mut self, span: Span, bytes: &[u8]) {
        debug_assert_eq!((span.end - span.start) as usize, bytes.len());
        // No more bytes than the text has, whose spans are 32 bits wide.
        self.records.push((span, self.bytes.len() as u32));
        self.bytes.extend_from_slice(bytes);
    }

    /// Keeps the first so many records.
    pub(super) fn truncate(&mut self, records: usize) {
        if let Some((_, start)) = self.records.get(records) {
            self.bytes.truncate(*start as usize);
            self.records.truncate(records);
        }
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The record at a span as delivered, if it is damaged.
    pub fn delivered(&self, span: Span) -> Option<&[u8]> {
        let starts = self
            .records
            .binary_search_by_key(&span.start, |(known, _)| known.start);
        let (known, at) = self.records[starts.ok()?];
        let at = at as usize;
        (known == span).then(|| &self.bytes[at..at + (span.end - span.start) as usize])
    }

    /// The bytes that this keeps on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.records.capacity() * size_of::<(Span, u32)>() + self.bytes.capacity()
    }
}
