//! Files of one partition → sorted files with all of their rows and columns.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::interleave;
use arrow::datatypes::{Field, Schema as ArrowSchema, SchemaRef};
use bytes::Bytes;
use rayon::prelude::*;

use super::compression::EncodeOptions;
use super::conform::union_type;
use super::encode::{EncodeError, FileWriter};
use super::layout::{GROUP_BYTES, GROUP_ROWS, LASTING_PAGES};
use super::merge_input::{Input, WEIGHT_OF_BYTE, open};
use super::merge_order::{Place, is_ascending, places};
use super::read::ReadError;
use super::row_order::RowOrder;
use super::schema::Schema;

/// Rows that are in arrays on their way into a file: a whole number of its pages.
const ROWS_AT_ONCE: usize = 4_000;

/// How merged rows are cut into files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// Into as few as there can be of about so many bytes at most, and about equal ones.
    Bytes(u64),
    /// Into files of these numbers of rows.
    Rows(Vec<u64>),
}

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
    /// They do not have as many rows as the files that they are to become.
    #[error("its files have {found} rows instead of {claimed}")]
    Rows {
        /// Rows of the files.
        found: u64,
        /// Rows of what they are to become.
        claimed: u64,
    },
    /// The arrays do not come together.
    #[error("merging rows")]
    Arrow(#[from] arrow::error::ArrowError),
    /// The merged file does not come together.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// Merges files of a partition: all rows of all, in this order; rows that sort alike
/// stay in the order of the files. A column that some file lacks is null in its rows. Where the
/// rows are cut into several files, those of each come after those of the one before.
///
/// Files are decoded some hundred rows at a time, but for one that is in no order.
///
/// Gives the files, each with the number of its rows. Which rows a file has follows from the files
/// and the numbers of rows alone: a claim relies on it.
///
/// # Panics
///
/// If a merged file would not have as many rows as it is to have.
pub fn merge(
    schema: &Schema,
    files: &[Bytes],
    order: RowOrder,
    cut: &Cut,
    options: &EncodeOptions,
) -> Result<Vec<(Bytes, u64)>, MergeError> {
    // The Parquet reader panics on some bytes that no writer makes.
    let merging = AssertUnwindSafe(|| merge_sorted(schema, files, order, cut, options));
    catch_unwind(merging).unwrap_or(Err(ReadError::Damaged.into()))
}

fn merge_sorted(
    schema: &Schema,
    files: &[Bytes],
    order: RowOrder,
    cut: &Cut,
    options: &EncodeOptions,
) -> Result<Vec<(Bytes, u64)>, MergeError> {
    let places = places(files, order)?;
    let arrow_schema = Arc::new(union(schema, files)?);
    let mut inputs = Vec::with_capacity(files.len());
    for (number, file) in files.iter().enumerate() {
        let in_order = is_ascending(&places, number).then_some(files.len());
        inputs.push(Input::open(file, &arrow_schema, in_order)?);
    }
    let mut merged = Vec::new();
    let mut rest = &places[..];
    for rows in cut_rows(&places, &inputs, cut)? {
        let (part, after) = rest.split_at(rows);
        rest = after;
        let times = part.iter().map(|place| place.time()).collect();
        let schema = Arc::clone(&arrow_schema);
        let mut writer = FileWriter::new(schema, times, order, options, LASTING_PAGES)?;
        for group in groups(part, &inputs) {
            let parts = group.chunks(ROWS_AT_ONCE);
            writer.write(parts.map(|rows| gather(&arrow_schema, &mut inputs, rows)))?;
        }
        let file = writer.finish().map_err(EncodeError::from)?;
        merged.push((file, rows as u64));
    }
    Ok(merged)
}

/// The rows of each file.
fn cut_rows(places: &[Place], inputs: &[Input], cut: &Cut) -> Result<Vec<usize>, MergeError> {
    let largest = match cut {
        Cut::Bytes(largest) => *largest,
        Cut::Rows(rows) => {
            let (found, claimed) = (places.len() as u64, rows.iter().sum());
            return match found == claimed {
                true => Ok(rows.iter().map(|rows| *rows as usize).collect()),
                false => Err(MergeError::Rows { found, claimed }),
            };
        }
    };
    let weights = places
        .iter()
        .map(|place| inputs[place.file()].weight(place.row()));
    let all: u64 = weights.clone().sum();
    let count = (all / WEIGHT_OF_BYTE).div_ceil(largest.max(1)).max(1);
    let (mut cuts, mut before) = (vec![0; 1], 0);
    for (row, weight) in weights.enumerate() {
        // The row belongs to the file that its middle lies in.
        let middle = u128::from(before + weight / 2);
        let file = middle * u128::from(count) / u128::from(all.max(1));
        while (cuts.len() as u128) <= file {
            cuts.push(row);
        }
        before += weight;
    }
    let last = places.len();
    let ends = cuts[1..].iter().chain([&last]);
    let rows = cuts.iter().zip(ends).map(|(start, end)| end - start);
    // A row may weigh more than a file.
    let rows: Vec<usize> = rows.filter(|rows| *rows > 0).collect();
    match rows.is_empty() {
        true => Ok(vec![0]),
        false => Ok(rows),
    }
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

/// The arrays of some rows that follow each other.
fn gather(
    schema: &SchemaRef,
    inputs: &mut [Input],
    rows: &[Place],
) -> Result<Vec<ArrayRef>, MergeError> {
    let mut last: Vec<Option<usize>> = vec![None; inputs.len()];
    for place in rows {
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
    let indices: Vec<(usize, usize)> = rows
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
