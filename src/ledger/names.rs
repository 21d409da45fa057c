//! The names of the ledger's documents.

use crate::lane::Lane;
use crate::scope::DeliveryDays;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The ledger format that this program writes and reads.
pub const FORMAT: u32 = 2;

/// The folder of the ledger. Athena, Spark and Hive skip names that begin with `_`.
pub const FOLDER: &str = "_ledger/";

/// The folder of records that could not become rows.
pub const REJECTS_FOLDER: &str = "_rejects/";
/// The folder of what runs did, which nothing of the program reads.
pub const RUNS_FOLDER: &str = "_runs/";

/// What the name of a receipt says before the date to which partitions were removed.
const BEFORE: &str = "before-";

/// Digits of a claim's number in names.
const DIGITS: usize = 12;

/// A claim's place in its lane's log, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClaimNumber(u64);

impl ClaimNumber {
    /// The first.
    pub const FIRST: Self = Self(1);

    /// The number that `DIGITS` digits write.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits)?;
        (number > 0).then_some(Self(number))
    }

    /// The one after it; none after the last that has a name.
    pub fn next(self) -> Option<Self> {
        (self.0 + 1 < 10_u64.pow(DIGITS as u32)).then_some(Self(self.0 + 1))
    }

    /// The number itself.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ClaimNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0DIGITS$}", self.0)
    }
}

/// The folder of a receipt: the delivery month of a batch, where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Month {
    /// Year and month of the delivery day.
    Of(i16, i8),
    /// There is no delivery day: keys of raw objects name none.
    Undated,
    /// No raw object is settled: files are replaced or removed. Who looks for what was converted
    /// does not read these.
    Upkeep,
}

impl Month {
    /// The month of a delivery day.
    pub fn of(day: Date) -> Self {
        Self::Of(day.year(), day.month())
    }

    /// The month that a folder's name says.
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "undated" => return Some(Self::Undated),
            "upkeep" => return Some(Self::Upkeep),
            _ => {}
        }
        let (year, month) = name.split_once('-')?;
        let first = Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?;
        Some(Self::of(first)).filter(|month| month.to_string() == name)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(year, month) => write!(f, "{year:04}-{month:02}"),
            Self::Undated => f.write_str("undated"),
            Self::Upkeep => f.write_str("upkeep"),
        }
    }
}

/// The folder of a lane's ledger.
pub(super) fn lane_folder(lane: &Lane) -> String {
    format!("{FOLDER}{}/{}/", lane.account, lane.region)
}

/// The folder of a lane's claims.
pub(super) fn log_folder(lane: &Lane) -> String {
    format!("{}log/", lane_folder(lane))
}

/// The folder of a lane's receipts of one delivery month.
pub(super) fn month_folder(lane: &Lane, month: Month) -> String {
    format!("{}{month}/", lane_folder(lane))
}

/// The folder of a lane's rejects.
pub fn rejects_folder(lane: &Lane) -> String {
    format!("{REJECTS_FOLDER}{}", lane.path())
}

/// The claim that a rejects object's name, `<N>-<id>.ndjson`, says.
pub fn rejects_number(name: &str) -> Option<ClaimNumber> {
    ClaimNumber::parse(name.split_once('-')?.0)
}

/// What a receipt's name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReceiptName {
    pub(super) number: ClaimNumber,
    pub(super) period: Period,
}

/// Which delivery days a receipt is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Period {
    /// From the first to the last of these.
    Days(Date, Date),
    /// Keys of raw objects name none.
    Undated,
    /// No raw object is settled.
    Upkeep {
        /// Partitions of earlier dates were removed, if any were.
        expired_before: Option<Date>,
    },
}

impl Period {
    /// Whether it is about one of the days; what names none is about all.
    pub(crate) fn touches(self, days: DeliveryDays) -> bool {
        match self {
            Self::Days(first, last) => days.touch(first, last),
            Self::Undated | Self::Upkeep { .. } => true,
        }
    }

    /// The folder of its receipt.
    pub(super) fn month(self) -> Month {
        match self {
            Self::Days(first, _) => Month::of(first),
            Self::Undated => Month::Undated,
            Self::Upkeep { .. } => Month::Upkeep,
        }
    }
}

impl ReceiptName {
    /// The name that a key ends with, if it is one of a receipt.
    pub(super) fn parse(key: &str) -> Option<Self> {
        let (number, days) = last_part(key).split_once('.')?;
        let day = |text: &str| {
            let day = Date::strptime("%Y%m%d", text).ok()?;
            (text.len() == 8).then_some(day)
        };
        let period = match days {
            "undated" => Period::Undated,
            "upkeep" => Period::Upkeep {
                expired_before: None,
            },
            days if days.starts_with(BEFORE) => Period::Upkeep {
                expired_before: Some(day(&days[BEFORE.len()..])?),
            },
            days => {
                let (first, last) = days.split_once('-')?;
                Period::Days(day(first)?, day(last)?)
            }
        };
        Some(Self {
            number: ClaimNumber::parse(number)?,
            period,
        })
    }
}

impl fmt::Display for ReceiptName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.period {
            Period::Days(first, last) => write!(
                f,
                "{}.{}-{}",
                self.number,
                first.strftime("%Y%m%d"),
                last.strftime("%Y%m%d")
            ),
            Period::Undated => write!(f, "{}.undated", self.number),
            Period::Upkeep { expired_before } => match expired_before {
                None => write!(f, "{}.upkeep", self.number),
                Some(date) => write!(f, "{}.{BEFORE}{}", self.number, date.strftime("%Y%m%d")),
            },
        }
    }
}

/// What follows the last slash of a key.
pub(super) fn last_part(key: &str) -> &str {
    key.rsplit_once('/').map_or(key, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_receipt_key_tells_its_number_and_days() {
        let key = "_ledger/111122223333/us-east-1/2024-05/000000000042.20240501-20240517";
        let name = ReceiptName::parse(key).unwrap();
        assert_eq!(name.number.get(), 42);
        let days = Period::Days(date(2024, 5, 1), date(2024, 5, 17));
        assert_eq!(name.period, days);
        assert_eq!(days.month().to_string(), "2024-05");
        assert!(key.ends_with(&name.to_string()));
        let undated = ReceiptName::parse("undated/000000000001.undated").unwrap();
        assert_eq!(undated.period, Period::Undated);
        let upkeep = ReceiptName::parse("upkeep/000000000007.upkeep").unwrap();
        let expired_before = None;
        assert_eq!(upkeep.period, Period::Upkeep { expired_before });
        assert_eq!(upkeep.to_string(), "000000000007.upkeep");
        let expired = ReceiptName::parse("upkeep/000000000008.before-20240101").unwrap();
        let expired_before = Some(date(2024, 1, 1));
        assert_eq!(expired.period, Period::Upkeep { expired_before });
        assert_eq!(expired.to_string(), "000000000008.before-20240101");
    }

    #[test]
    fn what_is_no_name_of_ours_is_none() {
        for name in [
            "",
            "1.undated",
            "000000000000.undated",
            "000000000001",
            "000000000001.20240501",
            "000000000001.2024051-20240501",
            "00000000000x.undated",
            "18446744073709551615.undated",
            "README.txt",
        ] {
            assert_eq!(ReceiptName::parse(name), None, "{name}");
        }
        for number in [
            "18446744073709551615",
            "0000000000001",
            "+00000000001",
            "000000000000",
        ] {
            assert_eq!(ClaimNumber::parse(number), None, "{number}");
        }
        for month in ["2024-5", "2024-13", "+024-05", "log", "2024-05-01"] {
            assert_eq!(Month::parse(month), None, "{month}");
        }
        assert_eq!(Month::parse("2024-05"), Some(Month::Of(2024, 5)));
    }

    #[test]
    fn the_name_of_a_rejects_object_tells_its_claim() {
        let number = rejects_number("000000000042-0a1b.ndjson").map(ClaimNumber::get);
        assert_eq!(number, Some(42));
        assert_eq!(rejects_number("notes.txt"), None);
    }

    #[test]
    fn the_last_number_that_has_a_name_has_none_after_it() {
        let last = ClaimNumber::parse("999999999999").unwrap();
        assert_eq!(last.next(), None);
        assert_eq!(
            ClaimNumber::FIRST.next().unwrap().to_string(),
            "000000000002"
        );
    }
}
