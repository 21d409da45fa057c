//! What a run did, in numbers.

use super::ignored::Ignored;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// The result of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Claims of which this run put the receipt.
    pub claims: u64,
    /// Those of them that an earlier or another run had left open, in whatever lane.
    pub finished_claims: u64,
    /// Lanes of the range and shard.
    pub lanes: u64,
    /// Raw objects converted by this run.
    pub objects: u64,
    /// Raw objects that were converted before.
    pub skipped_objects: u64,
    /// Raw objects that were converted before, and have been moved, copied or touched since.
    pub known_objects: u64,
    /// Raw objects that could not be read; they are tried again by later runs.
    pub unread_objects: u64,
    /// Raw objects that this run was told to accept as unreadable.
    pub accepted_objects: u64,
    /// Raw objects that are left until their digests come.
    pub awaiting_digest_objects: u64,
    /// Raw objects that were converted although CloudTrail's digests do not prove them.
    pub unproven_objects: u64,
    /// What is wrong with digests, or between them.
    pub digest_faults: u64,
    /// Raw objects of open claims that this run was told to give up: their records are lost.
    pub lost_objects: u64,
    /// Objects that are no event logs, by folder, by extension, or by what they hold.
    pub ignored_objects: Ignored,
    /// Of these, those that this run has read.
    pub left_objects: u64,
    /// Objects that stand among records and are none, by the codes of what they are.
    pub left_records: BTreeMap<String, u64>,
    /// Folders of other services that were not looked at, by name.
    pub ignored_folders: Ignored,
    /// Whether the source holds nothing that could be a log.
    pub nothing_found: bool,
    /// Records that the run dealt with: each is a row, a duplicate or a reject.
    pub records: u64,
    /// Rows written.
    pub rows: u64,
    /// Records left out because an equal one stays.
    pub duplicates: u64,
    /// Records left out because their partitions were removed.
    pub expired: u64,
    /// Records kept aside in `_rejects/`.
    pub rejects: u64,
    /// Rejects of earlier runs that became rows, or repeated one.
    pub retried_rejects: u64,
    /// Rows whose own region is not that of their partition.
    pub other_region_rows: u64,
    /// Rows in account 000000000000 or region unknown, which their records do not name.
    pub unknown_lane_rows: u64,
    /// The time of the newest event among the rows written, to the second.
    pub newest_event: Option<Timestamp>,
    /// Bytes of the converted objects as delivered.
    pub delivered_bytes: u64,
    /// Bytes of the converted objects uncompressed.
    pub uncompressed_bytes: u64,
    /// Parquet objects written.
    pub files: u64,
    /// Their bytes.
    pub parquet_bytes: u64,
    /// Lanes in which nothing could be done, or not all.
    pub waiting_lanes: u64,
    /// Files and folders that could not be looked at.
    pub passed_over: u64,
    /// Arguments that named nothing.
    pub unmet_arguments: u64,
    /// Whether the run was asked to stop before it was done.
    pub interrupted: bool,
}

impl Summary {
    /// Whether something was kept aside or left undone.
    pub fn has_failures(&self) -> bool {
        let kept_aside = self.unread_objects + self.rejects + self.waiting_lanes;
        let unproven = self.unproven_objects + self.digest_faults;
        self.nothing_found || unproven + kept_aside + self.passed_over + self.unmet_arguments > 0
    }

    /// Whether the run committed nothing.
    pub fn is_idle(&self) -> bool {
        self.claims == 0
    }
}
