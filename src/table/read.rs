//! Parquet objects → rows.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;

use arrow::array::{ArrayRef, AsArray as _, BooleanArray, RecordBatch, StringArray};
use arrow::error::ArrowError;
use futures::{FutureExt as _, TryStreamExt as _};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ArrowReaderOptions, RowFilter};
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStreamBuilder};
use parquet::bloom_filter::Sbbf;
use parquet::errors::ParquetError;
use parquet::file::metadata::PageIndexPolicy;
use parquet::schema::types::SchemaDescriptor;

use super::columns::{ADDITIONAL_FIELDS, COLUMNS};
use super::object_rows::id_hash;
use super::rebuild::{RebuildError, Rebuilder};

const EVENT_ID: &str = "eventid";

/// Rows decoded at a time: their JSON text is a few megabytes.
pub(super) const BATCH_ROWS: usize = 2_048;

/// Why a Parquet object cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is no Parquet, or its bytes cannot be had.
    #[error("reading Parquet")]
    Parquet(#[from] ParquetError),
    /// A row of it is no record.
    #[error("rebuilding a record")]
    Rebuild(#[from] RebuildError),
    /// Its bytes are damaged in a way that the Parquet reader does not see coming.
    #[error("its bytes are damaged")]
    Damaged,
    /// It is Parquet, but no file of the table.
    #[error("it has no text column `{EVENT_ID}`")]
    NoEventId,
    /// It is Parquet, but no file of the table.
    #[error("it lacks a column that every file of the table has")]
    NoKey,
}

/// The rows whose eventid is among `ids`: each eventid and its record, rebuilt.
///
/// Row groups are passed over by their bloom filters where they have some; then only the
/// eventid column is read, and the other columns for the rows sought.
pub async fn matching_rows<R: AsyncFileReader + Unpin + Send + 'static>(
    reader: R,
    ids: &HashSet<&str>,
) -> Result<Vec<(String, String)>, ReadError> {
    guarded(read_matching_rows(reader, ids)).await
}

/// The xxh3 hash (64 bits) of every eventid that is not NULL.
pub async fn event_ids<R: AsyncFileReader + Unpin + Send + 'static>(
    reader: R,
) -> Result<Vec<u64>, ReadError> {
    guarded(read_event_ids(reader)).await
}

/// Every row as the record it came from, in the order of the file.
pub async fn records<R: AsyncFileReader + Unpin + Send + 'static>(
    reader: R,
) -> Result<Vec<String>, ReadError> {
    guarded(read_records(reader)).await
}

/// The Parquet reader panics on some bytes that no writer makes.
pub(super) async fn guarded<T>(
    reading: impl Future<Output = Result<T, ReadError>>,
) -> Result<T, ReadError> {
    let read = AssertUnwindSafe(reading).catch_unwind().await;
    read.unwrap_or(Err(ReadError::Damaged))
}

async fn read_matching_rows<R: AsyncFileReader + Unpin + Send + 'static>(
    reader: R,
    ids: &HashSet<&str>,
) -> Result<Vec<(String, String)>, ReadError> {
    let mut builder = open(reader).await?;
    let groups = groups_to_search(&mut builder, EVENT_ID, |filter| {
        ids.iter().any(|id| filter.check(id))
    });
    let groups = groups.await?.ok_or(ReadError::NoEventId)?;
    if groups.is_empty() || ids.is_empty() {
        return Ok(Vec::new());
    }
    let wanted: HashSet<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    let predicate = ArrowPredicateFn::new(
        mask(builder.parquet_schema(), |name| name == EVENT_ID),
        move |batch: RecordBatch| {
            let ids = id_column(&batch)
                .map_err(|error| ArrowError::ParquetError(error.to_string()))?
                .iter();
            let is_wanted = ids.map(|id| Some(id.is_some_and(|id| wanted.contains(id))));
            Ok(is_wanted.collect::<BooleanArray>())
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
        for (row, id) in id_column(&batch)?.iter().enumerate() {
            if let Some(id) = id {
                found.push((id.to_owned(), rebuilder.row(row)?));
            }
        }
    }
    Ok(found)
}

async fn read_event_ids<R: AsyncFileReader + Unpin + Send + 'static>(
    reader: R,
) -> Result<Vec<u64>, ReadError> {
    let builder = open(reader).await?;
    let mask = mask(builder.parquet_schema(), |name| name == EVENT_ID);
    let mut stream = builder.with_projection(mask).build()?;
    let mut hashes = Vec::new();
    while let Some(batch) = stream.try_next().await? {
        let ids = id_column(&batch)?.iter().flatten();
        hashes.extend(ids.map(|id| id_hash(id.as_bytes())));
    }
    Ok(hashes)
}

async fn read_records<R: AsyncFileReader + Unpin + Send + 'static>(
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

pub(super) async fn open<R: AsyncFileReader + Unpin + Send + 'static>(
    reader: R,
) -> Result<ParquetRecordBatchStreamBuilder<R>, ParquetError> {
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    ParquetRecordBatchStreamBuilder::new_with_options(reader, options).await
}

/// The row groups that may hold a value that is sought in a column, as far as its bloom filters
/// tell; none if there is no such column.
pub(super) async fn groups_to_search<R: AsyncFileReader + Unpin + Send + 'static>(
    builder: &mut ParquetRecordBatchStreamBuilder<R>,
    column: &str,
    may_pass: impl Fn(&Sbbf) -> bool,
) -> Result<Option<Vec<usize>>, ReadError> {
    let columns = builder.parquet_schema().columns().iter();
    let mut columns = columns.map(|column| column.path().string());
    let Some(column) = columns.position(|path| path == column) else {
        return Ok(None);
    };
    let mut groups = Vec::new();
    for group in 0..builder.metadata().num_row_groups() {
        let filter = builder.get_row_group_column_bloom_filter(group, column);
        let may_hold = match filter.await? {
            // An empty one has no block to look into.
            Some(filter) if filter.num_blocks() > 0 => may_pass(&filter),
            _ => true,
        };
        if may_hold {
            groups.push(group);
        }
    }
    Ok(Some(groups))
}

/// The top-level columns of some names, with all that is in them.
pub(super) fn mask(schema: &SchemaDescriptor, is_wanted: impl Fn(&str) -> bool) -> ProjectionMask {
    let roots = schema.root_schema().get_fields().iter().enumerate();
    let wanted = roots.filter(|(_, field)| is_wanted(field.name()));
    ProjectionMask::roots(schema, wanted.map(|(index, _)| index))
}

pub(super) fn is_of_record(name: &str) -> bool {
    name == ADDITIONAL_FIELDS.0
        || COLUMNS
            .iter()
            .any(|column| column.member.source.eq_ignore_ascii_case(name))
}

fn id_column(batch: &RecordBatch) -> Result<&StringArray, ReadError> {
    let column = batch.column_by_name(EVENT_ID);
    let texts = column.and_then(ArrayRef::as_string_opt::<i32>);
    texts.ok_or(ReadError::NoEventId)
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::sync::Arc;

    use bytes::Bytes;
    use futures::executor::block_on;
    use futures::future::{BoxFuture, ready};
    use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

    use super::*;
    use crate::cloudtrail::{Limits, read_document};
    use crate::table::{EncodeOptions, Objects, RowRef, Schema, encode, shred};

    /// A file in memory.
    struct Whole(Bytes);

    impl AsyncFileReader for Whole {
        fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, ParquetError>> {
            let is_within = range.start <= range.end && range.end <= self.0.len() as u64;
            let bytes = is_within.then(|| self.0.slice(range.start as usize..range.end as usize));
            let bytes = bytes.ok_or(ParquetError::EOF("it ends before".into()));
            Box::pin(ready(bytes))
        }

        fn get_metadata<'a>(
            &'a mut self,
            _: Option<&'a ArrowReaderOptions>,
        ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>, ParquetError>> {
            let metadata = ParquetMetaDataReader::new().parse_and_finish(&self.0);
            Box::pin(ready(metadata.map(Arc::new)))
        }
    }

    fn file(count: usize) -> Bytes {
        let record = |n: usize| {
            format!(
                r#"{{"eventTime":"2024-05-01T12:00:00Z","eventID":"id-{n}","eventName":"n","userIdentity":{{"arn":"a"}},"resources":[{{"ARN":"r"}}],"requestParameters":{{"a":{n}}}}}"#
            )
        };
        let text = (0..count).map(record).collect::<Vec<_>>().join("\n");
        let limits = Limits::of(1 << 20);
        let document = read_document(text.as_bytes(), limits).unwrap();
        let schema = Schema::new(&[]).unwrap();
        let object = shred(&schema, document, "", jiff::Timestamp::MAX, limits).unwrap();
        let objects = Objects::new([Arc::new(object)]);
        let rows: Vec<RowRef> = objects.row_refs().collect();
        encode(&schema, &objects, &rows, &EncodeOptions::default()).unwrap()
    }

    /// How many of the three ways to read give an error.
    fn errors(bytes: Bytes) -> usize {
        let ids = HashSet::from(["id-0"]);
        [
            block_on(records(Whole(bytes.clone()))).is_err(),
            block_on(event_ids(Whole(bytes.clone()))).is_err(),
            block_on(matching_rows(Whole(bytes), &ids)).is_err(),
        ]
        .into_iter()
        .filter(|is_error| *is_error)
        .count()
    }

    #[test]
    fn a_file_with_a_flipped_byte_is_read_or_an_error_and_never_a_panic() {
        for count in [1, 130] {
            let file = file(count);
            let mut found = 0;
            for at in (0..file.len()).step_by(11) {
                let mut bytes = file.to_vec();
                bytes[at] ^= [0x01, 0x80, 0xff, 0x10][at % 4];
                found += errors(bytes.into());
            }
            assert!(found > 0);
        }
    }

    #[test]
    fn a_file_that_is_cut_off_is_an_error() {
        let file = file(1);
        assert_eq!(errors(file.clone()), 0);
        for length in [0, 4, file.len() / 2, file.len() - 1] {
            assert_eq!(errors(file.slice(..length)), 3, "{length}");
        }
    }
}
