//! What is wrong with a digest, or between two of them.

use jiff::civil::Date;
use std::fmt;

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    /// A digest is gone: another one names it as the one before it.
    Missing,
    /// A digest is not what was signed, or nothing tells that it is.
    Invalid,
    /// A digest does not fit to the one before it.
    Broken,
    /// No digest is about this time.
    Gap,
}

impl FaultKind {
    /// A code for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing_digest",
            Self::Invalid => "invalid_digest",
            Self::Broken => "broken_digest_chain",
            Self::Gap => "digest_gap",
        }
    }

    /// What to do about it.
    pub fn what_to_do(self) -> &'static str {
        match self {
            Self::Missing | Self::Invalid => {
                "restore it from an older version of the object or a backup, and find out who changed it"
            }
            Self::Broken => "find out who changed it, or the one before it",
            Self::Gap => {
                "find out why log file validation was off: nothing proves what was delivered then"
            }
        }
    }
}

/// In words.
impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the digest is gone",
            Self::Invalid => "the digest is not valid",
            Self::Broken => "the digest does not fit to the one before it",
            Self::Gap => "no digest is about the time before it",
        })
    }
}

/// Something that is wrong with a digest, or between two of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The full address of the digest.
    pub address: String,
    /// The day of the digest that tells.
    pub day: Date,
    /// What kind of thing.
    pub kind: FaultKind,
    /// What should be.
    pub expected: String,
    /// What is.
    pub found: String,
}
