//! The key of a restored file.

use crate::cloudtrail::{KeyKind, Sha256, parse_key};
use crate::lane::Lane;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

/// Segments of CloudTrail's key from the account on.
const SEGMENTS: usize = 7;

/// The key of what was delivered at `address`: its own, from `AWSLogs/` on. What lay under no key
/// of CloudTrail's gets one of its lane, as if delivered when it was read, so that event times are
/// believed as they were then.
pub(super) fn restored_key(address: &str, lane: &Lane, read_at: Timestamp) -> String {
    let mut key = match parse_key(address) {
        KeyKind::Raw(_) => own_key(address),
        _ => made_key(address, lane, read_at),
    };
    if !key.ends_with(".gz") {
        key.push_str(".gz");
    }
    key
}

fn own_key(address: &str) -> String {
    let segments: Vec<&str> = address.split('/').collect();
    let account = segments.len().saturating_sub(SEGMENTS);
    let is_organisation = |name: &&str| name.starts_with("o-");
    let above = account
        .checked_sub(1)
        .and_then(|at| segments.get(at).copied());
    let organisation = above.filter(is_organisation).map(|name| format!("{name}/"));
    let tail = segments.get(account..).unwrap_or_default().join("/");
    format!("AWSLogs/{}{tail}", organisation.unwrap_or_default())
}

fn made_key(address: &str, lane: &Lane, read_at: Timestamp) -> String {
    // A name has minutes: the next one, so that no event is later than it was then.
    let minute = jiff::TimestampRound::new()
        .smallest(Unit::Minute)
        .mode(jiff::RoundMode::Ceil);
    let time = read_at
        .round(minute)
        .unwrap_or(read_at)
        .to_zoned(TimeZone::UTC);
    let (account, region) = (lane.account, &lane.region);
    let (day, stamp) = (time.strftime("%Y/%m/%d"), time.strftime("%Y%m%dT%H%MZ"));
    let unique = unique(&[address.as_bytes()]);
    format!(
        "AWSLogs/{account}/CloudTrail/{region}/{day}/{account}_CloudTrail_{region}_{stamp}_{unique}.json.gz"
    )
}

/// Another key for what finds its own taken by other records: replaced objects share a name.
pub(super) fn other_key(key: &str, content: Sha256, attempt: u32) -> String {
    let (folder, name) = key.rsplit_once('/').unwrap_or(("", key));
    let (stem, ending) = name.split_once('.').unwrap_or((name, "json.gz"));
    let unique = unique(&[content.as_bytes(), &attempt.to_be_bytes()]);
    format!("{folder}/{stem}_{unique}.{ending}")
}

/// Sixteen characters, as CloudTrail's names have them.
fn unique(parts: &[&[u8]]) -> String {
    let hash = Sha256::of(&parts.concat()).to_string();
    hash.to_ascii_uppercase().chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "CloudTrail/eu-west-1/2024/05/01/111122223333_CloudTrail_eu-west-1_20240501T1200Z_x.json.gz";

    fn key(address: &str) -> String {
        let lane = Lane::parse("111122223333", "eu-west-1").unwrap();
        restored_key(address, &lane, "2026-01-02T03:04:05Z".parse().unwrap())
    }

    #[test]
    fn a_file_gets_its_own_key_back_whatever_lay_before_it() {
        let plain = format!("AWSLogs/111122223333/{NAME}");
        for prefix in ["s3://b/", "s3://b/some/prefix/", "/home/x/"] {
            assert_eq!(key(&format!("{prefix}{plain}")), plain);
        }
        assert_eq!(key(&format!("/case/111122223333/{NAME}")), plain);
        let organisation = format!("AWSLogs/o-abc/111122223333/{NAME}");
        assert_eq!(key(&format!("s3://b/o-abc/{organisation}")), organisation);
        let plain_json = plain.trim_end_matches(".gz");
        assert_eq!(key(plain_json), plain);
    }

    #[test]
    fn what_had_no_key_of_cloudtrails_gets_one_of_its_lane_and_the_time_it_was_read() {
        let made = key("/case/dump.json");
        let KeyKind::Raw(parsed) = parse_key(&made) else {
            panic!("{made}");
        };
        assert_eq!(parsed.lane.to_string(), "111122223333/eu-west-1");
        assert_eq!(parsed.time.unwrap().to_string(), "2026-01-02T03:05:00Z");
        assert_ne!(made, key("/case/other.json"));
    }

    #[test]
    fn another_key_is_of_the_same_lane_and_time() {
        let own = format!("AWSLogs/111122223333/{NAME}");
        let other = other_key(&own, Sha256::of(b"x"), 1);
        assert_eq!(parse_key(&other), parse_key(&own));
        assert_ne!(other, own);
        assert_ne!(other, other_key(&own, Sha256::of(b"x"), 2));
    }
}
