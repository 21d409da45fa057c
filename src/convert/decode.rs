//! The bytes of one raw object → its rows, or why it cannot be read.

use crate::cloudtrail::{Sha256, Unreadable, read_document};
use crate::table::{Rows, Schema, shred};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::list::RawObject;

/// An object that was read.
#[derive(Debug)]
pub struct Decoded {
    /// Its rows and rejects.
    pub rows: Rows,
    /// SHA-256 of the delivered bytes.
    pub sha256: Sha256,
    /// Uncompressed bytes.
    pub uncompressed_bytes: u64,
}

/// Inflates and parses one object. `source_file` is what its rows say they come from;
/// `latest` the last event time that is believed.
pub fn decode(
    schema: &Schema,
    delivered: &[u8],
    max_bytes: u64,
    source_file: &str,
    latest: Timestamp,
) -> Result<Decoded, Unreadable> {
    let document = read_document(delivered, max_bytes)?;
    let sha256 = Sha256::of(delivered);
    let uncompressed_bytes = document.raw_bytes;
    let rows = shred(schema, document, source_file, latest)?;
    Ok(Decoded {
        rows,
        sha256,
        uncompressed_bytes,
    })
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
