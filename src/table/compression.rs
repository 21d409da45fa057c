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

impl Compression {
    /// Every kind, the default first.
    pub const ALL: [Self; 4] = [Self::Snappy, Self::Zstd, Self::Gzip, Self::None];

    /// Its name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Snappy => "snappy",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
            Self::None => "none",
        }
    }
}

impl FromStr for Compression {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|codec| codec.name() == text);
        named.ok_or_else(|| format!("`{text}` is no compression: use snappy, zstd, gzip or none"))
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What may be chosen about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EncodeOptions {
    /// The compression of its pages.
    pub compression: Compression,
}
