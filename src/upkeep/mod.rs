//! The upkeep of a table: files of a partition merged, old partitions removed. Rows are never
//! changed, and only this may remove files.

mod expire;
mod lanes;
mod listing;
mod options;
mod plan;
mod replacement;
mod settled;
mod tally;

pub use expire::expire;
pub use options::{CompactOptions, ExpireOptions, TARGET_BYTES, Upkeep};
pub use replacement::{compact, rewrite};
