//! What a Parquet object says of its values: its footer with the page index, bloom filters,
//! dictionaries.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Buf, Bytes, buf::Reader};
use parquet::basic::{Encoding, Type};
use parquet::bloom_filter::Sbbf;
use parquet::column::page::{Page, PageReader};
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader,
};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;

use crate::failure::Failure;
use crate::store::Store;

/// Read at first: most footers are shorter.
const TAIL: u64 = 64 << 10;

/// A Parquet object's own words on what is in it.
#[derive(Debug)]
pub(crate) struct Footer {
    pub(crate) metadata: ParquetMetaData,
    /// Its length, in bytes.
    pub(crate) bytes: u64,
}

/// Reads the footer of the object at `key`, which has `size` bytes.
pub(crate) async fn read_footer(store: &Store, key: &str, size: u64) -> Result<Footer, Failure> {
    let mut reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Optional);
    let mut length = TAIL.min(size);
    loop {
        let tail = store.get_range(key, size - length..size).await?;
        match reader.try_parse_sized(&tail, size) {
            Err(ParquetError::NeedMoreData(needed)) if needed as u64 > length => {
                length = (needed as u64).min(size);
            }
            parsed => {
                let metadata = parsed.and_then(|()| reader.finish()).and_then(|metadata| {
                    check(&metadata, size)?;
                    Ok(metadata)
                });
                return Ok(Footer {
                    metadata: metadata.map_err(|error| unreadable(store, key, error))?,
                    bytes: footer_length(&tail),
                });
            }
        }
    }
}

/// What is computed from places relies on their being in the file, and in order.
fn check(metadata: &ParquetMetaData, size: u64) -> Result<(), ParquetError> {
    let wrong = |what: &str| ParquetError::General(format!("its footer is damaged: {what}"));
    for (number, group) in metadata.row_groups().iter().enumerate() {
        for (at, chunk) in group.columns().iter().enumerate() {
            let first_page = chunk.data_page_offset();
            let start = chunk.dictionary_page_offset().unwrap_or(first_page);
            let within = place(start, chunk.compressed_size())
                .filter(|place| place.end <= size)
                .ok_or_else(|| wrong("a column is outside of the file"))?;
            let index = metadata.page_index();
            let Some(pages) = index.and_then(|index| index.offset_index(number, at)) else {
                continue;
            };
            let mut row = 0;
            for page in pages.page_locations() {
                let is_inside = place(page.offset, page.compressed_page_size.into())
                    .is_some_and(|page| within.start <= page.start && page.end <= within.end);
                let is_next = (row..=group.num_rows()).contains(&page.first_row_index);
                if !is_inside || !is_next {
                    return Err(wrong("a page is outside of its column"));
                }
                row = page.first_row_index;
            }
        }
    }
    Ok(())
}

fn place(start: i64, length: i64) -> Option<Range<u64>> {
    let (start, length) = (u64::try_from(start).ok()?, u64::try_from(length).ok()?);
    Some(start..start.checked_add(length)?)
}

/// Reads the bloom filter of a column chunk, if it has one.
pub(crate) async fn read_bloom(
    store: &Store,
    key: &str,
    chunk: &ColumnChunkMetaData,
) -> Result<Option<Sbbf>, Failure> {
    let start = chunk.bloom_filter_offset().map(u64::try_from);
    let length = chunk.bloom_filter_length().map(u64::try_from);
    let (Some(Ok(start)), Some(Ok(length))) = (start, length) else {
        return Ok(None);
    };
    let bytes = store
        .get_range(key, start..start.saturating_add(length))
        .await?;
    let bloom = Sbbf::from_bytes(&bytes).map_err(|error| unreadable(store, key, error))?;
    // An empty one has no block to look into.
    Ok((bloom.num_blocks() > 0).then_some(bloom))
}

/// Reads the values of a text column chunk from its dictionary, if every page of it uses that.
pub(crate) async fn read_dictionary(
    store: &Store,
    key: &str,
    chunk: &ColumnChunkMetaData,
) -> Result<Option<HashSet<Vec<u8>>>, Failure> {
    let start = chunk.dictionary_page_offset().map(u64::try_from);
    let (Some(Ok(start)), Ok(end)) = (start, u64::try_from(chunk.data_page_offset())) else {
        return Ok(None);
    };
    if chunk.column_type() != Type::BYTE_ARRAY || !is_all_dictionary(chunk) || start >= end {
        return Ok(None);
    }
    let bytes = store.get_range(key, start..end).await?;
    let window = Arc::new(Window { start, bytes });
    let page = SerializedPageReader::new(window, chunk, 0, None)
        .and_then(|mut pages| pages.get_next_page())
        .map_err(|error| unreadable(store, key, error))?;
    Ok(match page {
        Some(Page::DictionaryPage { buf, .. }) => Some(plain_texts(&buf)),
        _ => None,
    })
}

/// Whether the footer says that no data page has values outside the dictionary.
fn is_all_dictionary(chunk: &ColumnChunkMetaData) -> bool {
    let encodings = chunk.page_encoding_stats_mask();
    encodings.is_some_and(|encodings| encodings.is_only(Encoding::RLE_DICTIONARY))
}

/// Texts one after another, each behind its length.
fn plain_texts(mut bytes: &[u8]) -> HashSet<Vec<u8>> {
    let mut texts = HashSet::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>()
        && let Some((text, rest)) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)
    {
        texts.insert(text.to_vec());
        bytes = rest;
    }
    texts
}

/// A part of an object, under the object's own offsets.
struct Window {
    start: u64,
    bytes: Bytes,
}

impl Length for Window {
    fn len(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl ChunkReader for Window {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        self.get_bytes(start, self.len().saturating_sub(start) as usize)
            .map(Buf::reader)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let from = start.checked_sub(self.start).map(|from| from as usize);
        let range = from.and_then(|from| Some(from..from.checked_add(length)?));
        match range {
            Some(range) if range.end <= self.bytes.len() => Ok(self.bytes.slice(range)),
            _ => Err(ParquetError::EOF("a page ends behind its place".into())),
        }
    }
}

/// The footer with its length and the closing mark.
fn footer_length(tail: &Bytes) -> u64 {
    let length = tail
        .len()
        .checked_sub(8)
        .and_then(|at| tail.get(at..at + 4));
    let length = length
        .and_then(|bytes| bytes.try_into().ok())
        .map(u32::from_le_bytes);
    u64::from(length.unwrap_or_default()) + 8
}

fn unreadable(store: &Store, key: &str, error: ParquetError) -> Failure {
    Failure::unreadable_file(store, key, error)
}
