//! Parquet objects → rows.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, BooleanArray, RecordBatch};
use futures::TryStreamExt as _;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ArrowReaderOptions, RowFilter};
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStreamBuilder};
use parquet::errors::ParquetError;
use parquet::file::metadata::PageIndexPolicy;
use parquet::schema::types::SchemaDescriptor;
use xxhash_rust::xxh3::xxh3_64;

use super::columns::{ADDITIONAL_FIELDS, COLUMNS};
use super::rebuild::{RebuildError, Rebuilder};

const EVENT_ID: &str = "eventid";

/// Rows decoded at a time: their JSON text is a few megabytes.
const BATCH_ROWS: usize = 2_048;

/// Why a Parquet object cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is no Parquet, or its bytes cannot be had.
    #[error("reading Parquet")]
    Parquet(#[from] ParquetError),
    /// A row of it is no record.
    #[error("rebuilding a record")]
    Rebuild(#[from] RebuildError),
}

/// The rows whose eventid is among `ids`: each eventid and its record, rebuilt.
///
/// Row groups are passed over by their bloom filters where they have some; then only the
/// eventid column is read, and the other columns for the rows sought.
pub async fn matching_rows<R: AsyncFileReader + Unpin + Send + 'static>(
    reader: R,
    ids: &HashSet<&str>,
) -> Result<Vec<(String, String)>, ReadError> {
    let mut builder = open(reader).await?;
    let groups = groups_to_search(&mut builder, ids).await?;
    if groups.is_empty() || ids.is_empty() {
        return Ok(Vec::new());
    }
    let wanted: HashSet<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    let predicate = ArrowPredicateFn::new(
        mask(builder.parquet_schema(), |name| name == EVENT_ID),
        move |batch: RecordBatch| {
            Ok((0..batch.num_rows())
                .map(|row| {
                    let id = batch.columns().first().and_then(|ids| text(ids, row));
                    Some(id.is_some_and(|id| wanted.contains(id)))
                })
                .collect::<BooleanArray>())
        },
    );
    let mask = mask(builder.parquet_schema(), is_of_record);
    let mut stream = builder
        .with_row_groups(groups)
        .with_projection(mask)
        .with_row_filter(RowFilter::new(vec![Box::new(predicate)]))
        .with_batch_size(BATCH_ROWS)
        .build()?;
    let mut found = Vec::new();
    while let Some(batch) = stream.try_next().await? {
        let rebuilder = Rebuilder::new(&batch)?;
        let ids = batch.column_by_name(EVENT_ID);
        for row in 0..batch.num_rows() {
            if let Some(id) = ids.and_then(|ids| text(ids, row)) {
                found.push((id.to_owned(), rebuilder.row(row)?));
            }
        }
    }
    Ok(found)
}

/// The xxh3 hash (64 bits) of every eventid that is not NULL.
pub async fn event_ids<R: AsyncFileReader + Unpin + Send + 'static>(
    reader: R,
) -> Result<Vec<u64>, ReadError> {
    let builder = open(reader).await?;
    let mask = mask(builder.parquet_schema(), |name| name == EVENT_ID);
    let mut stream = builder.with_projection(mask).build()?;
    let mut hashes = Vec::new();
    while let Some(batch) = stream.try_next().await? {
        for ids in batch.columns() {
            let ids = (0..ids.len()).filter_map(|row| text(ids, row));
            hashes.extend(ids.map(|id| xxh3_64(id.as_bytes())));
        }
    }
    Ok(hashes)
}

/// Every row as the record it came from, in the order of the file.
pub async fn records<R: AsyncFileReader + Unpin + Send + 'static>(
    reader: R,
) -> Result<Vec<String>, ReadError> {
    let builder = open(reader).await?;
    let mask = mask(builder.parquet_schema(), is_of_record);
    let mut stream = builder
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .build()?;
    let mut records = Vec::new();
    while let Some(batch) = stream.try_next().await? {
        let rebuilder = Rebuilder::new(&batch)?;
        for row in 0..batch.num_rows() {
            records.push(rebuilder.row(row)?);
        }
    }
    Ok(records)
}

async fn open<R: AsyncFileReader + Unpin + Send + 'static>(
    reader: R,
) -> Result<ParquetRecordBatchStreamBuilder<R>, ParquetError> {
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    ParquetRecordBatchStreamBuilder::new_with_options(reader, options).await
}

/// The row groups that may hold one of `ids`.
async fn groups_to_search<R: AsyncFileReader + Unpin + Send + 'static>(
    builder: &mut ParquetRecordBatchStreamBuilder<R>,
    ids: &HashSet<&str>,
) -> Result<Vec<usize>, ParquetError> {
    let columns = builder.parquet_schema().columns().iter();
    let mut columns = columns.map(|column| column.path().string());
    let Some(column) = columns.position(|path| path == EVENT_ID) else {
        return Ok(Vec::new());
    };
    let mut groups = Vec::new();
    for group in 0..builder.metadata().num_row_groups() {
        let filter = builder.get_row_group_column_bloom_filter(group, column);
        let may_hold = match filter.await? {
            // An empty one has no block to look into.
            Some(filter) if filter.num_blocks() > 0 => ids.iter().any(|id| filter.check(id)),
            _ => true,
        };
        if may_hold {
            groups.push(group);
        }
    }
    Ok(groups)
}

/// The top-level columns of some names, with all that is in them.
fn mask(schema: &SchemaDescriptor, is_wanted: impl Fn(&str) -> bool) -> ProjectionMask {
    let roots = schema.root_schema().get_fields().iter().enumerate();
    let wanted = roots.filter(|(_, field)| is_wanted(field.name()));
    ProjectionMask::roots(schema, wanted.map(|(index, _)| index))
}

fn is_of_record(name: &str) -> bool {
    name == ADDITIONAL_FIELDS.0
        || COLUMNS
            .iter()
            .any(|column| column.member.source.eq_ignore_ascii_case(name))
}

fn text(texts: &Arc<dyn arrow::array::Array>, row: usize) -> Option<&str> {
    let texts = ArrayRef::as_string_opt::<i32>(texts)?;
    (row < texts.len() && texts.is_valid(row)).then(|| texts.value(row))
}
