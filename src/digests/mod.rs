//! CloudTrail's digests: signed lists of what was delivered, each of which names the one before.
//!
//! Pure: [`read_digest`], [`PublicKeys`], [`judge`] and [`Coverage`]. `LaneDigests` lists the digests of
//! a lane, has the reader fetch them, and judges them month by month.

mod chain;
mod coverage;
mod digest;
mod fault;
mod key;
mod key_ring;
mod lane_digests;
mod public_keys;
mod reader;

pub use chain::{Proof, ReadDigest, judge, signed_text, unnamed};
pub(crate) use coverage::MOST_LOG_BYTES;
pub use coverage::{Coverage, Listing, Verdict, is_expected, verdict};
pub use digest::{DeliveredLog, Digest, Previous, read_digest};
pub use fault::{Fault, FaultKind};
pub use key::{Chain, DigestKey, FOLDER, key_day, moved_key, parse_digest_key};
pub use key_ring::KeySource;
pub(crate) use lane_digests::LaneDigests;
pub use public_keys::{NoPublicKeys, PublicKeys};
pub(crate) use reader::{DigestReader, key_below};
