//! Object keys of CloudTrail deliveries.
//!
//! `[prefix/]AWSLogs/[o-orgid/]<account>/<folder>/<region>/YYYY/MM/DD/<name>` is what the
//! [user guide] documents; Control Tower puts `o-id/AWSLogs/o-id/` before the account. Only
//! the tail from the account on is read, so that any prefix will do, and a source that
//! itself lies inside the tree as well, as long as callers give the full path.
//!
//! [user guide]: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::lane::{Account, Lane, Region};

/// A folder of deliveries that are converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Folder {
    /// `CloudTrail`: management and data events.
    CloudTrail,
    /// `CloudTrail-NetworkActivity`
    NetworkActivity,
    /// `CloudTrail-Insight`
    Insight,
}

impl Folder {
    /// All folders, in the byte order of their names.
    pub const ALL: [Folder; 3] = [Folder::CloudTrail, Folder::Insight, Folder::NetworkActivity];

    /// The name in the key.
    pub fn name(self) -> &'static str {
        match self {
            Folder::CloudTrail => "CloudTrail",
            Folder::NetworkActivity => "CloudTrail-NetworkActivity",
            Folder::Insight => "CloudTrail-Insight",
        }
    }
}

/// Folders beside those that are counted and left: their files hold no events.
const LEFT: [&str; 2] = ["CloudTrail-Digest", "CloudTrail-Aggregated"];

/// What the key of a delivered log file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawKey {
    /// The account whose events these are, and the region that delivered.
    pub lane: Lane,
    /// The folder under the account.
    pub folder: Folder,
    /// The day of delivery, of the path.
    pub day: Date,
    /// The time of delivery, of the name, if it has one.
    pub time: Option<Timestamp>,
}

/// What an object is, by its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyKind {
    /// A log file to convert.
    Raw(RawKey),
    /// A file of a folder that is left, with the folder's name.
    Left(&'static str),
    /// The key names no lane. [`is_readable_name`] says whether it may still hold records.
    Other,
}

/// A folder of one lane: `…/<account>/<folder>/<region>/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LanePrefix {
    /// The account, and the region that delivered.
    pub lane: Lane,
    /// The folder under the account.
    pub folder: Folder,
}

/// Where in the tree a prefix is, for those who walk it level by level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Level {
    /// A lane's folder; `YYYY/MM/DD/` are below.
    Lane(LanePrefix),
    /// A year, month or day of a lane.
    InLane(LanePrefix),
    /// A folder of an account that is left, or below one, with the folder's name.
    Left(&'static str),
    /// Anything else; lanes may be below.
    Above,
}

/// Reads a full key.
pub fn parse_key(key: &str) -> KeyKind {
    read_key(key).unwrap_or(KeyKind::Other)
}

fn read_key(key: &str) -> Option<KeyKind> {
    let mut segments = key.rsplit('/');
    let name = segments.next()?;
    let (day, month, year) = (segments.next()?, segments.next()?, segments.next()?);
    let (region, folder, account) = (segments.next()?, segments.next()?, segments.next()?);
    let day = read_day(year, month, day)?;
    let lane = Lane::parse(account, region)?;
    if name.is_empty() || name.starts_with('.') {
        return None;
    }
    match read_folder(folder)? {
        Ok(folder) => Some(KeyKind::Raw(RawKey {
            lane,
            folder,
            day,
            time: delivery_time(name),
        })),
        Err(left) => Some(KeyKind::Left(left)),
    }
}

/// Whether a name says JSON: `.json`, `.jsonl` or `.ndjson`, with or without `.gz` or `.zst`, and
/// not hidden.
pub fn is_readable_name(key: &str) -> bool {
    let (name, stem) = name_and_stem(key);
    !name.starts_with('.')
        && [".json", ".jsonl", ".ndjson"]
            .iter()
            .any(|extension| stem.ends_with(extension))
}

/// Whether a file is worth a look although its key names no lane: its name says JSON, or is one
/// that exports, shippers and rotations give: `.log`, `.txt`, no extension but digits, each also
/// with `.gz` or `.zst`.
pub fn may_hold_records(key: &str) -> bool {
    let (name, stem) = name_and_stem(key);
    let is_export = || match stem.rsplit_once('.') {
        Some((_, last)) => {
            let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
            is_number || last == "log" || last == "txt"
        }
        None => true,
    };
    is_readable_name(key) || (!name.is_empty() && !name.starts_with('.') && is_export())
}

/// The name of a key, and in small letters without `.gz` or `.zst`.
fn name_and_stem(key: &str) -> (&str, String) {
    let name = key.rsplit('/').next().unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    let packed = [".gz", ".zst"].into_iter();
    let stem = packed
        .filter_map(|packed| lower.strip_suffix(packed))
        .next();
    let stem = stem.unwrap_or(&lower).to_owned();
    (name, stem)
}

/// Reads a full prefix, with or without its last `/`.
pub fn level_of_prefix(prefix: &str) -> Level {
    let segments: Vec<&str> = prefix.trim_end_matches('/').rsplit('/').collect();
    // The account can be up to five levels above the last one: folder, region, year, month, day.
    for up in 1..=5 {
        let (Some(account), Some(folder)) = (segments.get(up), segments.get(up - 1)) else {
            break;
        };
        let (folder, account) = match (read_folder(folder), Account::parse(account)) {
            (Some(Ok(folder)), Some(account)) => (folder, account),
            (Some(Err(left)), Some(_)) => return Level::Left(left),
            _ => continue,
        };
        let below = segments.get(..up - 1).unwrap_or_default();
        let Some((region, date)) = below.split_last() else {
            continue;
        };
        if let Some(region) = Region::parse(region)
            && is_date_path(date)
        {
            let lane = LanePrefix {
                lane: Lane { account, region },
                folder,
            };
            return if date.is_empty() {
                Level::Lane(lane)
            } else {
                Level::InLane(lane)
            };
        }
    }
    Level::Above
}

/// Whether the segments, last first, are the beginning of `YYYY/MM/DD`.
fn is_date_path(segments: &[&str]) -> bool {
    let mut path = segments.iter().rev().copied();
    let year = path.next().unwrap_or("2000");
    let month = path.next().unwrap_or("01");
    let day = path.next().unwrap_or("01");
    path.next().is_none() && read_day(year, month, day).is_some()
}

/// A converted folder, or the name of one that is left.
fn read_folder(name: &str) -> Option<Result<Folder, &'static str>> {
    let folder = Folder::ALL.into_iter().find(|folder| folder.name() == name);
    let left = LEFT.into_iter().find(|left| *left == name);
    folder.map(Ok).or(left.map(Err))
}

fn read_day(year: &str, month: &str, day: &str) -> Option<Date> {
    let number = |text: &str, length: usize| {
        let is_number = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<i16>().ok()).flatten()
    };
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The first `_YYYYMMDDTHHmmZ` or `_YYYYMMDDTHHmmssZ` of a name, whatever follows it.
fn delivery_time(name: &str) -> Option<Timestamp> {
    name.match_indices('_')
        .find_map(|(at, _)| read_delivery_time(name.get(at + 1..)?))
}

fn read_delivery_time(text: &str) -> Option<Timestamp> {
    let day = read_day(text.get(..4)?, text.get(4..6)?, text.get(6..8)?)?;
    let (time, _) = text.get(8..)?.strip_prefix('T')?.split_once('Z')?;
    if !matches!(time.len(), 4 | 6) || !time.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |at: usize| time.get(at..at + 2).map_or(Ok(0), str::parse::<i8>).ok();
    let time = jiff::civil::Time::new(number(0)?, number(2)?, number(4)?, 0).ok()?;
    TimeZone::UTC.to_timestamp(day.to_datetime(time)).ok()
}

#[cfg(test)]
mod tests;
