//! The values of one slot on their way into an Arrow array.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::error::ArrowError;

use super::marks::Marks;

/// Where what stands at rising positions begins; a position that is passed over has nothing,
/// and begins where the next does.
#[derive(Debug, Default)]
struct Starts {
    marks: Marks,
    starts: Vec<i32>,
}

impl Starts {
    /// What stands at a position, which must come after the last one, begins at `start`.
    #[inline]
    fn begin(&mut self, at: usize, start: usize) {
        assert!(self.starts.len() <= at, "two values for one place");
        self.starts.resize(at + 1, offset(start));
        self.marks.mark(at);
    }

    /// The offsets and nulls of `len` positions, after which nothing begins before `end`.
    fn finish(mut self, len: usize, end: usize) -> (OffsetBuffer<i32>, Option<NullBuffer>) {
        self.starts.resize(len + 1, offset(end));
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.starts));
        (offsets, self.marks.nulls(len))
    }
}

/// Positions that have something without a text.
#[derive(Debug, Default)]
pub(super) struct Present {
    marks: Marks,
    next: usize,
}

impl Present {
    /// Marks a position, which must come after the last one.
    #[inline]
    pub(super) fn mark(&mut self, at: usize) {
        assert!(self.next <= at, "two values for one place");
        self.next = at + 1;
        self.marks.mark(at);
    }

    /// The positions that are marked.
    pub(super) fn finish(self) -> Marks {
        self.marks
    }
}

/// Texts at rising positions.
#[derive(Debug, Default)]
pub(super) struct Texts {
    starts: Starts,
    bytes: Vec<u8>,
}

impl Texts {
    /// Room for so many bytes of texts, at so many positions.
    pub(super) fn with_capacity(bytes: usize, positions: usize) -> Self {
        let starts = Starts {
            marks: Marks::with_capacity(positions),
            starts: Vec::with_capacity(positions + 1),
        };
        Self {
            starts,
            bytes: Vec::with_capacity(bytes),
        }
    }

    /// Puts a text at a position after the last one.
    #[inline]
    pub(super) fn put(&mut self, at: usize, text: &[u8]) {
        self.starts.begin(at, self.bytes.len());
        self.bytes.extend_from_slice(text);
    }

    /// An array of `len` positions.
    pub(super) fn finish(self, len: usize) -> Result<ArrayRef, ArrowError> {
        let (offsets, nulls) = self.starts.finish(len, self.bytes.len());
        let bytes = Buffer::from_vec(self.bytes);
        Ok(Arc::new(BinaryArray::try_new(offsets, bytes, nulls)?))
    }
}

/// Where the elements of each row's list begin.
#[derive(Debug, Default)]
pub(super) struct Lists {
    starts: Starts,
    /// Elements so far.
    pub(super) count: usize,
}

impl Lists {
    /// Begins the list of a row.
    pub(super) fn begin(&mut self, row: usize) {
        self.starts.begin(row, self.count);
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
        self.starts.finish(len, self.count)
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
        let found: Vec<_> = array.as_binary::<i32>().iter().collect();
        assert_eq!(found, [None, Some(&b"a"[..]), None, Some(b""), None]);
        assert_eq!(Texts::default().finish(2).unwrap().null_count(), 2);
    }

    #[test]
    #[should_panic = "two values for one place"]
    fn no_place_gets_two_values() {
        let mut texts = Texts::default();
        texts.put(3, b"a");
        texts.put(3, b"b");
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
