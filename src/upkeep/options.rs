//! What upkeep is asked, and what it did.

use crate::scope::{EventDates, Lanes, Shard};
use crate::table::{EncodeOptions, Schema};
use jiff::civil::Date;
use serde::Serialize;
use std::sync::Arc;

/// Bytes of a merged file where nothing else is asked for: few enough to be read by one task of
/// an engine, many enough that opening files costs nothing.
pub const TARGET_BYTES: u64 = 256_000_000;

/// What is to be merged.
#[derive(Debug, Clone)]
pub struct CompactOptions {
    /// The order of the columns; a column that it lacks stays all the same.
    pub schema: Arc<Schema>,
    /// How Parquet is written.
    pub encode: EncodeOptions,
    /// Of these lanes.
    pub lanes: Lanes,
    /// Those of them that are this worker's.
    pub shard: Shard,
    /// Partitions of these dates.
    pub dates: EventDates,
    /// Bytes of a merged file, at most, as far as the memory allows.
    pub target_bytes: u64,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Threads for decoding and encoding; with none, the caller's own does it.
    pub threads: usize,
    /// Bytes that merges under way may take together.
    pub memory: u64,
}

/// What is to be removed.
#[derive(Debug, Clone)]
pub struct ExpireOptions {
    /// Partitions of earlier dates.
    pub before: Date,
    /// Of these lanes.
    pub lanes: Lanes,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// What upkeep did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Upkeep {
    /// Lanes looked at.
    pub lanes: u64,
    /// Partitions whose files were merged or removed.
    pub partitions: u64,
    /// Files that went.
    pub replaced_files: u64,
    /// Their bytes.
    pub replaced_bytes: u64,
    /// Rows in them.
    pub rows: u64,
    /// Files that stand for them.
    pub files: u64,
    /// Their bytes; none of a dry run.
    pub bytes: u64,
    /// Files that are left for now: they are younger than a day.
    pub young_files: u64,
    /// Claims of earlier runs that were finished.
    pub finished_claims: u64,
    /// Lanes or partitions in which nothing could be done; each was told.
    pub waiting: u64,
    /// Whether the run was asked to end early.
    pub interrupted: bool,
}
