//! The rows that a claim writes.

use crate::files::second_of_day;
use crate::table::{RowRef, Rows};
use jiff::civil::Date;
use std::{collections::BTreeMap, sync::Arc};
use xxhash_rust::xxh3::xxh3_64;

/// The rows that a claim writes, one file an event date.
#[derive(Debug, Default)]
pub(crate) struct NewRows {
    /// The objects that the rows are in.
    pub(crate) objects: Arc<[Arc<Rows>]>,
    /// The rows of each event date; none is empty.
    pub(crate) by_date: BTreeMap<Date, Vec<RowRef>>,
}

impl NewRows {
    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.by_date.values().map(|rows| rows.len() as u64).sum()
    }
}

/// The hash that look-ups of event ids compare first; `table::event_ids` gives the same.
pub(crate) fn hash_of_id(event_id: &str) -> u64 {
    xxh3_64(event_id.as_bytes())
}

/// The hashes of the rows' event ids.
pub(crate) fn id_hashes(objects: &[Arc<Rows>], rows: &[RowRef]) -> Vec<u64> {
    rows.iter()
        .filter_map(|&row| objects[row.object as usize].event_id(row.row as usize))
        .map(hash_of_id)
        .collect()
}

/// The first and last second of the UTC day of some rows.
pub(crate) fn seconds(objects: &[Arc<Rows>], rows: &[RowRef]) -> (u32, u32) {
    let millis = |at: &RowRef| objects[at.object as usize].rows()[at.row as usize].millis;
    let seconds = rows.iter().map(|row| second_of_day(millis(row)));
    seconds.fold((u32::MAX, 0), |(first, last), second| {
        (first.min(second), last.max(second))
    })
}
