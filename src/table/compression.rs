//! How a file is compressed: what may be chosen about it.

use std::fmt;
use std::str::FromStr;

/// How the pages of a file are compressed: all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Fast, and read by every engine.
    #[default]
    Snappy,
    /// At level 1: a third smaller.
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
