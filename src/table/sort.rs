//! The order of rows in a file.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::objects::{Objects, RowRef};

/// Rows whose names one task looks at.
const ROWS_AT_ONCE: usize = 1 << 14;

/// Sorts by eventsource, eventname, useridentity_arn and eventtime; then by eventid and position, so
/// that the order does not depend on the order given. What an identity does is alike in most columns.
pub fn sort_rows(objects: &Objects, rows: &mut [RowRef]) {
    let parts: Vec<_> = rows
        .par_chunks(ROWS_AT_ONCE)
        .map(|rows| Part::new(objects, rows))
        .collect();
    // There are fewer names than rows: these are compared, the rows' are not.
    let mut names: Vec<_> = parts.iter().flat_map(|part| &part.names).copied().collect();
    names.sort_unstable();
    names.dedup();
    let mut keyed: Vec<(usize, i64, RowRef)> = Vec::with_capacity(rows.len());
    for part in &parts {
        let rank = |name| names.partition_point(|other| other < name);
        let ranks: Vec<usize> = part.names.iter().map(rank).collect();
        let rows = part.rows.iter();
        keyed.extend(rows.map(|&(number, millis, row)| (ranks[number], millis, row)));
    }
    let id = |at| objects.row(at).event_id();
    keyed.par_sort_unstable_by(|a, b| {
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

/// Some of the rows.
struct Part<'r> {
    /// The different names of these.
    names: Vec<Names<'r>>,
    /// Each with the number of its names and its time.
    rows: Vec<(usize, i64, RowRef)>,
}

impl<'r> Part<'r> {
    fn new(objects: &'r Objects, rows: &[RowRef]) -> Self {
        let mut numbers: FxHashMap<Names<'_>, usize> = FxHashMap::default();
        let mut names = Vec::new();
        let number = |at: &RowRef| {
            let row = objects.row(*at);
            let number = *numbers.entry(row.names()).or_insert_with_key(|new| {
                names.push(*new);
                names.len() - 1
            });
            (number, row.millis(), *at)
        };
        let rows = rows.iter().map(number).collect();
        Self { names, rows }
    }
}
