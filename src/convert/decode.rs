//! The bytes of one raw object → its rows, or why it cannot be read.

use crate::cloudtrail::{
    Document, Left, LeftOut, Limits, Rules, Sha256, Unreadable, open_document, read_document,
};
use crate::table::{ObjectRows, Schema, shred};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::list::RawObject;

/// An object that was read.
#[derive(Debug)]
pub struct Decoded {
    /// Its rows and rejects.
    pub rows: ObjectRows,
    /// Of the bytes as delivered.
    pub sha256: Sha256,
    /// Uncompressed bytes.
    pub uncompressed_bytes: u64,
    /// What stands in it besides and is no record.
    pub left: LeftOut,
    /// Whether another path might find other records in it, by [`Rules::unwrap`].
    pub depends_on_path: bool,
}

impl Decoded {
    /// What most of it is, if none of it is a record.
    pub(super) fn only_left(&self) -> Option<Left> {
        let holds_none = self.rows.is_empty() && self.rows.rejects().len() == 0;
        let most = self.left.iter().max_by_key(|(_, count)| **count);
        most.filter(|_| holds_none).map(|(left, _)| *left)
    }
}

/// Inflates and parses one object within its limits. `source_file` is what its rows say they
/// come from; `latest` the last event time that is believed.
pub fn decode(
    schema: &Schema,
    delivered: &[u8],
    limits: Limits,
    source_file: &str,
    latest: Timestamp,
    rules: Rules<'_>,
) -> Result<Decoded, Unreadable> {
    let decoded = |document: Result<Document, Unreadable>| {
        let mut document = document?;
        let (sha256, uncompressed_bytes) = (document.sha256, document.uncompressed_bytes);
        let left = std::mem::take(&mut document.left);
        let depends_on_path = document.depends_on_path;
        let rows = shred(schema, document, source_file, latest, limits)?;
        Ok(Decoded {
            rows,
            sha256,
            uncompressed_bytes,
            left,
            depends_on_path,
        })
    };
    let read = || decoded(read_document(delivered, limits));
    let has_wrapper = match read() {
        Ok(Decoded { rows, .. }) if rows.has_wrapper() || (rows.has_hollow() && !rules.is_log) => {
            true
        }
        Ok(decoded) if !decoded.rows.has_timeless() => return Ok(decoded),
        // To open it may take as much again, so what was read is not kept.
        Ok(_) | Err(Unreadable::NotJson | Unreadable::NoRecords) => false,
        Err(Unreadable::InvalidUtf8OutsideRecords) => false,
        Err(reason) => return Err(reason),
    };
    match decoded(open_document(delivered, limits, rules)) {
        Err(Unreadable::NoRecords | Unreadable::NotJson) if !has_wrapper => {
            let unopened = read()?;
            Ok(Decoded {
                depends_on_path: true,
                ..unopened
            })
        }
        opened => opened,
    }
}

/// The last event time believed of an object: a day after its delivery, or after `now`
/// where its key tells no delivery.
pub fn latest_event_time(object: &RawObject, now: Timestamp) -> Timestamp {
    let day = SignedDuration::from_hours(24);
    let end_of_day = |date: jiff::civil::Date| {
        let midnight = date.to_zoned(TimeZone::UTC).ok()?;
        midnight.timestamp().checked_add(day).ok()
    };
    let delivered = object.time.or_else(|| object.day.and_then(end_of_day));
    let base = delivered.unwrap_or(now);
    base.checked_add(day).unwrap_or(Timestamp::MAX)
}
