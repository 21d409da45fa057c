//! What a run did, in numbers.

use serde::Serialize;
use std::collections::BTreeMap;

/// The result of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Lanes of the range and shard.
    pub lanes: u64,
    /// Raw objects converted by this run.
    pub objects: u64,
    /// Raw objects that were converted before.
    pub skipped_objects: u64,
    /// Raw objects that could not be read; they are tried again by later runs.
    pub unread_objects: u64,
    /// Objects that are no event logs, by folder.
    pub left_objects: BTreeMap<String, u64>,
    /// Records in the converted objects.
    pub records: u64,
    /// Rows written.
    pub rows: u64,
    /// Records left out because an equal one stays.
    pub duplicates: u64,
    /// Records kept aside in `_rejects/`.
    pub rejects: u64,
    /// Rows whose own region is not that of their partition.
    pub other_region_rows: u64,
    /// Bytes of the converted objects as delivered.
    pub delivered_bytes: u64,
    /// Bytes of the converted objects uncompressed.
    pub uncompressed_bytes: u64,
    /// Parquet objects written.
    pub files: u64,
    /// Their bytes.
    pub parquet_bytes: u64,
    /// Lanes left with an open claim that could not be finished.
    pub unfinished_lanes: u64,
    /// Whether the run was asked to stop before it was done.
    pub interrupted: bool,
}

impl Summary {
    /// Whether something was kept aside or left undone.
    pub fn has_failures(&self) -> bool {
        self.unread_objects + self.rejects + self.unfinished_lanes > 0
    }
}
