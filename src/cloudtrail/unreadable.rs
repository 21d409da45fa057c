//! Why a raw object cannot be read.

use std::fmt;

use crate::json::JsonError;

/// Why a raw object cannot be read as a whole. Documents hold its
/// [`code`](Unreadable::code), by which two tries are compared; its text is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unreadable {
    /// The gzip data end inside a member.
    TruncatedGzip,
    /// The gzip data are invalid, or their checksum or length is wrong.
    CorruptGzip,
    /// The Zstandard data end inside a frame.
    TruncatedZstd,
    /// The Zstandard data are invalid, or something else follows them.
    CorruptZstd,
    /// Something other than a member or zeros follows the last gzip member.
    TrailingGarbage,
    /// More uncompressed bytes than are allowed.
    TooLarge,
    /// Its text, records and values take more memory than is allowed.
    TooMuchMemory,
    /// Invalid UTF-8 that stands in no record.
    InvalidUtf8OutsideRecords,
    /// The text is no JSON.
    NotJson,
    /// JSON, or nothing at all, but no CloudTrail records.
    NoRecords,
}

impl Unreadable {
    /// All causes.
    pub const ALL: [Self; 10] = [
        Self::TruncatedGzip,
        Self::CorruptGzip,
        Self::TruncatedZstd,
        Self::CorruptZstd,
        Self::TrailingGarbage,
        Self::TooLarge,
        Self::TooMuchMemory,
        Self::InvalidUtf8OutsideRecords,
        Self::NotJson,
        Self::NoRecords,
    ];

    /// What documents call it, for ever.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TruncatedGzip => "truncated_gzip",
            Self::CorruptGzip => "corrupt_gzip",
            Self::TruncatedZstd => "truncated_zstd",
            Self::CorruptZstd => "corrupt_zstd",
            Self::TrailingGarbage => "trailing_garbage",
            Self::TooLarge => "too_large",
            Self::TooMuchMemory => "too_much_memory",
            Self::InvalidUtf8OutsideRecords => "invalid_utf8_outside_records",
            Self::NotJson => "not_json",
            Self::NoRecords => "no_records",
        }
    }

    /// The cause of a code; none of a code that a later program wrote.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.code() == code)
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TruncatedGzip => "truncated gzip",
            Self::CorruptGzip => "corrupt gzip",
            Self::TruncatedZstd => "truncated Zstandard data",
            Self::CorruptZstd => "corrupt Zstandard data",
            Self::TrailingGarbage => "trailing garbage after the gzip data",
            Self::TooLarge => "larger uncompressed than --max-object-size",
            Self::TooMuchMemory => {
                "its records take more memory than three times --max-object-size"
            }
            Self::InvalidUtf8OutsideRecords => "invalid UTF-8 outside the records",
            Self::NotJson => "not JSON",
            Self::NoRecords => "no records",
        })
    }
}

impl std::error::Error for Unreadable {}

impl From<JsonError> for Unreadable {
    fn from(_: JsonError) -> Self {
        Self::NotJson
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_by_its_code_and_a_later_code_by_none() {
        for cause in Unreadable::ALL {
            assert_eq!(Unreadable::from_code(cause.code()), Some(cause));
        }
        assert_eq!(Unreadable::from_code("of_a_later_program"), None);
    }
}
