//! Parquet objects → rows as they are stored: the record, where it was, and when it happened.

use std::collections::BTreeSet;

use arrow::array::{Array, ArrayRef, AsArray as _, BooleanArray, RecordBatch, StringArray};
use arrow::datatypes::TimestampMillisecondType;
use futures::TryStreamExt as _;
use parquet::arrow::arrow_reader::{ArrowPredicate, ArrowPredicateFn, RowFilter};
use parquet::arrow::async_reader::AsyncFileReader;

use super::columns::{EVENT_TIMESTAMP, SOURCE_FILE};
use super::read::{BATCH_ROWS, ReadError, groups_to_search, guarded, is_of_record, mask, open};
use super::rebuild::Rebuilder;

/// One row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRow {
    /// The record that it came from, rebuilt.
    pub record: String,
    /// What the column `eventid` says.
    pub event_id: Option<String>,
    /// What the column `eventtime` says.
    pub event_time: Option<String>,
    /// What the column `eventtimestamp` says, in milliseconds since the epoch.
    pub millis: Option<i64>,
    /// What the column `sourcefile` says.
    pub source_file: Option<String>,
}

/// Values that are sought in a text column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needle {
    /// The column.
    pub column: &'static str,
    /// Any of these.
    pub values: BTreeSet<String>,
}

/// Shows every row that has a value of each needle, in the order of the file.
///
/// Row groups are passed over by their bloom filters where they have some; then only the columns
/// sought are read, and the others for the rows found.
pub async fn stored_rows<R: AsyncFileReader + Unpin + Send + 'static>(
    reader: R,
    needles: &[Needle],
    see: impl FnMut(StoredRow),
) -> Result<(), ReadError> {
    guarded(read(reader, needles, see)).await
}

async fn read<R: AsyncFileReader + Unpin + Send + 'static>(
    reader: R,
    needles: &[Needle],
    mut see: impl FnMut(StoredRow),
) -> Result<(), ReadError> {
    let mut builder = open(reader).await?;
    let mut groups: Vec<usize> = (0..builder.metadata().num_row_groups()).collect();
    for needle in needles {
        let may_hold = groups_to_search(&mut builder, needle.column, |filter| {
            needle
                .values
                .iter()
                .any(|value| filter.check(&value.as_str()))
        });
        // A column that is not there is null in all rows.
        let may_hold = may_hold.await?.unwrap_or_default();
        groups.retain(|group| may_hold.contains(group));
    }
    if groups.is_empty() {
        return Ok(());
    }
    let schema = builder.parquet_schema();
    let predicates = needles.iter().map(|needle| {
        let columns = mask(schema, |name| name == needle.column);
        predicate(columns, needle.clone())
    });
    let filter = RowFilter::new(predicates.collect());
    let columns = mask(schema, |name| {
        is_of_record(name) || name == EVENT_TIMESTAMP.0 || name == SOURCE_FILE.0
    });
    let mut stream = builder
        .with_row_groups(groups)
        .with_projection(columns)
        .with_row_filter(filter)
        .with_batch_size(BATCH_ROWS)
        .build()?;
    while let Some(batch) = stream.try_next().await? {
        rows(&batch, &mut see)?;
    }
    Ok(())
}

fn rows(batch: &RecordBatch, see: &mut impl FnMut(StoredRow)) -> Result<(), ReadError> {
    let rebuilder = Rebuilder::new(batch)?;
    let text = |name| batch.column_by_name(name).and_then(ArrayRef::as_string_opt);
    let (ids, times) = (text("eventid"), text("eventtime"));
    let sources = text(SOURCE_FILE.0);
    let millis = batch.column_by_name(EVENT_TIMESTAMP.0);
    let millis = millis.and_then(|column| column.as_primitive_opt::<TimestampMillisecondType>());
    for row in 0..batch.num_rows() {
        see(StoredRow {
            record: rebuilder.row(row)?,
            event_id: value(ids, row),
            event_time: value(times, row),
            millis: millis
                .filter(|column| column.is_valid(row))
                .map(|column| column.value(row)),
            source_file: value(sources, row),
        });
    }
    Ok(())
}

fn value(column: Option<&StringArray>, row: usize) -> Option<String> {
    let column = column.filter(|column| column.is_valid(row))?;
    Some(column.value(row).to_owned())
}

fn predicate(columns: parquet::arrow::ProjectionMask, needle: Needle) -> Box<dyn ArrowPredicate> {
    Box::new(ArrowPredicateFn::new(columns, move |batch: RecordBatch| {
        // A column of another type holds no text.
        let Some(texts) = batch
            .columns()
            .first()
            .and_then(ArrayRef::as_string_opt::<i32>)
        else {
            return Ok(BooleanArray::from(vec![false; batch.num_rows()]));
        };
        let is_wanted = texts
            .iter()
            .map(|text| Some(text.is_some_and(|text| needle.values.contains(text))));
        Ok(is_wanted.collect())
    }))
}
