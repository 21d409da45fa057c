//! Why a raw object could not be read, as a code.

use super::DigestState;
use crate::cloudtrail::{Left, Unreadable};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a raw object could not be read. Documents hold [`Cause::code`]; what it means is said
/// on the screen only, so that other words change nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Cause {
    /// Its content is no log.
    Content(Unreadable),
    /// It holds no record, and need not.
    Left(Left),
    /// It was removed after it was listed.
    Removed,
    /// It was replaced after it was listed.
    Replaced,
    /// It may not be read.
    Denied,
    /// It lies in an archive class.
    Archived,
    /// Its content could not be fetched.
    Unfetchable,
    /// It is not what CloudTrail delivered, as its digests say, and that was required.
    DigestChanged,
    /// CloudTrail's digests list it, and it is gone.
    DigestMissing,
    /// No proven digest lists it, and that was required.
    DigestNotCovered,
    /// This program failed on it.
    Defect,
    /// A code of another version of this program.
    Other(String),
}

impl Cause {
    /// The code in documents and JSON.
    pub fn code(&self) -> &str {
        match self {
            Self::Content(unreadable) => unreadable.code(),
            Self::Left(left) => left.code(),
            Self::Removed => "removed",
            Self::Replaced => "replaced",
            Self::Denied => "denied",
            Self::Archived => "archived",
            Self::Unfetchable => "unfetchable",
            Self::DigestChanged => "digest_changed",
            Self::DigestMissing => "digest_missing",
            Self::DigestNotCovered => "digest_not_covered",
            Self::Defect => "defect",
            Self::Other(code) => code,
        }
    }
}

impl Cause {
    /// What to do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::Content(Unreadable::TooLarge | Unreadable::TooMuchMemory) => {
                "run again with a larger --max-object-size, or accept it with --accept-unread"
            }
            Self::Content(_) => {
                "bring a whole copy of it from where it was delivered, or accept it with \
                 --accept-unread"
            }
            Self::Left(left) => left.next_step().unwrap_or("nothing"),
            Self::Removed | Self::Replaced | Self::Unfetchable => "run again",
            Self::Denied => {
                "allow reading it (in S3: s3:GetObject, and kms:Decrypt on its key), then run again"
            }
            Self::Archived => "restore it from its archive class, then run again",
            Self::DigestChanged | Self::DigestMissing => {
                "restore it from an older version of the object or a backup"
            }
            Self::DigestNotCovered => {
                "find out where it comes from (`verify --digests` says more), or convert it with \
                 --digests check"
            }
            Self::Defect => "report it",
            Self::Other(_) => "use that version, or a later one",
        }
    }
}

impl From<String> for Cause {
    fn from(code: String) -> Self {
        match code.as_str() {
            "removed" => Self::Removed,
            "replaced" => Self::Replaced,
            "denied" => Self::Denied,
            "archived" => Self::Archived,
            "unfetchable" => Self::Unfetchable,
            "digest_changed" => Self::DigestChanged,
            "digest_missing" => Self::DigestMissing,
            "digest_not_covered" => Self::DigestNotCovered,
            "defect" => Self::Defect,
            other => match (Unreadable::from_code(other), Left::from_code(other)) {
                (Some(unreadable), _) => Self::Content(unreadable),
                (None, Some(left)) => Self::Left(left),
                (None, None) => Self::Other(code),
            },
        }
    }
}

impl From<Cause> for String {
    fn from(cause: Cause) -> Self {
        cause.code().to_owned()
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Content(unreadable) => unreadable.fmt(f),
            Self::Left(left) => write!(f, "no record: {}", left.words()),
            Self::Removed => f.write_str("it was removed after it was listed"),
            Self::Replaced => f.write_str("it was replaced after it was listed"),
            Self::Denied => f.write_str(
                "access to it is denied (in S3: s3:GetObject, or kms:Decrypt on its key)",
            ),
            Self::Archived => f.write_str("it is archived; restore it to read it"),
            Self::Unfetchable => f.write_str("its content could not be fetched"),
            Self::DigestChanged => DigestState::Changed.fmt(f),
            Self::DigestMissing => DigestState::Missing.fmt(f),
            Self::DigestNotCovered => DigestState::NotCovered.fmt(f),
            Self::Defect => f.write_str("this program fails on it, which is a defect; report it"),
            Self::Other(code) => write!(f, "{code:?}, which another version of this program says"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_also_one_that_is_not_known() {
        for code in [
            "truncated_gzip",
            "too_large",
            "not_json",
            "no_records",
            "left_digest",
            "removed",
            "replaced",
            "denied",
            "archived",
            "unfetchable",
            "digest_changed",
            "digest_missing",
            "digest_not_covered",
            "defect",
            "of_a_later_program",
        ] {
            let cause = Cause::from(code.to_owned());
            assert_eq!(cause.code(), code);
            assert_eq!(
                matches!(cause, Cause::Other(_)),
                code == "of_a_later_program"
            );
        }
    }
}
