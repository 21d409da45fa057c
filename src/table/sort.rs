//! The order of rows in a file.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::cells::Rows;

/// One row of one of several objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowRef {
    /// Index of the object.
    pub object: u32,
    /// Index of the row in its object.
    pub row: u32,
}

/// Sorts by eventsource, eventname, eventtime; then by eventid and position, so that the
/// order does not depend on the order given.
pub fn sort_rows(objects: &[Arc<Rows>], rows: &mut [RowRef]) {
    let names: Vec<(&str, &str)> = rows.iter().map(|row| names_of(objects, *row)).collect();
    let mut distinct: Vec<(&str, &str)> = names.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let ranks: FxHashMap<(&str, &str), u32> = distinct.into_iter().zip(0..).collect();
    let mut keyed: Vec<(u32, i64, RowRef)> = rows
        .iter()
        .zip(&names)
        .map(|(row, names)| {
            let rank = ranks.get(names).copied().unwrap_or_default();
            (rank, millis_of(objects, *row), *row)
        })
        .collect();
    keyed.sort_unstable_by(|a, b| {
        (a.0, a.1)
            .cmp(&(b.0, b.1))
            .then_with(|| id_of(objects, a.2).cmp(&id_of(objects, b.2)))
            .then_with(|| a.2.cmp(&b.2))
    });
    for (slot, (_, _, row)) in rows.iter_mut().zip(keyed) {
        *slot = row;
    }
}

fn names_of(objects: &[Arc<Rows>], row: RowRef) -> (&str, &str) {
    let Some(rows) = objects.get(row.object as usize) else {
        return Default::default();
    };
    let (mut source, mut name) = Default::default();
    for cell in rows.cells(row.row as usize) {
        if cell.slot == rows.known.event_source {
            source = rows.text_of(*cell);
        } else if cell.slot == rows.known.event_name {
            name = rows.text_of(*cell);
        }
    }
    (source, name)
}

fn millis_of(objects: &[Arc<Rows>], row: RowRef) -> i64 {
    let rows = objects.get(row.object as usize);
    rows.and_then(|rows| rows.row(row.row as usize))
        .map_or(0, |row| row.millis)
}

fn id_of(objects: &[Arc<Rows>], row: RowRef) -> Option<&str> {
    objects.get(row.object as usize)?.event_id(row.row as usize)
}
