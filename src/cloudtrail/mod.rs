//! The source's format: object keys, gzip, JSON documents.

mod content_hash;
mod damaged;
pub mod document;
pub mod gunzip;
mod gzip;
mod inflate;
pub mod key;
mod left;
mod limits;
mod members;
mod one_member;
mod open_document;
mod output;
mod read_document;
pub mod records;
mod sha256;
pub mod time;
mod unreadable;
mod unwrap_path;
mod unzstd;
mod what_is_left;

pub use content_hash::content_hash;
pub use damaged::Damaged;
pub use document::Document;
pub use gunzip::gunzip;
pub use gzip::gzip;
pub use key::{
    Folder, KeyKind, LanePrefix, Level, RawKey, is_readable_name, level_of_prefix,
    may_hold_records, parse_key,
};
pub use left::{Left, LeftOut};
pub use limits::Limits;
pub use open_document::{Rules, open_document};
pub use read_document::read_document;
pub use records::for_each_record;
pub use sha256::{NoSha256, Sha256};
pub use time::{EARLIEST, EventTime, parse_event_time};
pub use unreadable::Unreadable;
pub use unwrap_path::{UnwrapPath, UnwrapPathError};
pub use what_is_left::what_is_left;
