//! The upkeep of a table: files of a partition merged, old partitions removed. Rows are never
//! changed, and only this may remove files.

mod compact;
mod expire;
mod lanes;
mod listing;
mod options;
mod plan;
mod settled;
mod tally;

pub use compact::compact;
pub use expire::expire;
pub use options::{CompactOptions, ExpireOptions, TARGET_BYTES, Upkeep};
