//! Definition levels of a column that is in no list.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, StructArray};
use arrow::datatypes::{Field, Fields};
use arrow::error::ArrowError;

use crate::table::marks::Marks;

/// Which rows have each of the structs around a value, from the outermost in, and which have the value.
#[derive(Debug, Clone)]
pub(in crate::table) struct Levels {
    structs: Vec<Arc<Marks>>,
    values: Arc<Marks>,
    rows: usize,
}

impl Levels {
    /// Of values in these structs.
    pub(in crate::table) fn new(structs: &[Arc<Marks>], values: Arc<Marks>, rows: usize) -> Self {
        Self {
            structs: structs.to_vec(),
            values,
            rows,
        }
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The rows that have a value.
    pub(super) fn values(&self) -> &Marks {
        &self.values
    }

    /// The level of a row that has a value.
    pub(super) fn greatest(&self) -> usize {
        self.structs.len() + 1
    }

    /// Calls `put` with each level of some rows and how many rows in succession have it.
    pub(super) fn runs(&self, rows: Range<usize>, mut put: impl FnMut(usize, usize)) {
        let mut at = rows.start;
        while at < rows.end {
            let (mut level, mut end) = (0, rows.end);
            for plane in self.structs.iter().chain([&self.values]) {
                let is_marked = plane.has(at);
                end = plane.next_change(at, end);
                if !is_marked {
                    break;
                }
                level += 1;
            }
            put(level, end - at);
            at = end;
        }
    }

    /// An array of the rows' values in the structs that they are in.
    pub(super) fn nest(&self, values: ArrayRef) -> Result<ArrayRef, ArrowError> {
        let mut structs = self.structs.iter().rev();
        structs.try_fold(values, |values, marks| {
            let field = Field::new("value", values.data_type().clone(), true);
            let (fields, nulls) = (Fields::from(vec![field]), marks.nulls(self.rows));
            Ok(Arc::new(StructArray::try_new(fields, vec![values], nulls)?) as ArrayRef)
        })
    }
}
