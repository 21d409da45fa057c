//! A raw object as the ledger knows it.

use crate::table::Lane;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

/// The identity of a delivered object: a hash of its address, size and ETag. An object
/// that was replaced under its name is another object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(u128);

impl ObjectId {
    /// The identity of the object at `address` as it was listed.
    pub fn new(address: &str, size: u64, etag: &str) -> Self {
        Self(xxh3_128(format!("{address}\0{size}\0{etag}").as_bytes()))
    }
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
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Where the key names no lane: every lane that the object's records name. The object
    /// is converted when each of them has its receipt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lanes: Vec<Lane>,
}

impl ClaimedObject {
    /// The object's identity.
    pub fn id(&self) -> ObjectId {
        ObjectId::new(&self.address, self.size, &self.etag)
    }
}

/// What reading an object gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    /// It was read.
    Read {
        /// Hexadecimal SHA-256 of the uncompressed content, as in CloudTrail's digests.
        sha256: String,
        /// Records of this lane in it, rejects included.
        records: u64,
    },
    /// It could not be read, and is tried again by later runs.
    Unread {
        /// Why, in words that are the same for the same cause.
        unread: String,
    },
}
