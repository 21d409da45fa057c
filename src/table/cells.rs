//! One value of one record, as a place in a text.

use crate::json::Span;

use super::shape::Slot;

/// Marks a cell whose text is in the arena, not in the object's text.
const IN_ARENA: u32 = 1 << 31;

/// The bytes that a text or an arena may have.
pub(crate) const MAX_TEXT: usize = IN_ARENA as usize - 1;

/// One value of one record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) slot: Slot,
    start: u32,
    len: u32,
}

impl Cell {
    /// A value whose bytes stand in the object's text.
    #[inline]
    pub(crate) fn of(slot: Slot, span: Span) -> Self {
        Self {
            slot,
            start: span.start,
            len: span.end - span.start,
        }
    }

    /// A value whose bytes stand in the arena.
    pub(crate) fn in_arena(slot: Slot, span: Span) -> Self {
        Self {
            start: span.start | IN_ARENA,
            ..Self::of(slot, span)
        }
    }

    /// The same value after its arena was put `by` bytes into another.
    #[inline]
    pub(crate) fn in_moved_arena(self, by: u32) -> Self {
        match self.is_in_arena() {
            true => Self {
                start: self.start + by,
                ..self
            },
            false => self,
        }
    }

    /// A marker.
    #[inline]
    pub(crate) fn marker(slot: Slot) -> Self {
        Self {
            slot,
            start: 0,
            len: 0,
        }
    }

    /// A marker that is not empty.
    pub(crate) fn present(slot: Slot) -> Self {
        Self {
            slot,
            start: 0,
            len: 1,
        }
    }

    /// Whether this is [`Cell::marker`] or an empty text.
    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The bytes of its text.
    #[inline]
    pub(crate) fn len(self) -> usize {
        self.len as usize
    }

    /// Whether the text stands in the arena.
    pub(crate) fn is_in_arena(self) -> bool {
        self.start & IN_ARENA != 0
    }

    /// The text's bytes, given the two places where it can stand. Unlike [`Cell::text`] it does
    /// not look at the text, which may long be out of the cache.
    #[inline]
    pub(crate) fn bytes<'t>(self, text: &'t str, arena: &'t str) -> &'t [u8] {
        let from = if self.is_in_arena() { arena } else { text };
        let start = (self.start & !IN_ARENA) as usize;
        &from.as_bytes()[start..start + self.len as usize]
    }

    /// The text, given the two places where it can stand.
    #[inline]
    pub(crate) fn text<'t>(self, text: &'t str, arena: &'t str) -> &'t str {
        let from = if self.is_in_arena() { arena } else { text };
        let start = (self.start & !IN_ARENA) as usize;
        &from[start..start + self.len as usize]
    }
}
