//! The source's format: object keys, gzip, JSON documents.

pub mod document;
pub mod gunzip;
pub mod key;
mod lookup;
pub mod records;
pub mod sha256;
pub mod time;

pub use document::{Damaged, Document, Unreadable, read_document};
pub use gunzip::gunzip;
pub use key::{
    Folder, KeyKind, LanePrefix, Level, RawKey, is_readable_name, level_of_prefix, parse_key,
};
pub use records::for_each_record;
pub use sha256::{Sha256, Sha256Error};
pub use time::{EARLIEST, EventTime, parse_event_time};
