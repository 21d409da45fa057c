//! Where a row belongs: its lane and its partition.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::cloudtrail::{is_account, is_region};

/// One account and region; the unit of sharding.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Lane {
    /// Twelve digits.
    pub account: String,
    /// A region's name, or `unknown`.
    pub region: String,
}

/// The rows of one lane whose events are of one UTC date.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition {
    /// The lane.
    pub lane: Lane,
    /// The events' own UTC date.
    pub date: Date,
}

impl Partition {
    /// The folder of the partition, relative to the table: `account=…/region=…/date=…/`.
    pub fn path(&self) -> String {
        format!("{}date={}/", self.lane.path(), self.date)
    }

    /// The partition of a folder that [`Partition::path`] gives.
    pub fn parse(path: &str) -> Option<Self> {
        let mut parts = path.strip_suffix('/').unwrap_or(path).split('/');
        let mut value = |name: &str| parts.next()?.strip_prefix(name)?.strip_prefix('=');
        let (account, region, date) = (value("account")?, value("region")?, value("date")?);
        let lane = Lane {
            account: account.to_owned(),
            region: region.to_owned(),
        };
        let date = date.parse().ok()?;
        (parts.next().is_none() && is_account(account) && is_region(region))
            .then_some(Self { lane, date })
    }
}

impl Lane {
    /// The folder of the lane, relative to the table: `account=…/region=…/`.
    pub fn path(&self) -> String {
        format!("account={}/region={}/", self.account, self.region)
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

/// The lane of a record whose raw object's key names none: `recipientAccountId`, else
/// `userIdentity.accountId`, if it is twelve digits, else `000000000000`; and `awsRegion`
/// if it looks like a region, else `unknown`.
pub fn lane_of(
    recipient_account: Option<&str>,
    identity_account: Option<&str>,
    aws_region: Option<&str>,
) -> Lane {
    let account = [recipient_account, identity_account]
        .into_iter()
        .flatten()
        .find(|account| is_account(account))
        .unwrap_or("000000000000");
    let region = aws_region
        .filter(|region| is_region(region))
        .unwrap_or("unknown");
    Lane {
        account: account.to_owned(),
        region: region.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(account: &str, region: &str) -> Lane {
        Lane {
            account: account.to_owned(),
            region: region.to_owned(),
        }
    }

    #[test]
    fn the_account_is_the_first_of_twelve_digits() {
        let account = |recipient, identity| lane_of(recipient, identity, None).account;
        assert_eq!(
            account(Some("123456789012"), Some("210987654321")),
            "123456789012"
        );
        assert_eq!(
            account(Some("anonymous"), Some("210987654321")),
            "210987654321"
        );
        assert_eq!(account(None, Some("21098765432")), "000000000000");
        assert_eq!(account(Some("１23456789012"), None), "000000000000");
        assert_eq!(account(None, None), "000000000000");
    }

    #[test]
    fn a_region_is_three_to_32_characters_with_a_letter() {
        let region = |name| lane_of(None, None, Some(name)).region;
        let (longest, too_long) = ("a".repeat(32), "a".repeat(33));
        for good in ["us-gov-west-1", "us-iso-east-1", "abc", &longest] {
            assert_eq!(region(good), good);
        }
        for bad in ["", "us", "US-EAST-1", "123", "---", "a/../b", &too_long] {
            assert_eq!(region(bad), "unknown");
        }
    }

    #[test]
    fn a_partition_path_reads_back() {
        let partition = Partition {
            lane: lane("123456789012", "eu-west-1"),
            date: jiff::civil::date(2024, 5, 1),
        };
        let path = partition.path();
        assert_eq!(
            path,
            "account=123456789012/region=eu-west-1/date=2024-05-01/"
        );
        assert_eq!(Partition::parse(&path), Some(partition));
        assert_eq!(
            Partition::parse("account=1/region=eu-west-1/date=2024-05-01/"),
            None
        );
        assert_eq!(Partition::parse("_ledger/"), None);
    }
}
