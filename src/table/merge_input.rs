//! A file that is merged, while it is read.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::conform::conform;
use super::merge::MergeError;
use super::read::ReadError;

/// Bytes of values that are decoded at a time of a file that is read in its order, about.
const DECODED_BYTES: usize = 4 << 20;

/// Rows that are decoded ahead of all files together, about: a row takes some kilobytes in arrays of
/// 200 columns.
const ROWS_AHEAD: usize = 8_192;

/// Rows that are decoded ahead of a file at least: with fewer, reading columns costs more than rows.
const LEAST_ROWS_AHEAD: usize = 64;

/// A byte of a file, where rows are weighed.
pub(super) const WEIGHT_OF_BYTE: u64 = 256;

/// A file while it is read.
pub(super) struct Input {
    reader: ParquetRecordBatchReader,
    schema: SchemaRef,
    /// Bytes of values a row, on average.
    pub(super) row_bytes: usize,
    /// The row after each row group, and what a row of it weighs as it is stored.
    weights: Vec<(usize, u64)>,
    /// Whether rows are taken in the order of the file.
    in_order: bool,
    /// Batches with the number of their first row.
    pub(super) decoded: VecDeque<(usize, RecordBatch)>,
    /// Rows decoded so far.
    rows: usize,
}

impl Input {
    /// Opens one of so many files that are read in their order; none for one that is in no order,
    /// which is decoded at once.
    pub(super) fn open(
        file: &Bytes,
        schema: &SchemaRef,
        files: Option<usize>,
    ) -> Result<Self, MergeError> {
        let builder = open(file)?;
        let metadata = Arc::clone(builder.metadata());
        let sum = |values: &mut dyn Iterator<Item = i64>| {
            usize::try_from(values.sum::<i64>()).unwrap_or_default()
        };
        let groups = metadata.row_groups();
        let rows = sum(&mut groups.iter().map(|group| group.num_rows())).max(1);
        let row_bytes = sum(&mut groups.iter().map(|group| group.total_byte_size())) / rows;
        let mut end = 0;
        let weights = groups.iter().map(|group| {
            let rows = usize::try_from(group.num_rows()).unwrap_or_default();
            let bytes = u64::try_from(group.compressed_size()).unwrap_or_default();
            end += rows;
            (
                end,
                bytes.saturating_mul(WEIGHT_OF_BYTE) / rows.max(1) as u64,
            )
        });
        let weights = weights.collect();
        let at_once = match files {
            Some(files) => {
                let ahead = (ROWS_AHEAD / files.max(1)).max(LEAST_ROWS_AHEAD);
                (DECODED_BYTES / row_bytes.max(1)).clamp(1, ahead)
            }
            None => rows,
        };
        let reader = builder.with_batch_size(at_once).build();
        Ok(Self {
            reader: reader.map_err(ReadError::from)?,
            schema: Arc::clone(schema),
            row_bytes,
            weights,
            in_order: files.is_some(),
            decoded: VecDeque::new(),
            rows: 0,
        })
    }

    /// What a row weighs as it is stored.
    pub(super) fn weight(&self, row: usize) -> u64 {
        let group = self.weights.partition_point(|(end, _)| *end <= row);
        self.weights.get(group).map_or(0, |(_, weight)| *weight)
    }

    /// Decodes up to this row.
    pub(super) fn decode_to(&mut self, row: usize) -> Result<(), MergeError> {
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
    pub(super) fn find(&self, row: usize) -> (usize, usize) {
        let after = self.decoded.partition_point(|(first, _)| *first <= row);
        let batch = after - 1;
        (batch, row - self.decoded[batch].0)
    }

    /// Forgets what is not taken any more after this row.
    pub(super) fn forget(&mut self, row: usize) {
        while self.in_order
            && let Some((first, batch)) = self.decoded.front()
            && first + batch.num_rows() <= row + 1
        {
            self.decoded.pop_front();
        }
    }
}

pub(super) fn open(file: &Bytes) -> Result<ParquetRecordBatchReaderBuilder<Bytes>, MergeError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file.clone());
    Ok(builder.map_err(ReadError::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::StringArray;
    use parquet::arrow::ArrowWriter;

    fn rows(input: &Input) -> usize {
        let batches = input.decoded.iter();
        batches.map(|(_, batch)| batch.num_rows()).sum()
    }

    #[test]
    fn the_more_files_are_merged_the_fewer_rows_of_each_are_decoded_ahead() {
        let values = (0..20_000).map(|n| Some(format!("value {n}")));
        let column = Arc::new(values.collect::<StringArray>()) as _;
        let batch = RecordBatch::try_from_iter([("eventid", column)]).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        let file = Bytes::from(writer.into_inner().unwrap());
        for files in [1, 8, 64, 1_000] {
            let ahead = (ROWS_AHEAD / files).max(LEAST_ROWS_AHEAD);
            let mut input = Input::open(&file, &batch.schema(), Some(files)).unwrap();
            for row in [0, 5_000, 5_001, 19_999] {
                input.decode_to(row).unwrap();
                input.forget(row);
                assert!(rows(&input) <= ahead, "{} of {ahead}", rows(&input));
            }
        }
        let mut unsorted = Input::open(&file, &batch.schema(), None).unwrap();
        unsorted.decode_to(0).unwrap();
        unsorted.forget(19_999);
        assert_eq!(rows(&unsorted), 20_000);
    }
}
