//! Which lanes, which delivery days, which dates of events, and whose share of the lanes.

use crate::lane::{Account, Lane, Region};
use crate::names::Names;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// Lanes by account and region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lanes {
    /// Accounts; all when empty.
    pub accounts: BTreeSet<Account>,
    /// Regions; all when empty.
    pub regions: BTreeSet<Region>,
}

impl Lanes {
    /// Whether the account is asked for.
    pub fn has_account(&self, account: Account) -> bool {
        self.accounts.is_empty() || self.accounts.contains(&account)
    }

    /// Whether the lane is asked for.
    pub fn has(&self, lane: &Lane) -> bool {
        self.has_account(lane.account)
            && (self.regions.is_empty() || self.regions.contains(&lane.region))
    }
}

/// Days on which raw objects were delivered, from their keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeliveryDays {
    /// The first; without, from the beginning.
    pub from: Option<Date>,
    /// The last; without, to the end.
    pub to: Option<Date>,
}

impl DeliveryDays {
    /// Whether the day is asked for.
    pub fn has(&self, day: Date) -> bool {
        within(self.from, self.to, day)
    }

    /// Whether some day from `first` to `last` is asked for.
    pub fn touch(&self, first: Date, last: Date) -> bool {
        self.from.is_none_or(|from| from <= last) && self.to.is_none_or(|to| first <= to)
    }
}

/// UTC dates of events, which are those of partitions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EventDates {
    /// The first; without, from the beginning.
    pub from: Option<Date>,
    /// The last; without, to the end.
    pub to: Option<Date>,
}

impl EventDates {
    /// Whether the date is asked for.
    pub fn has(&self, date: Date) -> bool {
        within(self.from, self.to, date)
    }
}

fn within(from: Option<Date>, to: Option<Date>, day: Date) -> bool {
    from.is_none_or(|from| from <= day) && to.is_none_or(|to| day <= to)
}

/// Which raw objects a run looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Of these lanes.
    pub lanes: Lanes,
    /// Delivered on these days.
    pub days: DeliveryDays,
    /// Of these names.
    pub names: Names,
}

/// Which worker, from 1, has which lane.
pub type Parts = BTreeMap<Lane, u32>;

/// Worker `index` (from 1) of `count`: a plan, or else a stable hash, gives each lane to one of
/// them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    pub index: u32,
    /// At least 1.
    pub count: u32,
    /// What was planned; lanes that are not in it go by the hash.
    pub plan: Option<Arc<Parts>>,
}

impl Shard {
    /// The only worker.
    pub const ALL: Self = Self {
        index: 1,
        count: 1,
        plan: None,
    };

    /// Whether there is no other worker.
    pub fn is_whole(&self) -> bool {
        self.count == 1
    }

    /// Whether the lane is this worker's.
    pub fn has_lane(&self, lane: &Lane) -> bool {
        let planned = self.plan.as_ref().and_then(|plan| plan.get(lane));
        planned.map_or_else(|| self.has_by_hash(lane), |part| *part == self.index)
    }

    fn has_by_hash(&self, lane: &Lane) -> bool {
        let hash = xxh3_64(format!("{}/{}", lane.account, lane.region).as_bytes());
        hash % u64::from(self.count) == u64::from(self.index - 1)
    }

    /// Whether objects whose key names no lane are this worker's: their lanes are known
    /// only once they are read, so one worker reads them all.
    pub fn has_unplaced(&self) -> bool {
        self.index == 1
    }
}

/// Why a text is no shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write a shard as K/N with 1 <= K <= N, for example 2/8")]
pub struct ShardError;

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let (index, count) = text.split_once('/').ok_or(ShardError)?;
        let index = index.parse().map_err(|_| ShardError)?;
        let count = count.parse().map_err(|_| ShardError)?;
        if (1..=count).contains(&index) {
            Ok(Self {
                index,
                count,
                plan: None,
            })
        } else {
            Err(ShardError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(number: u32) -> Lane {
        Lane::parse(&format!("{number:012}"), "us-east-1").unwrap()
    }

    #[test]
    fn every_lane_belongs_to_exactly_one_shard_planned_or_not() {
        let planned: Parts = (0..250).map(|n| (lane(n), n % 7 + 1)).collect();
        for plan in [None, Some(Arc::new(planned))] {
            for n in 0..500 {
                let shard = |index| Shard {
                    index,
                    count: 7,
                    plan: plan.clone(),
                };
                let owners = (1..=7).filter(|&index| shard(index).has_lane(&lane(n)));
                let owners: Vec<u32> = owners.collect();
                assert_eq!(owners.len(), 1);
                if plan.is_some() && n < 250 {
                    assert_eq!(owners[0], n % 7 + 1);
                }
            }
        }
    }

    #[test]
    fn a_shard_outside_its_count_is_refused() {
        for text in ["0/3", "4/3", "1", "a/b", "1/0", "-1/2"] {
            assert_eq!(text.parse::<Shard>(), Err(ShardError), "{text}");
        }
        let shard: Shard = "2/3".parse().unwrap();
        assert_eq!((shard.index, shard.count, shard.plan), (2, 3, None));
    }

    #[test]
    fn days_touch_what_they_overlap() {
        let day = |day| jiff::civil::date(2024, 5, day);
        let days = DeliveryDays {
            from: Some(day(10)),
            to: Some(day(12)),
        };
        assert!(days.touch(day(1), day(10)) && days.touch(day(12), day(20)));
        assert!(!days.touch(day(1), day(9)) && !days.touch(day(13), day(20)));
        assert!(days.has(day(11)) && !days.has(day(13)));
        assert!(DeliveryDays::default().touch(day(1), day(1)));
    }
}
