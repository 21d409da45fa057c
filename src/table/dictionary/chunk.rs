//! A dictionary and the rows' levels → one column chunk.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::error::ArrowError;
use bytes::Bytes;
use parquet::basic::{Encoding, EncodingMask, PageType};
use parquet::bloom_filter::Sbbf;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::Result;
use parquet::file::metadata::{ColumnChunkMetaData, LevelHistogram, PageEncodingStats};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::{ColumnDescPtr, ColumnPath};

use super::levels::Levels;
use super::pages::{PageFacts, PageIndex, Pages};
use super::rle::{Rle, width};
use super::statistics::{extremes, of_chunk};
use super::texts::{Dictionary, LENGTH_BYTES};

/// Whether the chunks of a column can be written from a dictionary.
pub(in crate::table) fn is_possible(properties: &WriterProperties, column: &ColumnPath) -> bool {
    properties.dictionary_enabled(column) && Pages::know(properties.compression(column))
}

/// A column chunk that is to be written.
#[derive(Debug)]
pub(in crate::table) struct Chunk<'t> {
    pub(in crate::table) dictionary: Arc<Dictionary<'t>>,
    pub(in crate::table) levels: Levels,
}

impl<'t> Chunk<'t> {
    /// The bytes and what the footer says of them; none if texts come to stand outside of the
    /// dictionary, or in pages of another length, since they are too long for it.
    pub(in crate::table) fn encode(
        &self,
        column: &ColumnDescPtr,
        properties: &WriterProperties,
    ) -> Result<Option<(Bytes, ColumnCloseResult)>> {
        let path = column.path();
        let page_limit = properties.column_data_page_row_count_limit(path);
        let batch_rows = self.batch_rows(properties, page_limit);
        let page_rows = page_limit.next_multiple_of(batch_rows);
        let limit = properties.column_dictionary_page_size_limit(path);
        if !self.fits(page_rows, batch_rows, limit) {
            return Ok(None);
        }
        let codec = properties.compression(path);
        let mut pages = Pages::new(codec);
        let statistics = properties.statistics_enabled(path);
        let of_pages = statistics == EnabledStatistics::Page;
        let has_offsets = !properties.offset_index_disabled();
        let length = properties.column_index_truncate_length();
        let mut index = PageIndex::new(of_pages, length, has_offsets);
        let texts = &self.dictionary.texts;
        let first = pages.write_dictionary(texts, self.dictionary.page_bytes)?;
        let (rows, mut at, mut known) = (self.levels.rows(), 0, 0);
        let (mut start, mut count) = (0, 0);
        while start < rows {
            let end = rows.min(start + page_rows);
            let mut levels = match of_pages {
                true => LevelHistogram::try_new(column.max_def_level()),
                false => None,
            };
            let (mut body, values) = self.write_levels(start..end, &mut levels);
            let numbers = &self.dictionary.numbers[at..at + values];
            write_numbers(&mut body, numbers, &mut known);
            let spec = pages.write_data(&body, end - start)?;
            let facts = PageFacts {
                rows: end - start,
                nulls: end - start - values,
                text_bytes: has_offsets.then(|| self.text_bytes(numbers)),
                levels,
                extremes: match of_pages {
                    true => self.extremes(numbers),
                    false => None,
                },
            };
            index.add(&spec, facts);
            (start, at, count) = (end, at + values, count + 1);
        }
        let stats = |page_type, encoding, count| PageEncodingStats {
            page_type,
            encoding,
            count,
        };
        let encodings = [Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY];
        let uncompressed = pages.uncompressed;
        let bytes = pages.finish()?;
        let mut metadata = ColumnChunkMetaData::builder(Arc::clone(column))
            .set_compression(codec)
            .set_encodings_mask(EncodingMask::new_from_encodings(encodings.iter()))
            .set_page_encoding_stats(vec![
                stats(PageType::DICTIONARY_PAGE, Encoding::PLAIN, 1),
                stats(PageType::DATA_PAGE, Encoding::RLE_DICTIONARY, count),
            ])
            .set_total_compressed_size(bytes.len() as i64)
            .set_total_uncompressed_size(uncompressed as i64)
            .set_num_values(rows as i64)
            .set_data_page_offset(first.compressed_size as i64)
            .set_dictionary_page_offset(Some(0));
        if statistics != EnabledStatistics::None {
            let (nulls, length) = (rows - at, properties.statistics_truncate_length());
            let extremes = extremes(texts.iter().copied());
            metadata = metadata.set_statistics(of_chunk(extremes, nulls, length));
        }
        let (column_index, offset_index) = index.finish()?;
        let close = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: rows as u64,
            metadata: metadata.build()?,
            bloom_filter: self.bloom_filter(properties, path)?,
            column_index,
            offset_index,
        };
        Ok(Some((bytes, close)))
    }

    /// The same values as an array, in the structs that they are in.
    pub(in crate::table) fn array(&self) -> Result<ArrayRef, ArrowError> {
        let levels = &self.levels;
        levels.nest(self.dictionary.array(levels.values(), levels.rows())?)
    }

    /// How many rows `parquet` takes at a time, of which it then asks whether a page is full: as many as a
    /// page has at most, where all levels are one.
    fn batch_rows(&self, properties: &WriterProperties, page_limit: usize) -> usize {
        let rows = self.levels.rows();
        let mut is_one = true;
        self.levels
            .runs(0..rows, |_, count| is_one &= count == rows);
        match is_one {
            true => page_limit,
            false => properties.write_batch_size(),
        }
    }

    /// Whether `parquet` writes the same pages: it takes fewer rows at a time, or gives the dictionary
    /// up, where the texts of a batch could fill it.
    fn fits(&self, page_rows: usize, batch_rows: usize, limit: usize) -> bool {
        let dictionary = &self.dictionary;
        if self.levels.rows() <= page_rows {
            return dictionary.page_bytes < limit;
        }
        // A batch has values of two of these at most.
        let parts = dictionary.numbers.chunks(batch_rows);
        let bytes = parts.map(|numbers| self.text_bytes(numbers) + LENGTH_BYTES * numbers.len());
        2 * bytes.max().unwrap_or_default() + dictionary.page_bytes < limit
    }

    fn text_bytes(&self, numbers: &[u32]) -> usize {
        let texts = &self.dictionary.texts;
        let lengths = numbers.iter().map(|number| texts[*number as usize].len());
        lengths.sum()
    }

    fn extremes(&self, numbers: &[u32]) -> Option<(&'t [u8], &'t [u8])> {
        let mut different = numbers.to_vec();
        different.sort_unstable();
        different.dedup();
        let texts = &self.dictionary.texts;
        extremes(different.iter().map(|number| texts[*number as usize]))
    }

    /// The levels of some rows, after their length, and how many of them have a value.
    fn write_levels(
        &self,
        rows: std::ops::Range<usize>,
        histogram: &mut Option<LevelHistogram>,
    ) -> (Vec<u8>, usize) {
        let greatest = self.levels.greatest();
        let mut values = 0;
        let mut rle = Rle::after(vec![0; 4], width(greatest));
        self.levels.runs(rows, |level, count| {
            rle.put(level as u32, count);
            if level == greatest {
                values += count;
            }
            if let Some(histogram) = histogram {
                histogram.increment_by(level as i16, count as i64);
            }
        });
        let mut body = rle.finish();
        let length = (body.len() - 4) as u32;
        body[..4].copy_from_slice(&length.to_le_bytes());
        (body, values)
    }

    fn bloom_filter(
        &self,
        properties: &WriterProperties,
        path: &ColumnPath,
    ) -> Result<Option<Sbbf>> {
        let Some(wanted) = properties.bloom_filter_properties(path) else {
            return Ok(None);
        };
        let mut filter = Sbbf::new_with_ndv_fpp(wanted.ndv(), wanted.fpp())?;
        for text in &self.dictionary.texts {
            filter.insert(*text);
        }
        filter.fold_to_target_fpp(wanted.fpp());
        Ok(Some(filter))
    }
}

/// Numbers after their width: that of the greatest so far, of which `known` is one more.
fn write_numbers(body: &mut Vec<u8>, numbers: &[u32], known: &mut usize) {
    let greatest = numbers.iter().max();
    *known = greatest.map_or(*known, |greatest| (*known).max(*greatest as usize + 1));
    let width = width(known.saturating_sub(1));
    body.push(width as u8);
    let mut rle = Rle::after(std::mem::take(body), width);
    for run in numbers.chunk_by(|a, b| a == b) {
        rle.put(run[0], run.len());
    }
    *body = rle.finish();
}
