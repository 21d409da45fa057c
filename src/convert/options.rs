//! What a run is asked to do.

use crate::ledger::{Month, RowOptions};
use crate::table::{EncodeOptions, Lane, Schema};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use std::{collections::BTreeSet, str::FromStr, sync::Arc};
use xxhash_rust::xxh3::xxh3_64;

/// A window of some weeks touches no more months.
const LATEST_MONTHS: i64 = 3;

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
    pub range: Range,
    /// Which lanes are this worker's.
    pub shard: Shard,
    /// Objects to finish open claims without, by key or full address.
    pub give_up: BTreeSet<String>,
    /// Threads for inflating, parsing and encoding; with none, the caller's own does it.
    pub threads: usize,
    /// Bytes that batches under way may take together.
    pub memory: u64,
    /// The time of the run: later events than a day from now are rejects where the key
    /// gives no delivery time.
    pub now: Timestamp,
}

/// Which raw objects a run looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// First delivery day.
    pub from: Option<Date>,
    /// Last delivery day.
    pub to: Option<Date>,
    /// Accounts; all when empty.
    pub accounts: BTreeSet<String>,
    /// Regions; all when empty.
    pub regions: BTreeSet<String>,
}

impl Range {
    /// Whether the account is asked for.
    pub fn has_account(&self, account: &str) -> bool {
        self.accounts.is_empty() || self.accounts.contains(account)
    }

    /// Whether the lane is asked for.
    pub fn has_lane(&self, lane: &Lane) -> bool {
        self.has_account(&lane.account)
            && (self.regions.is_empty() || self.regions.contains(&lane.region))
    }

    /// The months whose receipts are most likely a lane's latest: the last ones asked for,
    /// from the last on. Few, since each costs a listing where a lane is quiet.
    pub(crate) fn latest_months(&self, now: Timestamp) -> Vec<Month> {
        let today = now.to_zoned(TimeZone::UTC).date();
        let last = self.to.unwrap_or(today).min(today);
        let first = self.from.map_or(last, |from| from.min(last));
        let months = (0..LATEST_MONTHS).map_while(|back| {
            let month = last.first_of_month().checked_sub(back.months()).ok()?;
            (month >= first.first_of_month()).then(|| Month::of(month))
        });
        months.collect()
    }

    /// The delivery days asked for; none when all are.
    pub fn days(&self) -> Option<(Date, Date)> {
        (self.from.is_some() || self.to.is_some())
            .then(|| (self.from.unwrap_or(Date::MIN), self.to.unwrap_or(Date::MAX)))
    }
}

/// Worker `index` (from 1) of `count`: a stable hash gives each lane to one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    pub index: u32,
    /// At least 1.
    pub count: u32,
}

impl Shard {
    /// The only worker.
    pub const ALL: Self = Self { index: 1, count: 1 };

    /// Whether the lane is this worker's.
    pub fn has_lane(self, lane: &Lane) -> bool {
        let hash = xxh3_64(format!("{}/{}", lane.account, lane.region).as_bytes());
        hash % u64::from(self.count) == u64::from(self.index - 1)
    }

    /// Whether objects whose key names no lane are this worker's: their lanes are known
    /// only once they are read, so one worker reads them all.
    pub fn has_keyless(self) -> bool {
        self.index == 1
    }
}

/// Why a text is no shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write a shard as K/N with 1 <= K <= N, for example 2/8")]
pub struct ShardError;

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let (index, count) = text.split_once('/').ok_or(ShardError)?;
        let index = index.parse().map_err(|_| ShardError)?;
        let count = count.parse().map_err(|_| ShardError)?;
        if (1..=count).contains(&index) {
            Ok(Self { index, count })
        } else {
            Err(ShardError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_months_are_those_of_the_range_that_are_not_in_the_future() {
        let now = "2024-06-01T03:00:00Z".parse().unwrap();
        let months = |from: &str, to: &str| {
            let (from, to) = (from.parse().ok(), to.parse().ok());
            let range = Range {
                from,
                to,
                ..Range::default()
            };
            range.latest_months(now)
        };
        assert_eq!(months("", ""), [Month::Of(2024, 6)]);
        assert_eq!(
            months("2024-05-31", ""),
            [Month::Of(2024, 6), Month::Of(2024, 5)]
        );
        assert_eq!(
            months("2024-01-31", "2024-02-01"),
            [Month::Of(2024, 2), Month::Of(2024, 1)]
        );
        assert_eq!(months("2013-01-01", "2030-01-01").len(), 3);
        assert_eq!(months("2030-01-01", ""), [Month::Of(2024, 6)]);
    }

    #[test]
    fn every_lane_belongs_to_exactly_one_shard() {
        for n in 0..500 {
            let lane = Lane {
                account: format!("{n:012}"),
                region: "us-east-1".into(),
            };
            let owners = (1..=7).filter(|&index| Shard { index, count: 7 }.has_lane(&lane));
            assert_eq!(owners.count(), 1);
        }
    }

    #[test]
    fn a_shard_outside_its_count_is_refused() {
        for text in ["0/3", "4/3", "1", "a/b", "1/0", "-1/2"] {
            assert_eq!(text.parse::<Shard>(), Err(ShardError), "{text}");
        }
        assert_eq!("2/3".parse(), Ok(Shard { index: 2, count: 3 }));
    }
}
