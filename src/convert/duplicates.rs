//! The rows of a batch by event date, without those that repeat an event.

use super::batch::{BatchObject, lane_rows};
use crate::commit::{NewRows, Turn, hash_of_id, seconds};
use crate::failure::Failure;
use crate::files::Lookup;
use crate::ledger::ClaimNumber;
use crate::table::{RowRef, Rows, same_record};
use std::{collections::BTreeMap, sync::Arc};

/// A batch's rows that stay.
#[derive(Debug, Default)]
pub(crate) struct Distinct {
    pub(crate) rows: NewRows,
    /// Records left out because an equal one stays.
    pub(crate) duplicates: u64,
}

/// The rows of a batch's objects that repeat neither each other nor a file of a claim lower
/// than `number`; all of them, if duplicates are to be kept. Every partition that is to be
/// written is listed, and must be whole.
pub(crate) async fn distinct(
    turn: &mut Turn<'_>,
    number: ClaimNumber,
    objects: &[BatchObject],
    keep: bool,
    has_receipt: impl Fn(ClaimNumber) -> bool,
) -> Result<Distinct, Failure> {
    let mut all = Vec::new();
    let mut rows = Vec::new();
    for content in lane_rows(objects) {
        let object = all.len() as u32;
        all.push(Arc::clone(&content.rows));
        let of_object = content.row_indexes.iter();
        rows.extend(of_object.map(|&row| RowRef { object, row }));
    }
    let cpu = turn.cpu().clone();
    let mut distinct = cpu.run(move || distinct_within(all, rows, keep)).await?;
    for &date in distinct.rows.by_date.keys() {
        turn.list(date, &has_receipt).await?;
    }
    if !keep {
        drop_converted(turn, number, &mut distinct).await?;
    }
    Ok(distinct)
}

/// Of rows that are the same event the first stays, unless all are kept.
fn distinct_within(all: Vec<Arc<Rows>>, mut rows: Vec<RowRef>, keep: bool) -> Distinct {
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
        let date = all[row.object as usize].rows()[row.row as usize].date;
        distinct.rows.by_date.entry(date).or_default().push(row);
    }
    distinct.rows.objects = all.into();
    distinct
}

/// The positions of rows that repeat an earlier one, ascending.
fn repeated(objects: &[Arc<Rows>], rows: &[RowRef]) -> Vec<usize> {
    // Equal records are of one time: where ids are masked, that spares most comparisons.
    let mut by_id: Vec<(u64, i64, usize)> = rows
        .iter()
        .enumerate()
        .filter_map(|(at, &row)| {
            let millis = objects[row.object as usize].row(row.row as usize)?.millis;
            Some((hash_of_id(event_id(objects, row)?), millis, at))
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

fn event_id(objects: &[Arc<Rows>], row: RowRef) -> Option<&str> {
    objects[row.object as usize].event_id(row.row as usize)
}

fn record(objects: &[Arc<Rows>], row: RowRef) -> &str {
    objects[row.object as usize].record_text(row.row as usize)
}

fn same_event(objects: &[Arc<Rows>], a: RowRef, b: RowRef) -> bool {
    event_id(objects, a) == event_id(objects, b)
        && (record(objects, a) == record(objects, b)
            || same_record(record(objects, a), record(objects, b)))
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
    for (&date, rows) in &mut distinct.rows.by_date {
        let objects = &distinct.rows.objects;
        let ids: Vec<(u64, &str)> = rows
            .iter()
            .filter_map(|&row| event_id(objects, row))
            .map(|id| (hash_of_id(id), id))
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
        let found = turn.find(&lookup).await?;
        if found.is_empty() {
            continue;
        }
        let (objects, candidates) = (Arc::clone(objects), std::mem::take(rows));
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
fn absent(objects: &[Arc<Rows>], mut rows: Vec<RowRef>, found: &[(String, String)]) -> Vec<RowRef> {
    let mut by_id: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, record) in found {
        by_id.entry(id).or_default().push(record);
    }
    rows.retain(|&row| {
        let known = event_id(objects, row).and_then(|id| by_id.get(id));
        !known.is_some_and(|known| {
            known
                .iter()
                .any(|other| same_record(record(objects, row), other))
        })
    });
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudtrail::read_document;
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
        let document = read_document(text.as_bytes(), 1 << 20).unwrap();
        let schema = Schema::new(&[]).unwrap();
        let objects = [Arc::new(
            shred(&schema, document, "", Timestamp::MAX).unwrap(),
        )];
        let rows: Vec<RowRef> = (0..6).map(|row| RowRef { object: 0, row }).collect();
        assert_eq!(repeated(&objects, &rows), [3, 4]);
    }
}
