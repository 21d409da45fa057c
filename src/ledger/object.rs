//! A raw object as the ledger knows it.

use super::{Cause, DigestState};
use crate::cloudtrail::{Left, Sha256};
use crate::lane::Lane;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The identity of a delivered object by where it lies: a hash of its address, size and ETag.
/// An object that was replaced under its name is another object.
///
/// It is made by SHA-256: who could make two objects of one identity could hide a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId([u8; 20]);

impl ObjectId {
    /// The identity of the object at `address` as it was listed.
    pub fn new(address: &str, size: u64, etag: &str) -> Self {
        Self(digest(&[address, &size.to_string(), etag]))
    }
}

/// The identity of a delivered object by what it is: a hash of its file name and the SHA-256
/// of its bytes. It stays when a source is moved, copied or touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentHash([u8; 20]);

impl ContentHash {
    /// The identity of what lies at `address`.
    pub fn new(address: &str, sha256: Sha256) -> Self {
        Self(digest(&[
            super::names::last_part(address),
            &sha256.to_string(),
        ]))
    }
}

/// 160 bits of SHA-256 over parts that cannot run into each other.
fn digest(parts: &[&str]) -> [u8; 20] {
    let text = parts.join("\0");
    let whole = Sha256::of(text.as_bytes());
    let mut short = [0; 20];
    short.copy_from_slice(&whole.as_bytes()[..20]);
    short
}

/// One raw object of a claim, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimedObject {
    /// Full address: `s3://bucket/key`, or the absolute path of a local file.
    pub address: String,
    /// Bytes as delivered, from the listing.
    pub size: u64,
    /// ETag of the listing; locally made of size and modification time.
    pub etag: String,
    /// What reading it gave.
    pub outcome: Outcome,
    /// Where the key names no lane: every lane that the object's records name. The object
    /// is converted when each of them has its receipt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lanes: Vec<Lane>,
    /// What CloudTrail's digests said of it, if they were asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<DigestState>,
    /// How many objects in it are no records, by the codes of what they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left: BTreeMap<String, u64>,
}

impl ClaimedObject {
    /// What it is, if it was left since it holds no record.
    pub fn left_as(&self) -> Option<Left> {
        match &self.outcome {
            Outcome::Unread {
                cause: Cause::Left(left),
                ..
            } => Some(*left),
            _ => None,
        }
    }

    /// Where it lies.
    pub fn id(&self) -> ObjectId {
        ObjectId::new(&self.address, self.size, &self.etag)
    }

    /// What it is, if its records are of this lane.
    pub fn content(&self) -> Option<ContentHash> {
        let sha256 = self.outcome.sha256()?;
        Some(ContentHash::new(&self.address, sha256))
    }
}

/// What reading an object gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was read.
    Read {
        /// SHA-256 of the delivered bytes.
        sha256: Sha256,
        /// Uncompressed bytes.
        uncompressed_bytes: u64,
        /// Records of this lane in it, rejects included.
        records: u64,
    },
    /// It was converted before, elsewhere: same file name, same bytes. It adds nothing.
    Known {
        /// SHA-256 of the delivered bytes.
        sha256: Sha256,
    },
    /// The bytes of another object under another name: its records are duplicates.
    Copy {
        /// SHA-256 of the delivered bytes.
        sha256: Sha256,
        /// Uncompressed bytes.
        uncompressed_bytes: u64,
        /// Records of this lane in it.
        records: u64,
    },
    /// It could not be read.
    Unread {
        /// Why.
        cause: Cause,
        /// Whether somebody accepted that it never will be; otherwise later runs try again.
        #[serde(default, skip_serializing_if = "is_false")]
        accepted: bool,
    },
}

impl Outcome {
    /// The hash of what was read.
    pub fn sha256(&self) -> Option<Sha256> {
        match self {
            Self::Read { sha256, .. } | Self::Known { sha256 } | Self::Copy { sha256, .. } => {
                Some(*sha256)
            }
            Self::Unread { .. } => None,
        }
    }

    /// Whether its records are rows or rejects of this claim.
    pub fn is_read(&self) -> bool {
        matches!(self, Self::Read { .. })
    }

    /// Uncompressed bytes of what was read.
    pub fn uncompressed_bytes(&self) -> u64 {
        match self {
            Self::Read {
                uncompressed_bytes, ..
            }
            | Self::Copy {
                uncompressed_bytes, ..
            } => *uncompressed_bytes,
            Self::Known { .. } | Self::Unread { .. } => 0,
        }
    }

    /// Records that the claim accounts for.
    pub fn records(&self) -> u64 {
        match self {
            Self::Read { records, .. } | Self::Copy { records, .. } => *records,
            Self::Known { .. } | Self::Unread { .. } => 0,
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_false(value: &bool) -> bool {
    !*value
}
