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
    let mut numbers: FxHashMap<Names<'_>, usize> = FxHashMap::default();
    let mut keyed: Vec<(usize, i64, RowRef)> = Vec::with_capacity(rows.len());
    for row in rows.iter() {
        let next = numbers.len();
        let number = *numbers.entry(names_of(objects, *row)).or_insert(next);
        keyed.push((number, millis_of(objects, *row), *row));
    }
    // There are few pairs of names: these are compared, the rows' are not.
    let mut names: Vec<(Names<'_>, usize)> = numbers.into_iter().collect();
    names.sort_unstable();
    let mut ranks = vec![0; names.len()];
    for (rank, (_, number)) in names.into_iter().enumerate() {
        ranks[number] = rank;
    }
    for (number, ..) in &mut keyed {
        *number = ranks[*number];
    }
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

/// eventsource and eventname; NULL comes first.
type Names<'r> = (Option<&'r str>, Option<&'r str>);

fn names_of(objects: &[Arc<Rows>], row: RowRef) -> Names<'_> {
    let (mut source, mut name) = (None, None);
    let Some(rows) = objects.get(row.object as usize) else {
        return (source, name);
    };
    for cell in rows.cells(row.row as usize) {
        if cell.slot == rows.known.event_source {
            source = Some(rows.text_of(*cell));
        } else if cell.slot == rows.known.event_name {
            name = Some(rows.text_of(*cell));
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
