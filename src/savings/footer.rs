//! The end of a Parquet object: its footer, with the page index where there is one.

use bytes::Bytes;
use parquet::bloom_filter::Sbbf;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader,
};

use super::SavingsError;
use crate::store::Store;

/// Read at first: most footers are shorter.
const TAIL: u64 = 64 << 10;

/// A Parquet object's own words on what is in it.
#[derive(Debug)]
pub(super) struct Footer {
    pub(super) metadata: ParquetMetaData,
    /// Its length, in bytes.
    pub(super) bytes: u64,
}

/// Reads the footer of the object at `key`, which has `size` bytes.
pub(super) async fn read_footer(
    store: &Store,
    key: &str,
    size: u64,
) -> Result<Footer, SavingsError> {
    let mut reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Optional);
    let mut length = TAIL.min(size);
    loop {
        let tail = store.get_range(key, size - length..size).await?;
        let parsed = match reader.has_metadata() {
            true => reader.read_page_indexes_sized(&tail, size),
            false => reader.try_parse_sized(&tail, size),
        };
        match parsed {
            Err(ParquetError::NeedMoreData(needed)) if needed as u64 > length => {
                length = (needed as u64).min(size);
            }
            parsed => {
                let metadata = parsed.and_then(|()| reader.finish());
                return Ok(Footer {
                    metadata: metadata.map_err(|error| unreadable(store, key, error))?,
                    bytes: footer_length(&tail),
                });
            }
        }
    }
}

/// Reads the bloom filter of a column chunk, if it has one.
pub(super) async fn read_bloom(
    store: &Store,
    key: &str,
    chunk: &ColumnChunkMetaData,
) -> Result<Option<Sbbf>, SavingsError> {
    let start = chunk.bloom_filter_offset().map(u64::try_from);
    let length = chunk.bloom_filter_length().map(u64::try_from);
    let (Some(Ok(start)), Some(Ok(length))) = (start, length) else {
        return Ok(None);
    };
    let bytes = store
        .get_range(key, start..start.saturating_add(length))
        .await?;
    let bloom = Sbbf::from_bytes(&bytes).map_err(|error| unreadable(store, key, error))?;
    Ok(Some(bloom))
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

fn unreadable(store: &Store, key: &str, source: ParquetError) -> SavingsError {
    let url = store.url(key);
    SavingsError::File { url, source }
}
