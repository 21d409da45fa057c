//! The pages of a column chunk: written one after another, and what indexes say of them.

use bytes::Bytes;
use parquet::basic::{BoundaryOrder, Compression, Encoding, Type};
use parquet::column::page::{CompressedPage, Page, PageWriteSpec, PageWriter as _};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnIndexBuilder, LevelHistogram, OffsetIndexBuilder};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::page_index::offset_index::OffsetIndexMetaData;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use snap::raw::{Encoder, max_compress_len};

use super::statistics::{greatest_of, least_of};

/// Pages on their way into one text of bytes.
pub(super) struct Pages {
    sink: TrackedWrite<Vec<u8>>,
    snappy: Option<Encoder>,
    pub(super) uncompressed: usize,
}

impl Pages {
    /// Whether pages can be written in a codec.
    pub(super) fn know(codec: Compression) -> bool {
        matches!(codec, Compression::SNAPPY | Compression::UNCOMPRESSED)
    }

    /// In a codec that these know.
    pub(super) fn new(codec: Compression) -> Self {
        Self {
            sink: TrackedWrite::new(Vec::new()),
            snappy: (codec == Compression::SNAPPY).then(Encoder::new),
            uncompressed: 0,
        }
    }

    pub(super) fn write_dictionary(
        &mut self,
        texts: &[&[u8]],
        bytes: usize,
    ) -> Result<PageWriteSpec> {
        let mut body = Vec::with_capacity(bytes);
        for text in texts {
            body.extend_from_slice(&(text.len() as u32).to_le_bytes());
            body.extend_from_slice(text);
        }
        self.write(&body, |buf| Page::DictionaryPage {
            buf,
            num_values: texts.len() as u32,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        })
    }

    pub(super) fn write_data(&mut self, body: &[u8], rows: usize) -> Result<PageWriteSpec> {
        self.write(body, |buf| Page::DataPage {
            buf,
            num_values: rows as u32,
            encoding: Encoding::RLE_DICTIONARY,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        })
    }

    fn write(&mut self, body: &[u8], page: impl FnOnce(Bytes) -> Page) -> Result<PageWriteSpec> {
        let stored = match &mut self.snappy {
            Some(snappy) => {
                let mut stored = vec![0; max_compress_len(body.len())];
                let length = snappy.compress(body, &mut stored);
                stored.truncate(length.map_err(|error| ParquetError::External(error.into()))?);
                stored
            }
            None => body.to_vec(),
        };
        let page = CompressedPage::new(page(stored.into()), body.len());
        let spec = SerializedPageWriter::new(&mut self.sink).write_page(page)?;
        self.uncompressed += spec.uncompressed_size;
        Ok(spec)
    }

    pub(super) fn finish(self) -> Result<Bytes> {
        Ok(self.sink.into_inner()?.into())
    }
}

/// One data page, as indexes tell of it.
pub(super) struct PageFacts<'t> {
    pub(super) rows: usize,
    pub(super) nulls: usize,
    /// Of all its values together; none if nobody is to be told.
    pub(super) text_bytes: Option<usize>,
    /// How many rows have each definition level.
    pub(super) levels: Option<LevelHistogram>,
    /// The least and the greatest text; none if all are null.
    pub(super) extremes: Option<(&'t [u8], &'t [u8])>,
}

/// The page index of a column chunk.
pub(super) struct PageIndex<'t> {
    columns: Option<ColumnIndexBuilder>,
    offsets: Option<OffsetIndexBuilder>,
    length: Option<usize>,
    last: Option<(&'t [u8], &'t [u8])>,
    is_ascending: bool,
    is_descending: bool,
}

impl<'t> PageIndex<'t> {
    /// With the statistics of pages or without, each text cut to a length; with their places or without.
    pub(super) fn new(has_statistics: bool, length: Option<usize>, has_offsets: bool) -> Self {
        Self {
            columns: has_statistics.then(|| ColumnIndexBuilder::new(Type::BYTE_ARRAY)),
            offsets: has_offsets.then(OffsetIndexBuilder::new),
            length,
            last: None,
            is_ascending: true,
            is_descending: true,
        }
    }

    pub(super) fn add(&mut self, spec: &PageWriteSpec, page: PageFacts<'t>) {
        if let Some(columns) = &mut self.columns {
            let cut = page.extremes.map(|(least, greatest)| {
                (
                    least_of(least, self.length),
                    greatest_of(greatest, self.length),
                )
            });
            let (least, greatest) = cut.unwrap_or_default();
            let is_null = page.extremes.is_none();
            columns.append(is_null, least, greatest, page.nulls as i64, None);
            columns.append_histograms(&None, &page.levels);
        }
        if let Some(offsets) = &mut self.offsets {
            offsets.append_row_count(page.rows as i64);
            offsets
                .append_unencoded_byte_array_data_bytes(page.text_bytes.map(|bytes| bytes as i64));
            offsets.append_offset_and_size(spec.offset as i64, spec.compressed_size as i32);
        }
        if let (Some(last), Some(this)) = (self.last, page.extremes) {
            self.is_ascending &= last.0 <= this.0 && last.1 <= this.1;
            self.is_descending &= last.0 >= this.0 && last.1 >= this.1;
        }
        self.last = page.extremes.or(self.last);
    }

    pub(super) fn finish(
        self,
    ) -> Result<(Option<ColumnIndexMetaData>, Option<OffsetIndexMetaData>)> {
        let order = match (self.is_ascending, self.is_descending) {
            (true, _) => BoundaryOrder::ASCENDING,
            (false, true) => BoundaryOrder::DESCENDING,
            (false, false) => BoundaryOrder::UNORDERED,
        };
        let columns = self.columns.map(|mut columns| {
            columns.set_boundary_order(order);
            columns.build()
        });
        Ok((
            columns.transpose()?,
            self.offsets.map(OffsetIndexBuilder::build),
        ))
    }
}
