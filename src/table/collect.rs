//! The values of one slot on their way into an Arrow array.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanBufferBuilder, StringArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::error::ArrowError;

use super::objects::narrow;

/// The positions that hold something, rising.
#[derive(Debug, Default)]
pub(super) struct Marks {
    positions: Vec<u32>,
}

impl Marks {
    /// Marks a position, which must come after the last one.
    #[inline]
    pub(super) fn mark(&mut self, at: usize) {
        let at = narrow(at);
        let rises = self.positions.last().is_none_or(|last| *last < at);
        assert!(rises, "two values for one place");
        self.positions.push(at);
    }

    /// The nulls among `len` positions; none if all hold something.
    pub(super) fn finish(&self, len: usize) -> Option<NullBuffer> {
        if self.positions.len() == len {
            return None;
        }
        let mut bits = BooleanBufferBuilder::new(len);
        bits.append_n(len, false);
        for at in &self.positions {
            bits.set_bit(*at as usize, true);
        }
        Some(NullBuffer::new(bits.finish()))
    }

    /// Spreads what stands at each mark, and at the end, over `len` positions and the end:
    /// a position that is not marked has what comes next.
    fn spread(&self, values: impl Iterator<Item = i32>, end: i32, len: usize) -> Vec<i32> {
        let mut spread = Vec::with_capacity(len + 1);
        for (at, value) in self.positions.iter().zip(values) {
            spread.resize(*at as usize + 1, value);
        }
        spread.resize(len + 1, end);
        spread
    }
}

/// Texts at rising positions.
#[derive(Debug, Default)]
pub(super) struct Texts {
    marks: Marks,
    /// Where each text begins.
    starts: Vec<i32>,
    bytes: Vec<u8>,
}

impl Texts {
    /// Puts a text at a position after the last one.
    #[inline]
    pub(super) fn put(&mut self, at: usize, text: &[u8]) {
        self.marks.mark(at);
        self.starts.push(offset(self.bytes.len()));
        self.bytes.extend_from_slice(text);
    }

    /// Marks a position that has no text.
    #[inline]
    pub(super) fn mark(&mut self, at: usize) {
        self.marks.mark(at);
    }

    /// The nulls of `len` positions of which some are marked.
    pub(super) fn into_nulls(self, len: usize) -> Option<NullBuffer> {
        self.marks.finish(len)
    }

    /// An array of `len` positions.
    pub(super) fn finish(self, len: usize) -> Result<ArrayRef, ArrowError> {
        let end = offset(self.bytes.len());
        let offsets = self.marks.spread(self.starts.into_iter(), end, len);
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
        self.marks.mark(row);
        self.starts.push(offset(self.count));
    }

    /// Adds an element to the last list; gives its position.
    #[inline]
    pub(super) fn add(&mut self) -> usize {
        self.count += 1;
        self.count - 1
    }

    /// The position of the last element, which has been added.
    #[inline]
    pub(super) fn last(&self) -> usize {
        self.count - 1
    }

    /// The offsets and nulls of `len` lists.
    pub(super) fn finish(self, len: usize) -> (OffsetBuffer<i32>, Option<NullBuffer>) {
        let end = offset(self.count);
        let offsets = self.marks.spread(self.starts.into_iter(), end, len);
        (
            OffsetBuffer::new(ScalarBuffer::from(offsets)),
            self.marks.finish(len),
        )
    }
}

fn offset(at: usize) -> i32 {
    let Ok(offset) = i32::try_from(at) else {
        unreachable!("row groups are cut before the texts of a column reach 2 GiB");
    };
    offset
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Array as _, AsArray as _};

    #[test]
    fn positions_passed_over_are_null() {
        let mut texts = Texts::default();
        texts.put(1, b"a");
        texts.put(3, b"");
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
