//! Several objects, and references to rows of them.

use std::sync::Arc;

use super::object_rows::{ObjectRows, Row};

/// The objects whose rows go into files together. Only this makes a [`RowRef`], and only of
/// a row that is there; one that is used with other objects than its own panics, or names
/// another row.
#[derive(Debug, Clone, Default)]
pub struct Objects(Arc<[Arc<ObjectRows>]>);

/// One row of one of several objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowRef {
    object: u32,
    row: u32,
}

impl RowRef {
    /// The number of its object among the [`Objects`].
    pub(super) fn object(self) -> u32 {
        self.object
    }
}

impl Objects {
    /// These objects, numbered in this order.
    pub fn new(objects: impl IntoIterator<Item = Arc<ObjectRows>>) -> Self {
        Self(objects.into_iter().collect())
    }

    /// The objects.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &ObjectRows> {
        self.0.iter().map(|object| &**object)
    }

    /// Refers to row `row` of object `object`.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn row_ref(&self, object: usize, row: usize) -> RowRef {
        let rows = self.0[object].len();
        assert!(row < rows, "row {row} of an object that has {rows}");
        RowRef {
            object: narrow(object),
            row: narrow(row),
        }
    }

    /// Refers to every row of every object, in order.
    pub fn row_refs(&self) -> impl Iterator<Item = RowRef> {
        let objects = self.0.iter().enumerate();
        objects.flat_map(|(object, rows)| {
            (0..rows.len()).map(move |row| RowRef {
                object: narrow(object),
                row: narrow(row),
            })
        })
    }

    /// A row.
    ///
    /// # Panics
    ///
    /// If the reference is of other objects and there is no such row here.
    #[inline]
    pub fn row(&self, at: RowRef) -> Row<'_> {
        self.0[at.object as usize].row(at.row as usize)
    }
}

/// A number that other limits keep within 32 bits.
pub(super) fn narrow(number: usize) -> u32 {
    let Ok(narrow) = u32::try_from(number) else {
        unreachable!("{number} of what other limits keep within 32 bits");
    };
    narrow
}
