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
    planes: Vec<Arc<Marks>>,
    rows: usize,
}

impl Levels {
    /// Of values in these structs.
    pub(in crate::table) fn new(structs: &[Arc<Marks>], values: Arc<Marks>, rows: usize) -> Self {
        let planes = structs.iter().cloned().chain([values]).collect();
        Self { planes, rows }
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The level of a row that has a value.
    pub(super) fn greatest(&self) -> usize {
        self.planes.len()
    }

    /// Calls `put` with each level of some rows and how many rows in succession have it.
    pub(super) fn runs(&self, rows: Range<usize>, mut put: impl FnMut(usize, usize)) {
        let mut at = rows.start;
        while at < rows.end {
            let (mut level, mut end) = (0, rows.end);
            for plane in &self.planes {
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

    /// An array of values of some of the rows, in the structs that they are in.
    pub(super) fn nest(&self, values: ArrayRef) -> Result<ArrayRef, ArrowError> {
        let mut structs = self.planes[..self.planes.len() - 1].iter().rev();
        structs.try_fold(values, |values, marks| {
            let field = Field::new("value", values.data_type().clone(), true);
            let (fields, nulls) = (Fields::from(vec![field]), marks.nulls(self.rows));
            Ok(Arc::new(StructArray::try_new(fields, vec![values], nulls)?) as ArrayRef)
        })
    }
}
