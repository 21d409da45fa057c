//! Keys of digests, and the part of any key that stays when a tree is moved.

use crate::lane::{Account, Lane, Region};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// The folder of an account's digests.
pub const FOLDER: &str = "CloudTrail-Digest";

/// Segments of a key from the account on: folder, region, year, month, day, name.
const SEGMENTS: usize = 7;

/// The digests that name each other as their previous one: those of one trail in one region of
/// one account. Backfill digests have a chain of their own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chain {
    /// The account and region whose deliveries these digests list.
    pub lane: Lane,
    /// The trail's name.
    pub trail: String,
    /// The region that the trail was made in.
    pub home_region: String,
    /// Whether these list what the trail's first digests lacked.
    pub is_backfill: bool,
}

/// What the key of a digest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestKey {
    /// The chain.
    pub chain: Chain,
    /// The day of the path.
    pub day: Date,
    /// The end of the deliveries that it lists.
    pub end: Timestamp,
}

impl DigestKey {
    /// The day of its end, which is that of its path in every digest of CloudTrail's.
    pub fn end_day(&self) -> Date {
        self.end.to_zoned(TimeZone::UTC).date()
    }
}

/// Reads the full key of a digest:
/// `…/<account>/CloudTrail-Digest/<region>/YYYY/MM/DD/<account>_CloudTrail-Digest_<region>_<trail>_<home region>_<YYYYMMDDTHHMMSSZ>[_backfill].json.gz`.
/// A trail's name may have underscores.
pub fn parse_digest_key(key: &str) -> Option<DigestKey> {
    let [account, folder, region, _, _, _, name]: [&str; SEGMENTS] = moved_key(key)?
        .split('/')
        .collect::<Vec<_>>()
        .try_into()
        .ok()?;
    let lane = Lane {
        account: Account::parse(account)?,
        region: Region::parse(region)?,
    };
    let begin = format!("{account}_{FOLDER}_{region}_");
    let stem = name.strip_prefix(&begin)?.strip_suffix(".json")?;
    let (stem, is_backfill) = match stem.strip_suffix("_backfill") {
        Some(stem) => (stem, true),
        None => (stem, false),
    };
    let mut parts = stem.rsplitn(3, '_');
    let (time, home_region, trail) = (parts.next()?, parts.next()?, parts.next()?);
    let chain = Chain {
        lane,
        trail: trail.to_owned(),
        home_region: home_region.to_owned(),
        is_backfill,
    };
    (folder == FOLDER).then_some(DigestKey {
        chain,
        day: key_day(key)?,
        end: read_time(time)?,
    })
}

fn read_time(text: &str) -> Option<Timestamp> {
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

/// The part of a key that stays when a tree is moved to another bucket, prefix or folder: from the
/// account on, and without `.gz`, so that inflated copies are known as well. None if the key does
/// not end in `<account>/<folder>/<region>/YYYY/MM/DD/<name>`.
pub fn moved_key(key: &str) -> Option<&str> {
    let (at, _) = key.rmatch_indices('/').nth(SEGMENTS - 1).unwrap_or((0, ""));
    let tail = key.get(at..)?.trim_start_matches('/');
    let account = tail.split('/').next().and_then(Account::parse);
    key_day(key).filter(|_| account.is_some())?;
    Some(tail.strip_suffix(".gz").unwrap_or(tail))
}

/// The delivery day that a key's path says.
pub fn key_day(key: &str) -> Option<Date> {
    let mut segments = key.rsplit('/').skip(1);
    let (day, month, year) = (segments.next()?, segments.next()?, segments.next()?);
    format!("{year}-{month}-{day}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AWSLogs/o-abc/111122223333/CloudTrail-Digest/eu-west-1/2024/05/02/111122223333_CloudTrail-Digest_eu-west-1_my_own_trail_us-east-1_20240502T010203Z.json.gz";

    #[test]
    fn a_digest_key_tells_account_region_trail_home_region_and_end() {
        let key = parse_digest_key(KEY).unwrap();
        assert_eq!(key.chain.lane.to_string(), "111122223333/eu-west-1");
        assert_eq!(key.chain.trail, "my_own_trail");
        assert_eq!(key.chain.home_region, "us-east-1");
        assert!(!key.chain.is_backfill);
        assert_eq!(key.end.to_string(), "2024-05-02T01:02:03Z");
        assert_eq!(key.day.to_string(), "2024-05-02");
        let backfill = KEY.replace("Z.json", "Z_backfill.json");
        assert!(parse_digest_key(&backfill).unwrap().chain.is_backfill);
        let inflated = parse_digest_key(KEY.strip_suffix(".gz").unwrap());
        assert_eq!(inflated, Some(key));
    }

    #[test]
    fn what_is_no_digest_has_no_digest_key() {
        for (part, other) in [
            ("CloudTrail-Digest/", "CloudTrail/"),
            ("my_own_trail_us-east-1_", ""),
            ("T010203Z", "T0102Z"),
            ("T010203Z", "T019903Z"),
            (".json.gz", ".csv"),
            ("2024/05/02", "2024/13/02"),
            ("_eu-west-1_", "_eu-west-2_"),
        ] {
            let key = KEY.replace(part, other);
            assert_eq!(parse_digest_key(&key), None, "{key}");
        }
        assert_eq!(parse_digest_key(""), None);
    }

    #[test]
    fn the_part_of_a_key_that_stays_begins_with_the_account() {
        let log = "111122223333/CloudTrail/eu-west-1/2024/05/02/x.json";
        for place in [
            "",
            "AWSLogs/",
            "s3://bucket/prefix/AWSLogs/o-1/",
            "/a/b/444455556666/",
        ] {
            assert_eq!(moved_key(&format!("{place}{log}.gz")), Some(log), "{place}");
        }
        for other in [
            "2024/05/02/x.json.gz",
            "a/CloudTrail/eu-west-1/2024/05/02/x.json.gz",
            "x",
        ] {
            assert_eq!(moved_key(other), None, "{other}");
        }
    }
}
