//! The values of one slot on their way into an Arrow array.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanBufferBuilder, StringArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::error::ArrowError;

/// Which of the positions so far hold something; positions passed over do not.
#[derive(Debug)]
pub(super) struct Marks {
    bits: BooleanBufferBuilder,
    set: usize,
}

impl Default for Marks {
    fn default() -> Self {
        Self {
            bits: BooleanBufferBuilder::new(0),
            set: 0,
        }
    }
}

impl Marks {
    /// Marks a position at or after the last one. Gives false if it is marked already.
    #[inline]
    pub(super) fn mark(&mut self, at: usize) -> bool {
        let Some(gap) = at.checked_sub(self.bits.len()) else {
            return false;
        };
        self.bits.append_n(gap, false);
        self.bits.append(true);
        self.set += 1;
        true
    }

    /// The nulls among `len` positions; none if all hold something.
    pub(super) fn finish(mut self, len: usize) -> Option<NullBuffer> {
        if self.set == len {
            return None;
        }
        self.bits
            .append_n(len.saturating_sub(self.bits.len()), false);
        Some(NullBuffer::new(self.bits.finish()))
    }
}

/// Texts at rising positions.
#[derive(Debug, Default)]
pub(super) struct Texts {
    marks: Marks,
    /// Where each text ends.
    ends: Vec<i32>,
    bytes: Vec<u8>,
}

impl Texts {
    /// Puts a text at a position after the last one.
    #[inline]
    pub(super) fn put(&mut self, at: usize, text: &str) {
        if !self.marks.mark(at) {
            return;
        }
        let end = offset(self.bytes.len());
        self.ends.resize(at, end);
        self.bytes.extend_from_slice(text.as_bytes());
        self.ends.push(offset(self.bytes.len()));
    }

    /// Marks a position that has no text.
    #[inline]
    pub(super) fn mark(&mut self, at: usize) {
        self.marks.mark(at);
    }

    /// The marks alone.
    pub(super) fn into_marks(self) -> Marks {
        self.marks
    }

    /// An array of `len` positions.
    pub(super) fn finish(self, len: usize) -> Result<ArrayRef, ArrowError> {
        let end = offset(self.bytes.len());
        let mut offsets = Vec::with_capacity(len + 1);
        offsets.push(0);
        offsets.extend_from_slice(&self.ends);
        offsets.resize(len + 1, end);
        Ok(Arc::new(StringArray::try_new(
            OffsetBuffer::new(ScalarBuffer::from(offsets)),
            Buffer::from_vec(self.bytes),
            self.marks.finish(len),
        )?))
    }
}

/// Where the elements of each row's list begin.
#[derive(Debug, Default)]
pub(super) struct Lists {
    marks: Marks,
    starts: Vec<i32>,
    /// Elements so far.
    pub(super) count: usize,
}

impl Lists {
    /// Begins the list of a row.
    pub(super) fn begin(&mut self, row: usize) {
        if self.marks.mark(row) {
            self.starts.resize(row + 1, offset(self.count));
        }
    }

    /// Adds an element to the last list; gives its position.
    #[inline]
    pub(super) fn add(&mut self) -> usize {
        self.count += 1;
        self.count - 1
    }

    /// The position of the last element.
    #[inline]
    pub(super) fn last(&self) -> usize {
        self.count.saturating_sub(1)
    }

    /// The offsets and nulls of `len` lists.
    pub(super) fn finish(self, len: usize) -> (OffsetBuffer<i32>, Option<NullBuffer>) {
        let mut starts = self.starts;
        starts.resize(len + 1, offset(self.count));
        (
            OffsetBuffer::new(ScalarBuffer::from(starts)),
            self.marks.finish(len),
        )
    }
}

/// Row groups are cut before their texts reach 2 GiB; an array of more fails to be made.
fn offset(at: usize) -> i32 {
    i32::try_from(at).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Array as _, AsArray as _};

    #[test]
    fn positions_passed_over_are_null() {
        let mut texts = Texts::default();
        texts.put(1, "a");
        texts.put(1, "ignored");
        texts.put(3, "");
        let array = texts.finish(5).unwrap();
        let found: Vec<_> = array.as_string::<i32>().iter().collect();
        assert_eq!(found, [None, Some("a"), None, Some(""), None]);
        assert_eq!(Texts::default().finish(2).unwrap().null_count(), 2);
    }

    #[test]
    fn a_list_that_is_there_may_be_empty() {
        let mut lists = Lists::default();
        lists.begin(1);
        lists.add();
        lists.add();
        lists.begin(3);
        lists.begin(4);
        lists.add();
        let (offsets, nulls) = lists.finish(6);
        assert_eq!(&offsets[..], [0, 0, 2, 2, 2, 3, 3]);
        let nulls = nulls.unwrap();
        let present: Vec<bool> = (0..6).map(|row| nulls.is_valid(row)).collect();
        assert_eq!(present, [false, true, false, true, true, false]);
    }
}
