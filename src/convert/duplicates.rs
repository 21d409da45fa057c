//! The rows of a batch by event date, without those that repeat an event.

use super::batch::{BatchObject, Content};
use super::files::{LaneFiles, Lookup};
use super::{ConvertError, Run};
use crate::table::{Objects, RowRef, same_record};
use jiff::civil::Date;
use std::{collections::BTreeMap, sync::Arc};
use xxhash_rust::xxh3::xxh3_64;

/// A batch's rows that stay.
#[derive(Debug, Default)]
pub(crate) struct Distinct {
    /// The objects that the rows are in.
    pub(crate) objects: Objects,
    /// The rows of each event date.
    pub(crate) by_date: BTreeMap<Date, Vec<RowRef>>,
    /// Records left out because an equal one stays.
    pub(crate) duplicates: u64,
}

/// The rows of a batch's objects that repeat neither each other nor a file of a claim lower
/// than `number`; all of them, if duplicates are to be kept.
pub(crate) async fn distinct(
    run: &Run,
    files: &mut LaneFiles,
    number: u64,
    objects: &[BatchObject],
    keep: bool,
) -> Result<Distinct, ConvertError> {
    let of_lane = || {
        objects.iter().filter_map(|object| match &object.content {
            Content::Rows(content) => Some(content),
            Content::Unread(_) => None,
        })
    };
    let all = Objects::new(of_lane().map(|content| Arc::clone(&content.rows)));
    let mut rows = Vec::new();
    for (object, content) in of_lane().enumerate() {
        let indexes = content.row_indexes.iter();
        rows.extend(indexes.map(|&row| all.row_ref(object, row as usize)));
    }
    let distinct = run
        .cpu
        .run(move || distinct_within(all, rows, keep))
        .await?;
    if keep || number == 1 {
        return Ok(distinct);
    }
    drop_converted(run, files, number, distinct).await
}

/// Of rows that are the same event the first stays, unless all are kept.
fn distinct_within(all: Objects, mut rows: Vec<RowRef>, keep: bool) -> Distinct {
    let mut distinct = Distinct::default();
    if !keep {
        let repeated = repeated(&all, &rows);
        distinct.duplicates = repeated.len() as u64;
        let mut repeated = repeated.into_iter().peekable();
        let mut at = 0;
        rows.retain(|_| {
            let drop = repeated.next_if_eq(&at).is_some();
            at += 1;
            !drop
        });
    }
    for row in rows {
        let date = all.row(row).date();
        distinct.by_date.entry(date).or_default().push(row);
    }
    distinct.objects = all;
    distinct
}

/// The positions of rows that repeat an earlier one, ascending.
fn repeated(objects: &Objects, rows: &[RowRef]) -> Vec<usize> {
    // Equal records are of one time: where ids are masked, that spares most comparisons.
    let mut by_id: Vec<(u64, i64, usize)> = rows
        .iter()
        .enumerate()
        .filter_map(|(at, &row)| {
            let row = objects.row(row);
            Some((hash(row.event_id()?), row.millis(), at))
        })
        .collect();
    by_id.sort_unstable();
    let mut repeated = Vec::new();
    for alike in by_id
        .chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
        .filter(|chunk| chunk.len() > 1)
    {
        let mut kept: Vec<RowRef> = Vec::new();
        for &(.., at) in alike {
            let row = rows[at];
            if kept.iter().any(|&other| same_event(objects, other, row)) {
                repeated.push(at);
            } else {
                kept.push(row);
            }
        }
    }
    repeated.sort_unstable();
    repeated
}

fn same_event(objects: &Objects, a: RowRef, b: RowRef) -> bool {
    let (a, b) = (objects.row(a), objects.row(b));
    a.event_id() == b.event_id() && same_record(a.record_text(), b.record_text())
}

/// The hash that look-ups compare first; `table::event_ids` gives the same.
pub(crate) fn hash(event_id: &str) -> u64 {
    xxh3_64(event_id.as_bytes())
}

/// Seconds of the UTC day, from UTC milliseconds.
pub(crate) fn second_of_day(millis: i64) -> u32 {
    (millis.rem_euclid(86_400_000) / 1000) as u32
}

/// The first and last second of the day of some rows.
pub(crate) fn seconds(objects: &Objects, rows: &[RowRef]) -> (u32, u32) {
    let millis = rows.iter().map(|&row| objects.row(row).millis());
    let seconds = millis.map(second_of_day);
    seconds.fold((u32::MAX, 0), |(first, last), second| {
        (first.min(second), last.max(second))
    })
}

/// The hashes of the rows' event ids.
pub(crate) fn id_hashes(objects: &Objects, rows: &[RowRef]) -> Vec<u64> {
    rows.iter()
        .filter_map(|&row| objects.row(row).event_id())
        .map(hash)
        .collect()
}

/// Drops the rows whose event stands in a file of a lower claim than `number`.
///
/// Copies of an event share its time, so they share a partition: only the files of a row's
/// own date are looked at.
async fn drop_converted(
    run: &Run,
    files: &mut LaneFiles,
    number: u64,
    mut distinct: Distinct,
) -> Result<Distinct, ConvertError> {
    for (&date, rows) in &mut distinct.by_date {
        let objects = &distinct.objects;
        let ids: Vec<(u64, &str)> = rows
            .iter()
            .filter_map(|&row| objects.row(row).event_id())
            .map(|id| (hash(id), id))
            .collect();
        if ids.is_empty() {
            continue;
        }
        let lookup = Lookup {
            date,
            below: number,
            seconds: seconds(objects, rows),
            ids,
        };
        let found = files.find(&lookup).await?;
        if found.is_empty() {
            continue;
        }
        let (objects, candidates) = (objects.clone(), std::mem::take(rows));
        let before = candidates.len();
        *rows = run
            .cpu
            .run(move || absent(&objects, candidates, &found))
            .await?;
        distinct.duplicates += (before - rows.len()) as u64;
    }
    distinct.by_date.retain(|_, rows| !rows.is_empty());
    Ok(distinct)
}

/// The rows that equal none of the found records.
fn absent(objects: &Objects, mut rows: Vec<RowRef>, found: &[(String, String)]) -> Vec<RowRef> {
    let mut by_id: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, record) in found {
        by_id.entry(id).or_default().push(record);
    }
    rows.retain(|&row| {
        let row = objects.row(row);
        let known = row.event_id().and_then(|id| by_id.get(id));
        !known.is_some_and(|known| {
            known
                .iter()
                .any(|other| same_record(row.record_text(), other))
        })
    });
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudtrail::{Limits, read_document};
    use crate::table::{Schema, shred};
    use jiff::Timestamp;

    #[test]
    fn of_records_that_share_an_id_only_equal_ones_repeat() {
        let record = |second: u32, name: &str| {
            format!(
                r#"{{"eventTime":"2024-05-01T00:00:{second:02}Z","eventID":"masked","eventName":"{name}"}}"#
            )
        };
        let text = [(1, "a"), (2, "a"), (1, "b"), (1, "a"), (2, "a"), (3, "a")]
            .map(|(second, name)| record(second, name))
            .join("\n");
        let limits = Limits::of(1 << 20);
        let document = read_document(text.as_bytes(), limits).unwrap();
        let schema = Schema::new(&[]).unwrap();
        let object = shred(&schema, document, "", Timestamp::MAX, limits).unwrap();
        let objects = Objects::new([Arc::new(object)]);
        let rows: Vec<RowRef> = objects.row_refs().collect();
        assert_eq!(repeated(&objects, &rows), [3, 4]);
    }
}
