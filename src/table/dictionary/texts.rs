//! Texts as numbers of a dictionary.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::error::ArrowError;
use rustc_hash::FxHashMap;

use crate::table::collect::{Present, Texts};
use crate::table::marks::Marks;
use crate::table::objects::narrow;

/// What a text takes in a dictionary page besides itself.
pub(super) const LENGTH_BYTES: usize = 4;

/// Texts of rows on their way into a [`Dictionary`].
#[derive(Debug, Default)]
pub(in crate::table) struct DictionaryBuilder<'t> {
    rows: Present,
    last: u32,
    dictionary: Dictionary<'t>,
    known: FxHashMap<&'t [u8], u32>,
}

/// The different texts of a column, by the order in which they come, and which of them each row has.
#[derive(Debug, Default)]
pub(in crate::table) struct Dictionary<'t> {
    pub(super) texts: Vec<&'t [u8]>,
    /// One a value, without the nulls.
    pub(super) numbers: Vec<u32>,
    /// The bytes of a dictionary page: the different texts, each after its length.
    pub(super) page_bytes: usize,
}

impl<'t> DictionaryBuilder<'t> {
    /// Puts a text at a row after the last one.
    #[inline]
    pub(in crate::table) fn put(&mut self, row: usize, text: &'t [u8]) {
        self.rows.mark(row);
        // Rows are sorted, so most have the text of the row before.
        let last = self.dictionary.texts.get(self.last as usize);
        if last.is_none_or(|last| *last != text) {
            self.last = self.number(text);
        }
        self.dictionary.numbers.push(self.last);
    }

    fn number(&mut self, text: &'t [u8]) -> u32 {
        let dictionary = &mut self.dictionary;
        let next = narrow(dictionary.texts.len());
        let number = *self.known.entry(text).or_insert(next);
        if number == next {
            dictionary.texts.push(text);
            dictionary.page_bytes += LENGTH_BYTES + text.len();
        }
        number
    }

    /// The dictionary, and the rows that have a text.
    pub(in crate::table) fn finish(self) -> (Arc<Dictionary<'t>>, Arc<Marks>) {
        (Arc::new(self.dictionary), Arc::new(self.rows.finish()))
    }
}

impl Dictionary<'_> {
    /// An array of the texts of these rows.
    pub(super) fn array(&self, marks: &Marks, rows: usize) -> Result<ArrayRef, ArrowError> {
        let mut texts = Texts::default();
        let with_text = (0..rows).filter(|row| marks.has(*row));
        for (row, number) in with_text.zip(&self.numbers) {
            texts.put(row, self.texts[*number as usize]);
        }
        texts.finish(rows)
    }
}
