//! The rows of a batch by event date, without those that repeat an event.

use super::batch::{BatchObject, lane_rows};
use crate::commit::{NewRows, Turn, seconds};
use crate::failure::Failure;
use crate::files::Lookup;
use crate::ledger::{ClaimNumber, RowOptions};
use crate::table::{Objects, RecordHasher, RowRef, same_record};
use jiff::civil::Date;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Up to this many records of one id and time are compared as they are: to hash each of them
/// costs more.
const FEW_ALIKE: usize = 8;

/// A batch's rows that stay.
#[derive(Debug, Default)]
pub(crate) struct Distinct {
    pub(crate) rows: NewRows,
    /// Records left out because an equal one stays.
    pub(crate) duplicates: u64,
    /// Records left out because their partitions were removed.
    pub(crate) expired: u64,
}

/// The rows of a batch's objects that repeat neither each other nor a file of a claim lower
/// than `number`; all of them, if duplicates are to be kept; without those of partitions that were
/// removed. Every partition that is to be written is listed, and must be whole.
pub(crate) async fn distinct(
    turn: &mut Turn<'_>,
    number: ClaimNumber,
    objects: &[BatchObject],
    options: &RowOptions,
    has_receipt: impl Fn(ClaimNumber) -> bool,
) -> Result<Distinct, Failure> {
    let (keep, before) = (options.keep_duplicates, options.expired_before);
    let all = Objects::new(lane_rows(objects).map(|content| Arc::clone(&content.rows)));
    let mut rows = Vec::new();
    for (object, content) in lane_rows(objects).enumerate() {
        let indexes = content.row_indexes.iter();
        rows.extend(indexes.map(|&row| all.row_ref(object, row as usize)));
    }
    let cpu = turn.cpu().clone();
    let mut distinct = cpu.run(move || distinct_within(all, rows, keep)).await?;
    if let Some(before) = before {
        let kept = distinct.rows.by_date.split_off(&before);
        let expired = std::mem::replace(&mut distinct.rows.by_date, kept);
        distinct.expired = expired.values().map(|rows| rows.len() as u64).sum();
    }
    let dates: Vec<Date> = distinct.rows.by_date.keys().copied().collect();
    turn.list(&dates, &has_receipt).await?;
    if !keep {
        drop_converted(turn, number, &mut distinct).await?;
    }
    Ok(distinct)
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
        distinct.rows.by_date.entry(date).or_default().push(row);
    }
    distinct.rows.objects = all;
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
            Some((row.id_hash()?, row.millis(), at))
        })
        .collect();
    by_id.par_sort_unstable();
    let alike = by_id.par_chunk_by(|a, b| (a.0, a.1) == (b.0, b.1));
    let alike = alike.filter(|alike| alike.len() > 1);
    let repeated = alike.flat_map_iter(|alike| repeated_among(objects, rows, alike));
    let mut repeated: Vec<usize> = repeated.collect();
    repeated.sort_unstable();
    repeated
}

/// The positions of rows that repeat an earlier one, among those of one id and time.
fn repeated_among(objects: &Objects, rows: &[RowRef], alike: &[(u64, i64, usize)]) -> Vec<usize> {
    // Thousands of records may share a masked id: only those of one hash are compared.
    let is_masked = alike.len() > FEW_ALIKE;
    let hasher = RecordHasher::default();
    let mut kept: FxHashMap<u64, Vec<RowRef>> = FxHashMap::default();
    let mut repeated = Vec::new();
    for &(.., at) in alike {
        let row = rows[at];
        let hash = match is_masked {
            true => hasher.hash(objects.row(row).record_text()),
            false => 0,
        };
        let kept = kept.entry(hash).or_default();
        if kept.iter().any(|&other| same_event(objects, other, row)) {
            repeated.push(at);
        } else {
            kept.push(row);
        }
    }
    repeated
}

fn same_event(objects: &Objects, a: RowRef, b: RowRef) -> bool {
    let (a, b) = (objects.row(a), objects.row(b));
    a.event_id() == b.event_id()
        && (a.record_text() == b.record_text() || same_record(a.record_text(), b.record_text()))
}

/// Drops the rows whose event stands in a file of a lower claim than `number`.
///
/// Copies of an event share its time, so they share a partition: only the files of a row's
/// own date are looked at.
async fn drop_converted(
    turn: &mut Turn<'_>,
    number: ClaimNumber,
    distinct: &mut Distinct,
) -> Result<(), Failure> {
    let objects = distinct.rows.objects.clone();
    let lookups = distinct.rows.by_date.iter().map(|(&date, rows)| Lookup {
        date,
        below: number,
        seconds: seconds(&objects, rows),
        objects: &objects,
        rows,
    });
    let lookups: Vec<Lookup<'_>> = lookups.collect();
    let found = turn.find(&lookups).await?;
    drop(lookups);
    for (rows, found) in distinct.rows.by_date.values_mut().zip(found) {
        if found.is_empty() {
            continue;
        }
        let (objects, candidates) = (objects.clone(), std::mem::take(rows));
        let before = candidates.len();
        let cpu = turn.cpu().clone();
        *rows = cpu
            .run(move || absent(&objects, candidates, &found))
            .await?;
        distinct.duplicates += (before - rows.len()) as u64;
    }
    distinct.rows.by_date.retain(|_, rows| !rows.is_empty());
    Ok(())
}

/// The rows that equal none of the found records.
fn absent(objects: &Objects, mut rows: Vec<RowRef>, found: &[(String, String)]) -> Vec<RowRef> {
    let hasher = RecordHasher::default();
    let mut known: FxHashMap<&str, FxHashMap<u64, Vec<&str>>> = FxHashMap::default();
    for (id, record) in found {
        let of_id = known.entry(id).or_default();
        let alike = of_id.entry(hasher.hash(record)).or_default();
        alike.push(record);
    }
    rows.retain(|&row| {
        let row = objects.row(row);
        let Some(of_id) = row.event_id().and_then(|id| known.get(id)) else {
            return true;
        };
        let record = row.record_text();
        let alike = of_id.get(&hasher.hash(record)).into_iter().flatten();
        !alike.into_iter().any(|other| same_record(record, other))
    });
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudtrail::{Limits, read_document};
    use crate::table::{Schema, shred};
    use jiff::Timestamp;
    use std::time::{Duration, Instant};

    fn objects_of(records: &[String]) -> Objects {
        let limits = Limits::of(64 << 20);
        let document = read_document(records.join("\n").as_bytes(), limits).unwrap();
        let schema = Schema::new(&[]).unwrap();
        let object = shred(&schema, document, "", Timestamp::MAX, limits).unwrap();
        Objects::new([Arc::new(object)])
    }

    fn record(second: u32, name: &str) -> String {
        format!(
            r#"{{"eventTime":"2024-05-01T00:00:{second:02}Z","eventID":"masked","eventName":"{name}"}}"#
        )
    }

    #[test]
    fn of_records_that_share_an_id_only_equal_ones_repeat() {
        let objects = objects_of(
            &[(1, "a"), (2, "a"), (1, "b"), (1, "a"), (2, "a"), (3, "a")]
                .map(|(second, name)| record(second, name)),
        );
        let rows: Vec<RowRef> = objects.row_refs().collect();
        assert_eq!(repeated(&objects, &rows), [3, 4]);
    }

    #[test]
    fn two_spellings_of_an_event_are_one_in_a_batch_and_against_what_stands() {
        let other = r#"{ "eventName":"\u0061", "eventID":"masked", "errorCode":null, "eventTime":"2024-05-01T00:00:01Z" }"#;
        let objects = objects_of(&[record(1, "a"), other.to_owned()]);
        let rows: Vec<RowRef> = objects.row_refs().collect();
        assert_eq!(repeated(&objects, &rows), [1]);
        let found = [("masked".to_owned(), record(1, "a"))];
        assert_eq!(absent(&objects, rows, &found), []);
    }

    #[test]
    fn of_32_000_records_of_one_masked_id_each_is_compared_with_few() {
        let records: Vec<String> = (0..32_000).map(|n| record(1, &n.to_string())).collect();
        let objects = objects_of(&records);
        let rows: Vec<RowRef> = objects.row_refs().collect();
        let start = Instant::now();
        assert_eq!(repeated(&objects, &rows), [] as [usize; 0]);
        let found = records.into_iter().skip(1);
        let found: Vec<_> = found.map(|record| ("masked".to_owned(), record)).collect();
        assert_eq!(absent(&objects, rows.clone(), &found), [rows[0]]);
        // Each with each, it is minutes.
        assert!(start.elapsed() < Duration::from_secs(20));
    }
}
