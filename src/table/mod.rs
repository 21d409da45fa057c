//! The target's format: columns, rows, Parquet.

mod build;
mod careful;
mod cells;
mod collect;
mod columns;
mod encode;
mod flatten;
mod flattened;
mod keys;
mod layout;
mod members;
mod read;
mod rebuild;
mod same;
mod schema;
mod shape;
mod shred;
mod sort;
mod trie;

pub use cells::{Reject, RejectReason, Row, Rows};
pub use encode::{Compression, EncodeError, EncodeOptions, encode};
pub use flattened::{ColumnsError, FlattenedColumn, parse_columns_file};
pub use read::{ReadError, event_ids, matching_rows, records};
pub use rebuild::{RebuildError, rebuild};
pub use same::same_record;
pub use schema::{ColumnInfo, ColumnKind, Schema};
pub use shred::shred;
pub use sort::{RowRef, sort_rows};
