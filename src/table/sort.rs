//! The order of rows in a file.

use rustc_hash::FxHashMap;

use super::objects::{Objects, RowRef};

/// Sorts by eventsource, eventname, useridentity_arn and eventtime; then by eventid and position, so
/// that the order does not depend on the order given. What an identity does is alike in most columns.
pub fn sort_rows(objects: &Objects, rows: &mut [RowRef]) {
    let mut numbers: FxHashMap<Names<'_>, usize> = FxHashMap::default();
    let mut keyed: Vec<(usize, i64, RowRef)> = Vec::with_capacity(rows.len());
    for at in rows.iter() {
        let next = numbers.len();
        let row = objects.row(*at);
        let number = *numbers.entry(row.names()).or_insert(next);
        keyed.push((number, row.millis(), *at));
    }
    // There are fewer names than rows: these are compared, the rows' are not.
    let mut names: Vec<(Names<'_>, usize)> = numbers.into_iter().collect();
    names.sort_unstable();
    let mut ranks = vec![0; names.len()];
    for (rank, (_, number)) in names.into_iter().enumerate() {
        ranks[number] = rank;
    }
    for (number, ..) in &mut keyed {
        *number = ranks[*number];
    }
    let id = |at| objects.row(at).event_id();
    keyed.sort_unstable_by(|a, b| {
        (a.0, a.1)
            .cmp(&(b.0, b.1))
            .then_with(|| id(a.2).cmp(&id(b.2)))
            .then_with(|| a.2.cmp(&b.2))
    });
    for (slot, (_, _, row)) in rows.iter_mut().zip(keyed) {
        *slot = row;
    }
}

/// eventsource, eventname and useridentity_arn; NULL comes first.
type Names<'r> = [Option<&'r [u8]>; 3];
