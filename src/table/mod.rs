//! The target's format: columns, rows, Parquet.

mod allowance;
mod build;
mod cells;
mod collect;
mod columns;
mod encode;
mod flatten;
mod flattened;
mod irregular;
mod keys;
mod layout;
mod members;
mod object_rows;
mod objects;
mod read;
mod rebuild;
mod record_hash;
mod reject;
mod same;
mod schema;
mod shape;
mod shred;
mod sort;
mod trie;

pub use encode::{Compression, EncodeError, EncodeOptions, encode};
pub use flattened::{ColumnsError, FlattenedColumn, parse_columns_file};
pub use object_rows::{ObjectRows, Row};
pub use objects::{Objects, RowRef};
pub use read::{ReadError, event_ids, matching_rows, records};
pub use rebuild::{RebuildError, rebuild};
pub use record_hash::RecordHasher;
pub use reject::{Reject, RejectReason};
pub use same::same_record;
pub use schema::{ColumnInfo, ColumnKind, Schema};
pub use shred::shred;
pub use sort::sort_rows;
