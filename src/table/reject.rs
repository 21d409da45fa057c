//! A record that became no row.

use crate::lane::Lane;

use super::object_rows::ObjectRows;
use super::reject_reason::{RejectEntry, RejectReason};

/// One record that became no row.
#[derive(Debug, Clone, Copy)]
pub struct Reject<'o> {
    object: &'o ObjectRows,
    entry: &'o RejectEntry,
}

impl<'o> Reject<'o> {
    /// The record's position in its object, from 0.
    pub fn index(self) -> u64 {
        u64::from(self.entry.index)
    }

    /// Why it is no row.
    pub fn reason(self) -> RejectReason {
        self.entry.reason
    }

    /// The record as delivered. It is UTF-8 unless the reason says otherwise.
    pub fn bytes(self) -> &'o [u8] {
        let record = self.entry.record;
        let damaged = self.object.damaged.delivered(record);
        damaged.unwrap_or(record.of(&self.object.text).as_bytes())
    }

    /// The lane that the record names.
    pub fn lane(self) -> Lane {
        let (first, count) = self.entry.cells;
        let cells = (first, first + u32::from(count));
        self.object.lane_among(self.object.cells_between(cells))
    }
}

impl ObjectRows {
    /// A reject, counted in the order of the object.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    pub fn reject(&self, index: usize) -> Reject<'_> {
        Reject {
            object: self,
            entry: &self.rejects[index],
        }
    }

    /// The records that became no row, in the order of the object.
    pub fn rejects(&self) -> impl ExactSizeIterator<Item = Reject<'_>> {
        let entries = self.rejects.iter();
        entries.map(|entry| Reject {
            object: self,
            entry,
        })
    }
}
