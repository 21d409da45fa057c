//! Files of one partition → one sorted file with all of their rows and columns.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::interleave;
use arrow::datatypes::{Field, Schema as ArrowSchema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use rayon::prelude::*;

use super::compression::EncodeOptions;
use super::conform::{conform, union_type};
use super::encode::{EncodeError, FileWriter};
use super::layout::{GROUP_BYTES, GROUP_ROWS};
use super::merge_order::{Place, is_ascending, order};
use super::read::ReadError;
use super::schema::Schema;

/// Bytes of values that are decoded at a time of a file that is read in its order, about.
const DECODED_BYTES: usize = 4 << 20;

/// Why files cannot be merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// One of them cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A column has types that have nothing in common.
    #[error("column `{name}` is {one} in one file and {other} in another")]
    Types {
        /// The column.
        name: String,
        /// Its type in one file.
        one: String,
        /// Its type in another.
        other: String,
    },
    /// The arrays do not come together.
    #[error("merging rows")]
    Arrow(#[from] arrow::error::ArrowError),
    /// The merged file does not come together.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// Merges files of a partition into one: all rows of all, in the order of the table; rows that
/// sort alike stay in the order of the files. A column that some file lacks is null in its rows.
///
/// Files are decoded a few thousand rows at a time, but for one that is in no order.
///
/// Gives the file and the number of its rows.
///
/// # Panics
///
/// If the merged file would not have as many rows as the files together.
pub fn merge(
    schema: &Schema,
    files: &[Bytes],
    options: &EncodeOptions,
) -> Result<(Bytes, u64), MergeError> {
    // The Parquet reader panics on some bytes that no writer makes.
    let merging = AssertUnwindSafe(|| merge_sorted(schema, files, options));
    catch_unwind(merging).unwrap_or(Err(ReadError::Damaged.into()))
}

fn merge_sorted(
    schema: &Schema,
    files: &[Bytes],
    options: &EncodeOptions,
) -> Result<(Bytes, u64), MergeError> {
    let places = order(files)?;
    let arrow_schema = Arc::new(union(schema, files)?);
    let mut inputs = Vec::with_capacity(files.len());
    for (number, file) in files.iter().enumerate() {
        let in_order = is_ascending(&places, number);
        inputs.push(Input::open(file, &arrow_schema, in_order)?);
    }
    let mut writer = FileWriter::new(Arc::clone(&arrow_schema), places.len(), options)?;
    for group in groups(&places, &inputs) {
        writer.write(gather(&arrow_schema, &mut inputs, group)?)?;
    }
    let merged = writer.finish().map_err(EncodeError::from)?;
    Ok((merged, places.len() as u64))
}

/// All columns of all files: those of the table in its order, then others.
fn union(schema: &Schema, files: &[Bytes]) -> Result<ArrowSchema, MergeError> {
    let mut fields: Vec<Field> = Vec::new();
    for file in files {
        let file = open(file)?;
        for field in file.schema().fields() {
            let known = fields.iter_mut().find(|known| known.name() == field.name());
            match known {
                Some(known) if known.data_type() == field.data_type() => {}
                Some(known) => {
                    let both = union_type(known.data_type(), field.data_type());
                    let both = both.ok_or_else(|| MergeError::Types {
                        name: field.name().clone(),
                        one: known.data_type().to_string(),
                        other: field.data_type().to_string(),
                    })?;
                    *known = Field::new(known.name(), both, true);
                }
                None => fields.push(Field::new(field.name(), field.data_type().clone(), true)),
            }
        }
    }
    let columns = schema.columns();
    fields.sort_by_key(|field| {
        let place = columns
            .iter()
            .position(|column| column.name == *field.name());
        place.unwrap_or(columns.len())
    });
    Ok(ArrowSchema::new(fields))
}

fn open(file: &Bytes) -> Result<ParquetRecordBatchReaderBuilder<Bytes>, MergeError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file.clone());
    Ok(builder.map_err(ReadError::from)?)
}

/// Cuts the rows into row groups of about equal length.
fn groups<'p>(places: &'p [Place], inputs: &[Input]) -> Vec<&'p [Place]> {
    let count = places.len().div_ceil(GROUP_ROWS).max(1);
    let longest = places.len().div_ceil(count).max(1);
    let (mut groups, mut rest, mut length, mut bytes) = (Vec::new(), places, 0, 0);
    for place in places {
        bytes += inputs[place.file()].row_bytes;
        length += 1;
        if length == longest || bytes > GROUP_BYTES {
            let (group, after) = rest.split_at(length);
            groups.push(group);
            (rest, length, bytes) = (after, 0, 0);
        }
    }
    if !rest.is_empty() {
        groups.push(rest);
    }
    groups
}

/// The arrays of a row group.
fn gather(
    schema: &SchemaRef,
    inputs: &mut [Input],
    group: &[Place],
) -> Result<Vec<ArrayRef>, MergeError> {
    let mut last: Vec<Option<usize>> = vec![None; inputs.len()];
    for place in group {
        let last = &mut last[place.file()];
        *last = (*last).max(Some(place.row()));
    }
    let mut batches: Vec<RecordBatch> = Vec::new();
    // The number of a file's first batch among them.
    let mut first = vec![0; inputs.len()];
    for (number, input) in inputs.iter_mut().enumerate() {
        if let Some(last) = last[number] {
            input.decode_to(last)?;
            first[number] = batches.len();
            batches.extend(input.decoded.iter().map(|(_, batch)| batch.clone()));
        }
    }
    let indices: Vec<(usize, usize)> = group
        .iter()
        .map(|place| {
            let (batch, row) = inputs[place.file()].find(place.row());
            (first[place.file()] + batch, row)
        })
        .collect();
    let columns = (0..schema.fields().len()).into_par_iter().map(|column| {
        let arrays: Vec<&dyn Array> = batches
            .iter()
            .map(|batch| batch.column(column).as_ref())
            .collect();
        interleave(&arrays, &indices)
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    for (input, last) in inputs.iter_mut().zip(last) {
        if let Some(last) = last {
            input.forget(last);
        }
    }
    Ok(columns)
}

/// A file while it is read.
struct Input {
    reader: ParquetRecordBatchReader,
    schema: SchemaRef,
    /// Bytes of values a row, on average.
    row_bytes: usize,
    /// Whether rows are taken in the order of the file.
    in_order: bool,
    /// Batches with the number of their first row.
    decoded: VecDeque<(usize, RecordBatch)>,
    /// Rows decoded so far.
    rows: usize,
}

impl Input {
    fn open(file: &Bytes, schema: &SchemaRef, in_order: bool) -> Result<Self, MergeError> {
        let builder = open(file)?;
        let metadata = Arc::clone(builder.metadata());
        let sum = |values: &mut dyn Iterator<Item = i64>| {
            usize::try_from(values.sum::<i64>()).unwrap_or_default()
        };
        let groups = metadata.row_groups();
        let rows = sum(&mut groups.iter().map(|group| group.num_rows())).max(1);
        let row_bytes = sum(&mut groups.iter().map(|group| group.total_byte_size())) / rows;
        let at_once = match in_order {
            true => (DECODED_BYTES / row_bytes.max(1)).clamp(1, GROUP_ROWS),
            false => rows,
        };
        let reader = builder.with_batch_size(at_once).build();
        Ok(Self {
            reader: reader.map_err(ReadError::from)?,
            schema: Arc::clone(schema),
            row_bytes,
            in_order,
            decoded: VecDeque::new(),
            rows: 0,
        })
    }

    /// Decodes up to this row.
    fn decode_to(&mut self, row: usize) -> Result<(), MergeError> {
        while self.rows <= row {
            let batch = self.reader.next().ok_or(ReadError::Damaged)??;
            let batch = conform(&batch, &self.schema)?;
            let first = self.rows;
            self.rows += batch.num_rows();
            self.decoded.push_back((first, batch));
        }
        Ok(())
    }

    /// The batch of a decoded row, and its place there.
    fn find(&self, row: usize) -> (usize, usize) {
        let after = self.decoded.partition_point(|(first, _)| *first <= row);
        let batch = after - 1;
        (batch, row - self.decoded[batch].0)
    }

    /// Forgets what is not taken any more after this row.
    fn forget(&mut self, row: usize) {
        while self.in_order
            && let Some((first, batch)) = self.decoded.front()
            && first + batch.num_rows() <= row + 1
        {
            self.decoded.pop_front();
        }
    }
}
