//! The rows that a claim writes.

use crate::files::second_of_day;
use crate::table::{Objects, RowRef};
use crate::work::Share;
use bytes::Bytes;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The rows that a claim writes, one file an event date.
#[derive(Debug, Default)]
pub(crate) struct NewRows {
    /// The objects that the rows are in.
    pub(crate) objects: Objects,
    /// The rows of each event date; none is empty.
    pub(crate) by_date: BTreeMap<Date, Vec<RowRef>>,
    /// The memory that they hold, unless the caller has it.
    pub(crate) share: Option<Share>,
}

impl NewRows {
    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.by_date.values().map(|rows| rows.len() as u64).sum()
    }
}

/// Parts with the memory of what is made of some rows, which outlasts them.
pub(super) fn part_of_share(share: &mut Option<Share>, made: &Bytes) -> Option<Share> {
    let share = share.as_mut();
    share.map(|share| share.split(made.len() as u64))
}

/// The hashes of the rows' event ids.
pub(crate) fn id_hashes(objects: &Objects, rows: &[RowRef]) -> Vec<u64> {
    let rows = rows.iter();
    rows.filter_map(|&row| objects.row(row).id_hash()).collect()
}

/// The first and last second of the UTC day of some rows.
pub(crate) fn seconds(objects: &Objects, rows: &[RowRef]) -> (u32, u32) {
    let millis = rows.iter().map(|&row| objects.row(row).millis());
    let seconds = millis.map(second_of_day);
    seconds.fold((u32::MAX, 0), |(first, last), second| {
        (first.min(second), last.max(second))
    })
}
