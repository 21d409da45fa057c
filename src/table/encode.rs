//! Sorted rows → one Parquet object.

use std::sync::Arc;
use std::vec;

use arrow::array::{Array as _, ArrayRef};
use arrow::datatypes::{Field, Schema as ArrowSchema};
use bytes::Bytes;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowLeafColumn, ArrowRowGroupWriterFactory,
    compute_leaves,
};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnDescPtr;
use rayon::prelude::*;

use super::build::{Column, Leaf, Sizes, build, data_type, dictionary_slots};
use super::compression::EncodeOptions;
use super::dictionary::Chunk;
use super::layout::{GROUP_BYTES, GROUP_ROWS, PASSING_PAGES, Pages, properties};
use super::objects::{Objects, RowRef};
use super::parquet_schema::parquet_schema;
use super::row_order::RowOrder;
use super::schema::{ColumnKind, Schema};

/// Columns that one task encodes at least: small files are not worth many tasks.
const COLUMNS_AT_ONCE: usize = 16;

/// Why rows cannot be encoded.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// An array does not come together.
    #[error("building the columns")]
    Arrow(#[from] arrow::error::ArrowError),
    /// The file does not come together.
    #[error("writing Parquet")]
    Parquet(#[from] parquet::errors::ParquetError),
}

/// Encodes sorted rows as one Parquet object, row groups in parallel on rayon's pool.
///
/// # Panics
///
/// If the rows are not those of the objects, or the file would not have as many.
pub fn encode(
    schema: &Schema,
    objects: &Objects,
    rows: &[RowRef],
    options: &EncodeOptions,
) -> Result<Bytes, EncodeError> {
    encode_in(schema, objects, rows, options, PASSING_PAGES)
}

/// The same in other pages.
pub(super) fn encode_in(
    schema: &Schema,
    objects: &Objects,
    rows: &[RowRef],
    options: &EncodeOptions,
    pages: Pages,
) -> Result<Bytes, EncodeError> {
    let (groups, columns, mut writer) = begin(schema, objects, rows, options, pages)?;
    let dictionaries = dictionary_slots(schema, &columns, writer.writer.properties());
    let groups: Vec<Vec<ColumnChunk>> = groups
        .into_par_iter()
        .enumerate()
        .map(|(number, (rows, sizes))| {
            let columns = build(schema, &columns, objects, rows, &sizes, &dictionaries)?;
            writer.chunks(number, columns)
        })
        .collect::<Result<_, _>>()?;
    let bytes: usize = groups.iter().flatten().map(ColumnChunk::len).sum();
    // The footer of all but small files takes less than an eighth.
    writer.writer.inner_mut().reserve_exact(bytes + bytes / 8);
    for chunks in groups {
        writer.append(chunks)?;
    }
    Ok(writer.finish()?)
}

/// Row groups of a file, and how much is in each.
type Groups<'r> = Vec<(&'r [RowRef], Sizes)>;

/// The row groups of a file of these rows, its columns, and the file without any of them.
fn begin<'r>(
    schema: &Schema,
    objects: &Objects,
    rows: &'r [RowRef],
    options: &EncodeOptions,
    pages: Pages,
) -> Result<(Groups<'r>, Vec<usize>, FileWriter), EncodeError> {
    let groups = row_groups(objects, rows).into_par_iter();
    let groups: Groups<'r> = groups
        .map(|rows| (rows, Sizes::of(schema, objects, rows)))
        .collect();
    let columns = columns_with_values(schema, &groups);
    let fields: Vec<Field> = columns.iter().map(|at| field(schema, *at)).collect();
    let fields = Arc::new(ArrowSchema::new(fields));
    let times = rows.iter().map(|at| objects.row(*at).millis()).collect();
    let writer = FileWriter::new(fields, times, RowOrder::Identity, options, pages)?;
    Ok((groups, columns, writer))
}

/// One Parquet object on its way, row group after row group.
pub(super) struct FileWriter {
    writer: SerializedFileWriter<Vec<u8>>,
    factory: ArrowRowGroupWriterFactory,
    expected_rows: usize,
    groups: usize,
    written_rows: i64,
}

impl FileWriter {
    /// An object of rows with these times, in its order.
    pub(super) fn new(
        schema: Arc<ArrowSchema>,
        times: Vec<i64>,
        order: RowOrder,
        options: &EncodeOptions,
        pages: Pages,
    ) -> Result<Self, EncodeError> {
        let parquet_schema = parquet_schema(&schema)?;
        let expected_rows = times.len();
        let properties = properties(&parquet_schema, times, order, options.compression, pages);
        let root = parquet_schema.root_schema_ptr();
        let writer = SerializedFileWriter::new(Vec::new(), root, Arc::new(properties))?;
        Ok(Self {
            factory: ArrowRowGroupWriterFactory::new(&writer, schema),
            writer,
            expected_rows,
            groups: 0,
            written_rows: 0,
        })
    }

    /// Writes the next row group, whose rows come part by part.
    pub(super) fn write<E: From<EncodeError>>(
        &mut self,
        parts: impl Iterator<Item = Result<Vec<ArrayRef>, E>>,
    ) -> Result<(), E> {
        let columns = self.factory.create_column_writers(self.groups);
        let mut columns = columns.map_err(EncodeError::from)?;
        for arrays in parts {
            write_columns(arrays?, &mut columns).map_err(EncodeError::from)?;
        }
        let chunks = close_columns(columns).map_err(EncodeError::from)?;
        Ok(self.append(chunks).map_err(EncodeError::from)?)
    }

    /// The chunks of the next row group whose number is given.
    fn chunks(
        &self,
        number: usize,
        columns: Vec<Column<'_>>,
    ) -> Result<Vec<ColumnChunk>, EncodeError> {
        let writers = self.factory.create_column_writers(number)?;
        let described = self.writer.schema_descr().columns();
        let mut parts = Vec::with_capacity(writers.len());
        for column in columns {
            let mut of_array = column.array.map(|array| leaves_of(&array)).transpose()?;
            for leaf in column.leaves {
                parts.push(match leaf {
                    Leaf::Dictionary(chunk) => Part::Dictionary(chunk),
                    Leaf::Array => Part::Array(next_leaf(&mut of_array)?),
                });
            }
        }
        let properties = self.writer.properties();
        (parts.into_par_iter().zip(writers).zip(described))
            .with_min_len(COLUMNS_AT_ONCE)
            .map(|((part, writer), column)| part.encode(writer, column, properties))
            .collect()
    }

    fn append(&mut self, chunks: Vec<ColumnChunk>) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        for chunk in chunks {
            match chunk {
                ColumnChunk::Arrow(chunk) => chunk.append_to_row_group(&mut group)?,
                ColumnChunk::Dictionary(bytes, close) => group.append_column(&bytes, close)?,
            }
        }
        self.written_rows += group.close()?.num_rows();
        self.groups += 1;
        Ok(())
    }

    /// The object.
    ///
    /// # Panics
    ///
    /// If it does not have as many rows as it was to have.
    pub(super) fn finish(self) -> Result<Bytes, ParquetError> {
        let expected = self.expected_rows as i64;
        assert_eq!(self.written_rows, expected, "rows in are rows out");
        Ok(self.writer.into_inner()?.into())
    }
}

/// An encoded column chunk.
enum ColumnChunk {
    Arrow(ArrowColumnChunk),
    Dictionary(Bytes, ColumnCloseResult),
}

impl ColumnChunk {
    /// Its bytes in the file.
    fn len(&self) -> usize {
        let close = match self {
            Self::Arrow(chunk) => chunk.close(),
            Self::Dictionary(_, close) => close,
        };
        close.bytes_written as usize
    }
}

/// A column chunk that is to be encoded.
enum Part<'o> {
    Array(ArrowLeafColumn),
    Dictionary(Chunk<'o>),
}

impl Part<'_> {
    fn encode(
        self,
        mut writer: ArrowColumnWriter,
        column: &ColumnDescPtr,
        properties: &WriterProperties,
    ) -> Result<ColumnChunk, EncodeError> {
        let leaf = match self {
            Part::Array(leaf) => leaf,
            Part::Dictionary(chunk) => {
                if let Some((bytes, close)) = chunk.encode(column, properties)? {
                    return Ok(ColumnChunk::Dictionary(bytes, close));
                }
                next_leaf(&mut Some(leaves_of(&chunk.array()?)?))?
            }
        };
        writer.write(&leaf)?;
        Ok(ColumnChunk::Arrow(close_column(writer)?))
    }
}

fn leaves_of(array: &ArrayRef) -> Result<vec::IntoIter<ArrowLeafColumn>, ParquetError> {
    let field = Field::new("column", array.data_type().clone(), true);
    Ok(compute_leaves(&field, array)?.into_iter())
}

fn next_leaf(
    leaves: &mut Option<vec::IntoIter<ArrowLeafColumn>>,
) -> Result<ArrowLeafColumn, ParquetError> {
    let leaf = leaves.as_mut().and_then(Iterator::next);
    leaf.ok_or_else(|| ParquetError::General("a column has fewer leaves than it should".into()))
}

/// The columns of some sorted rows as arrays, one row group after another, as [`encode`] has
/// them before they become Parquet: those without a value too, in the order of the schema.
///
/// # Panics
///
/// If the rows are not those of the objects.
pub fn arrays(
    schema: &Schema,
    objects: &Objects,
    rows: &[RowRef],
) -> Result<Vec<Vec<ArrayRef>>, EncodeError> {
    let columns: Vec<usize> = (0..schema.columns().len()).collect();
    let no_dictionaries = vec![false; schema.slots.kinds.len()];
    let groups = row_groups(objects, rows).into_iter();
    let build = |rows| {
        let sizes = Sizes::of(schema, objects, rows);
        let columns = build(schema, &columns, objects, rows, &sizes, &no_dictionaries)?;
        Ok(columns
            .into_iter()
            .filter_map(|column| column.array)
            .collect())
    };
    groups.map(build).collect()
}

/// The columns that the file has: the documented ones, and those with a value in some row.
fn columns_with_values(schema: &Schema, groups: &Groups<'_>) -> Vec<usize> {
    let has_value = |slot| groups.iter().any(|(_, sizes)| sizes.has(slot));
    let columns = schema.columns().iter().zip(&schema.recipes).enumerate();
    columns
        .filter(|(_, (column, recipe))| {
            column.kind == ColumnKind::Documented || recipe.witness().is_none_or(has_value)
        })
        .map(|(index, _)| index)
        .collect()
}

fn field(schema: &Schema, column: usize) -> Field {
    let ty = data_type(&schema.recipes[column]);
    Field::new(&schema.columns()[column].name, ty, true)
}

/// Cuts rows into row groups of about equal length, each of one row at least.
fn row_groups<'r>(objects: &Objects, rows: &'r [RowRef]) -> Vec<&'r [RowRef]> {
    let count = rows.len().div_ceil(GROUP_ROWS).max(1);
    let longest = rows.len().div_ceil(count).max(1);
    let mut groups = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, row) in rows.iter().enumerate() {
        let size = objects.row(*row).record_len();
        if at > start && (at - start == longest || bytes + size > GROUP_BYTES) {
            groups.push(&rows[start..at]);
            (start, bytes) = (at, 0);
        }
        bytes += size;
    }
    if start < rows.len() {
        groups.push(&rows[start..]);
    }
    groups
}

/// Encodes each leaf column by itself, on whatever threads are free.
fn write_columns(
    arrays: Vec<ArrayRef>,
    columns: &mut [ArrowColumnWriter],
) -> Result<(), ParquetError> {
    let mut leaves = Vec::with_capacity(columns.len());
    for array in &arrays {
        leaves.extend(leaves_of(array)?);
    }
    drop(arrays);
    (leaves.into_par_iter().zip(columns))
        .with_min_len(COLUMNS_AT_ONCE)
        .try_for_each(|(leaf, column)| column.write(&leaf))
}

/// What the columns of a row group have become.
fn close_columns(columns: Vec<ArrowColumnWriter>) -> Result<Vec<ColumnChunk>, ParquetError> {
    (columns.into_par_iter())
        .with_min_len(COLUMNS_AT_ONCE)
        .map(|column| Ok(ColumnChunk::Arrow(close_column(column)?)))
        .collect()
}

fn close_column(column: ArrowColumnWriter) -> Result<ArrowColumnChunk, ParquetError> {
    let mut chunk = column.close()?;
    trim(&mut chunk)?;
    Ok(chunk)
}

/// Drops from the footer what 200 columns make kilobytes of: sizes for a reader's memory
/// planning, and the encodings of pages where there is one only (else they tell whether a
/// dictionary is complete).
fn trim(chunk: &mut ArrowColumnChunk) -> Result<(), ParquetError> {
    let close = chunk.close_mut();
    let plain = close.metadata.dictionary_page_offset().is_none();
    let mut metadata = close
        .metadata
        .clone()
        .into_builder()
        .set_unencoded_byte_array_data_bytes(None)
        .set_repetition_level_histogram(None)
        .set_definition_level_histogram(None);
    if plain {
        metadata = metadata.clear_page_encoding_stats();
    }
    close.metadata = metadata.build()?;
    Ok(())
}

#[cfg(test)]
mod tests;
