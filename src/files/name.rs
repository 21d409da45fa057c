//! The name of a Parquet file.

use crate::ledger::{ClaimNumber, FileReceipt, Receipt};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use std::fmt;

/// The name of a file: its claim's number and id, and the seconds of the day between which
/// its events lie, so that a listing is enough to leave out most files of a partition.
///
/// `<claim number>-<HHMMSS>-<HHMMSS>-<claim id>.parquet`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileName {
    pub(crate) number: ClaimNumber,
    /// First and last second of the UTC day of its events.
    pub(crate) seconds: (u32, u32),
    pub(crate) claim_id: String,
}

impl FileName {
    /// Reads a name back. None for names of other programs.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let mut parts = name.strip_suffix(".parquet")?.splitn(4, '-');
        let number = ClaimNumber::parse(parts.next()?)?;
        let mut second = || {
            let text = parts.next().filter(|text| text.len() == 6)?;
            let digits: u32 = text.parse().ok()?;
            Some(digits / 10_000 * 3600 + digits / 100 % 100 * 60 + digits % 100)
        };
        let seconds = (second()?, second()?);
        let claim_id = parts.next()?.to_owned();
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (!claim_id.is_empty() && claim_id.bytes().all(is_hex)).then_some(Self {
            number,
            seconds,
            claim_id,
        })
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |second: u32| {
            format!(
                "{:02}{:02}{:02}",
                second / 3600,
                second / 60 % 60,
                second % 60
            )
        };
        let (first, last) = self.seconds;
        let (number, id) = (self.number, &self.claim_id);
        write!(f, "{number}-{}-{}-{id}.parquet", clock(first), clock(last))
    }
}

/// The time of the newest event in a claim's files, to the second, as their names tell it.
pub(crate) fn newest_event(receipt: &Receipt) -> Option<Timestamp> {
    let last = |file: &FileReceipt| {
        let (_, second) = FileName::parse(&file.name)?.seconds;
        let midnight = file.date.to_zoned(TimeZone::UTC).ok()?.timestamp();
        midnight
            .checked_add(SignedDuration::from_secs(second.into()))
            .ok()
    };
    let files = receipt.written.iter().filter(|file| file.rows > 0);
    files.filter_map(last).max()
}

/// Seconds of the UTC day, from UTC milliseconds.
pub(crate) fn second_of_day(millis: i64) -> u32 {
    // Less than 86,400.
    (millis.rem_euclid(86_400_000) / 1000) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_tells_its_claim_and_the_times_of_its_events() {
        let name = FileName {
            number: ClaimNumber::parse("000000000042").unwrap(),
            seconds: (3_661, 86_399),
            claim_id: "0a1b".to_owned(),
        };
        assert_eq!(name.to_string(), "000000000042-010101-235959-0a1b.parquet");
        assert_eq!(FileName::parse(&name.to_string()), Some(name));
    }

    #[test]
    fn a_name_of_another_program_is_none() {
        for name in [
            "part-0000.parquet",
            "000000000042-010101-235959-.parquet",
            "000000000042-010101-235959-xyz.parquet",
            "000000000042-010101.parquet",
            "42-010101-235959-0a1b.parquet",
            "000000000042-010101-235959-0a1b",
        ] {
            assert_eq!(FileName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_second_of_the_day_is_that_of_utc_also_before_1970() {
        assert_eq!(second_of_day(86_400_000 + 1_999), 1);
        assert_eq!(second_of_day(-1), 86_399);
    }
}
