//! Files of one partition → one file whose columns are made anew from their records.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;

use bytes::Bytes;
use futures::executor::block_on;
use jiff::Timestamp;

use super::compression::EncodeOptions;
use super::encode::{EncodeError, encode_in};
use super::layout::LASTING_PAGES;
use super::objects::{Objects, RowRef};
use super::read::ReadError;
use super::record_hash::RecordHasher;
use super::schema::Schema;
use super::shred::shred;
use super::sort::sort_rows;
use super::stored::{StoredRow, stored_rows};
use crate::cloudtrail::{Limits, Unreadable, read_document};

/// Why files cannot be rewritten.
#[derive(Debug, thiserror::Error)]
pub enum RewriteError {
    /// One of them cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Records of it are not what they were.
    #[error("its records cannot be taken apart again: {0}")]
    Unreadable(Unreadable),
    /// The new file does not come together.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The new file would not have the same records.
    #[error("its records would not be the same")]
    Different,
}

/// Makes one file of the records of several: all columns of the schema, as a conversion would make
/// them now. The new file is read back, and has the same records of the same sources, or it is an
/// error. Gives the file and the number of its rows.
pub fn rewrite(
    schema: &Schema,
    files: &[Bytes],
    options: &EncodeOptions,
) -> Result<(Bytes, u64), RewriteError> {
    let hasher = RecordHasher::default();
    let mut by_source: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut before = Vec::new();
    for file in files {
        let see = |row: StoredRow| {
            let source = row.source_file.unwrap_or_default();
            before.push((source.clone(), hasher.hash(&row.record)));
            by_source.entry(source).or_default().push(row.record);
        };
        block_on(stored_rows(Cursor::new(file.clone()), &[], see))?;
    }
    let mut objects = Vec::with_capacity(by_source.len());
    for (source, records) in by_source {
        let text = format!(r#"{{"Records":[{}]}}"#, records.join(","));
        drop(records);
        let limits = Limits::of(text.len() as u64 + 1);
        let document = read_document(text.as_bytes(), limits).map_err(RewriteError::Unreadable)?;
        let object = shred(schema, document, &source, Timestamp::MAX, limits);
        objects.push(Arc::new(object.map_err(RewriteError::Unreadable)?));
    }
    let objects = Objects::new(objects);
    let mut rows: Vec<RowRef> = objects.row_refs().collect();
    sort_rows(&objects, &mut rows);
    let rewritten = encode_in(schema, &objects, &rows, options, LASTING_PAGES)?;
    drop(objects);
    let mut after = Vec::with_capacity(before.len());
    let see = |row: StoredRow| {
        let hash = hasher.hash(&row.record);
        after.push((row.source_file.unwrap_or_default(), hash));
    };
    block_on(stored_rows(Cursor::new(rewritten.clone()), &[], see))?;
    before.sort_unstable();
    after.sort_unstable();
    match before == after {
        true => Ok((rewritten, before.len() as u64)),
        false => Err(RewriteError::Different),
    }
}
