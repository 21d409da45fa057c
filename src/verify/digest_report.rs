//! What came of checking log files and digests against each other.

use crate::digests::Chain;
use crate::lane::Lane;

/// A lane's log files and digests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LaneDigestReport {
    /// The lane.
    pub lane: Lane,
    /// Its trails.
    pub trails: Vec<TrailReport>,
    /// Log files that were looked at.
    pub logs: u64,
    /// Those that no proven digest lists.
    pub logs_not_covered: u64,
    /// Those that were delivered so lately that their digest may still come.
    pub logs_expected: u64,
    /// Bytes that were hashed, as delivered.
    pub delivered_bytes: u64,
}

/// A trail's digests in one lane, and the log files that they list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TrailReport {
    /// The trail.
    pub chain: Chain,
    /// Digests that were read.
    pub digests: u64,
    /// Those whose signature is right.
    pub digests_proven: u64,
    /// Those that end the chain, and whose signature is not at hand.
    pub digests_awaited: u64,
    /// Digests that are gone, as the next one tells.
    pub digests_missing: u64,
    /// Times that no digest is about.
    pub gaps: u64,
    /// Log files that are what was delivered.
    pub logs_valid: u64,
    /// Log files that are as a digest says whose signature is not at hand.
    pub logs_awaited: u64,
    /// Log files that are not what was delivered.
    pub logs_changed: u64,
    /// Log files that are gone.
    pub logs_missing: u64,
}

impl TrailReport {
    pub(super) fn new(chain: &Chain) -> Self {
        Self {
            chain: chain.clone(),
            digests: 0,
            digests_proven: 0,
            digests_awaited: 0,
            digests_missing: 0,
            gaps: 0,
            logs_valid: 0,
            logs_awaited: 0,
            logs_changed: 0,
            logs_missing: 0,
        }
    }
}
