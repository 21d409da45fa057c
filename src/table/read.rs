//! Parquet objects → rows.

use std::collections::HashSet;

use parquet::arrow::async_reader::AsyncFileReader;

use super::rebuild::RebuildError;

/// Why a Parquet object cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is no Parquet, or its bytes cannot be had.
    #[error("reading Parquet")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// Its columns cannot be decoded.
    #[error("decoding the columns")]
    Arrow(#[from] arrow::error::ArrowError),
    /// A row of it is no record.
    #[error("rebuilding a record")]
    Rebuild(#[from] RebuildError),
}

/// The rows whose eventid is among `ids`: each eventid and its record, rebuilt.
pub async fn matching_rows<R: AsyncFileReader + Unpin + 'static>(
    _reader: R,
    _ids: &HashSet<&str>,
) -> Result<Vec<(String, String)>, ReadError> {
    Ok(Vec::new())
}

/// The xxh3 hash (64 bits) of every eventid that is not NULL.
pub async fn event_ids<R: AsyncFileReader + Unpin + 'static>(
    _reader: R,
) -> Result<Vec<u64>, ReadError> {
    Ok(Vec::new())
}

/// Every row as the record it came from, in the order of the file.
pub async fn records<R: AsyncFileReader + Unpin + 'static>(
    _reader: R,
) -> Result<Vec<String>, ReadError> {
    Ok(Vec::new())
}
