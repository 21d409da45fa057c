//! CloudTrail's digests: signed lists of what was delivered, each of which names the one before.
//!
//! Pure: [`read_digest`], [`PublicKeys`], [`judge`] and [`Coverage`]. The reader lists and fetches
//! the digests of a lane, and judges them month by month.

mod chain;
mod coverage;
mod digest;
mod fault;
mod key;
mod key_ring;
mod public_keys;
mod reader;

pub use chain::{Proof, ReadDigest, judge, signed_text, unnamed};
pub(crate) use coverage::MOST_LOG_BYTES;
pub use coverage::{Coverage, Listing, Verdict, is_expected, verdict};
pub use digest::{DeliveredLog, Digest, Previous, read_digest};
pub use fault::{Fault, FaultKind};
pub use key::{Chain, DigestKey, FOLDER, key_day, moved_key, parse_digest_key};
pub use key_ring::KeySource;
pub use public_keys::{NoPublicKeys, PublicKeys};
pub(crate) use reader::{DigestReader, LaneDigests, key_below};
