//! Where a row belongs: its account, region, lane and partition, each parsed by one rule.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// An AWS account: twelve digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Account([u8; 12]);

/// A region as partitions have it: `[a-z0-9-]{3,32}` with a letter.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(Arc<str>);

/// Why a text is no account or region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LaneError {
    /// Not twelve digits.
    #[error("{0:?} is no account: write its 12 digits")]
    NoAccount(String),
    /// Not what a region looks like.
    #[error("{0:?} is no region: write it as us-east-1")]
    NoRegion(String),
}

impl Account {
    /// Where records stand that name no account.
    pub const UNKNOWN: Self = Self(*b"000000000000");

    /// The account that a text is, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: [u8; 12] = text.as_bytes().try_into().ok()?;
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then_some(Self(digits))
    }

    /// Its twelve digits.
    pub fn as_str(&self) -> &str {
        // Digits are ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Region {
    /// The region that a text is, if it can be one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_part = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let is_region = (3..=32).contains(&text.len())
            && text.bytes().all(is_part)
            && text.bytes().any(|byte| byte.is_ascii_lowercase());
        is_region.then(|| Self(text.into()))
    }

    /// Where records stand that name no region.
    pub fn unknown() -> Self {
        Self("unknown".into())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Account {
    type Err = LaneError;

    fn from_str(text: &str) -> Result<Self, LaneError> {
        Self::parse(text).ok_or_else(|| LaneError::NoAccount(text.to_owned()))
    }
}

impl FromStr for Region {
    type Err = LaneError;

    fn from_str(text: &str) -> Result<Self, LaneError> {
        Self::parse(text).ok_or_else(|| LaneError::NoRegion(text.to_owned()))
    }
}

impl TryFrom<String> for Account {
    type Error = LaneError;

    fn try_from(text: String) -> Result<Self, LaneError> {
        text.parse()
    }
}

impl TryFrom<String> for Region {
    type Error = LaneError;

    fn try_from(text: String) -> Result<Self, LaneError> {
        text.parse()
    }
}

impl From<Account> for String {
    fn from(account: Account) -> Self {
        account.as_str().to_owned()
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.as_str().to_owned()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One account and region; the unit of sharding, and of the ledger's logs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Lane {
    /// The account.
    pub account: Account,
    /// The region.
    pub region: Region,
}

impl Lane {
    /// The lane of two texts, if they are an account and a region.
    pub fn parse(account: &str, region: &str) -> Option<Self> {
        Some(Self {
            account: Account::parse(account)?,
            region: Region::parse(region)?,
        })
    }

    /// The lane of a folder that [`Lane::path`] gives.
    pub fn parse_path(path: &str) -> Option<Self> {
        let (account, region) = path.strip_suffix('/')?.split_once('/')?;
        let (account, region) = (
            account.strip_prefix("account=")?,
            region.strip_prefix("region=")?,
        );
        Self::parse(account, region)
    }

    /// Where records stand that name neither account nor region, and objects without records.
    pub fn unknown() -> Self {
        Self {
            account: Account::UNKNOWN,
            region: Region::unknown(),
        }
    }

    /// Whether its records did not name their account, or their region.
    pub fn is_unknown(&self) -> bool {
        self.account == Account::UNKNOWN || self.region == Region::unknown()
    }

    /// The lane of a record whose raw object's key names none: `recipientAccountId`, else
    /// `userIdentity.accountId`, if it is an account; and `awsRegion` if it is a region.
    pub fn of_record(
        recipient_account: Option<&str>,
        identity_account: Option<&str>,
        aws_region: Option<&str>,
    ) -> Self {
        let account = recipient_account
            .and_then(Account::parse)
            .or_else(|| identity_account.and_then(Account::parse));
        Self {
            account: account.unwrap_or(Account::UNKNOWN),
            region: aws_region
                .and_then(Region::parse)
                .unwrap_or_else(Region::unknown),
        }
    }

    /// The folder of the lane, relative to the table: `account=…/region=…/`.
    pub fn path(&self) -> String {
        format!("account={}/region={}/", self.account, self.region)
    }
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
        let lane = Lane::parse(account, region)?;
        let date = date.parse().ok()?;
        parts.next().is_none().then_some(Self { lane, date })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_the_first_of_twelve_digits() {
        let account = |recipient, identity| {
            let lane = Lane::of_record(recipient, identity, None);
            lane.account.as_str().to_owned()
        };
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
        let region = |name| Lane::of_record(None, None, Some(name)).region;
        let (longest, too_long) = ("a".repeat(32), "a".repeat(33));
        for good in ["us-gov-west-1", "us-iso-east-1", "abc", &longest] {
            assert_eq!(region(good).as_str(), good);
        }
        for bad in ["", "us", "US-EAST-1", "123", "---", "a/../b", &too_long] {
            assert_eq!(region(bad), Region::unknown());
        }
    }

    #[test]
    fn a_partition_path_reads_back() {
        let partition = Partition {
            lane: Lane::parse("123456789012", "eu-west-1").unwrap(),
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

    #[test]
    fn what_is_no_lane_is_no_lane_in_a_document_either() {
        let read = |text| serde_json::from_str::<Lane>(text).is_ok();
        assert!(read(r#"{"account":"111122223333","region":"us-east-1"}"#));
        assert!(!read(r#"{"account":"1","region":"us-east-1"}"#));
        assert!(!read(r#"{"account":"111122223333","region":"../x"}"#));
    }
}
