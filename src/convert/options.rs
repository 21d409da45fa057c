//! What a run is asked to do.

use crate::digests::KeySource;
use crate::ledger::{Month, RowOptions};
use crate::scope::{DeliveryDays, Scope, Shard};
use crate::table::{EncodeOptions, Schema};
use jiff::{Timestamp, tz::TimeZone};
use std::{collections::BTreeSet, sync::Arc};

/// Everything that a conversion needs to know besides its two stores.
#[derive(Debug, Clone)]
pub struct ConvertOptions {
    /// The columns.
    pub schema: Arc<Schema>,
    /// How Parquet is written.
    pub encode: EncodeOptions,
    /// What decides the rows; recorded in each claim.
    pub rows: RowOptions,
    /// Which raw objects.
    pub scope: Scope,
    /// Which lanes are this worker's.
    pub shard: Shard,
    /// What open claims are finished without.
    pub give_up: GiveUp,
    /// Objects that are accepted to be unreadable for good.
    pub accept_unread: AcceptUnread,
    /// Whether a source that holds nothing which could be a log is fine.
    pub allow_empty: bool,
    /// Open claims of work that replaces files are finished, too: it may remove files.
    pub finish_upkeep: bool,
    /// Events of partitions that were removed give rows all the same.
    pub revive: bool,
    /// Judge kept rejects again, and add those that become rows.
    pub retry_rejects: bool,
    /// Whether objects are checked against CloudTrail's digests, and how.
    pub digests: Option<DigestCheck>,
    /// Threads for inflating, parsing and encoding; with none, the caller's own does it.
    pub threads: usize,
    /// Bytes that batches under way may take together.
    pub memory: u64,
    /// The time of the run: later events than a day from now are rejects where the key
    /// gives no delivery time.
    pub now: Timestamp,
}

/// How raw objects are checked against CloudTrail's digests.
#[derive(Debug, Clone)]
pub struct DigestCheck {
    /// Whether an object that is not valid is left unread; else it is converted, and named.
    pub is_required: bool,
    /// Where public keys come from.
    pub keys: KeySource,
}

/// Objects of open claims whose records are given up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GiveUp {
    /// By key or full address; or a claim's address, for its objects that cannot be had.
    pub named: BTreeSet<String>,
    /// All that cannot be had, of every claim.
    pub missing: bool,
}

/// Objects that nobody expects to be readable any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AcceptUnread {
    /// By key or full address.
    pub named: BTreeSet<String>,
    /// All that this run cannot read.
    pub all: bool,
}

impl AcceptUnread {
    /// Whether the object is meant.
    pub(crate) fn has(&self, key: &str, address: &str) -> bool {
        self.all || self.named.contains(key) || self.named.contains(address)
    }
}

/// The month whose receipts are most likely a lane's latest: the last one asked for.
pub(crate) fn latest_month(days: DeliveryDays, now: Timestamp) -> Month {
    let today = now.to_zoned(TimeZone::UTC).date();
    Month::of(days.to.map_or(today, |to| to.min(today)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_month_is_that_of_the_range_but_not_in_the_future() {
        let now = "2024-06-01T03:00:00Z".parse().unwrap();
        let month = |to: &str| {
            let days = DeliveryDays {
                from: None,
                to: to.parse().ok(),
            };
            latest_month(days, now)
        };
        assert_eq!(month(""), Month::Of(2024, 6));
        assert_eq!(month("2024-02-01"), Month::Of(2024, 2));
        assert_eq!(month("2030-01-01"), Month::Of(2024, 6));
    }
}
