//! The files of a claim, encoded ahead of their puts.

use super::rows::{NewRows, id_hashes, part_of_share};
use crate::cloudtrail::Sha256;
use crate::failure::Failure;
use crate::ledger::Claim;
use crate::table::{EncodeError, Objects, RowRef, encode, sort_rows};
use crate::work::{Context, Share};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use std::error::Error as _;
use std::sync::{Arc, Mutex, PoisonError};

/// Files encoded at once: one is sorted while the columns of another are encoded.
const ENCODES_AT_ONCE: usize = 2;

/// One file of a claim, as it is to be put.
pub(super) struct EncodedFile {
    pub(super) rows: u64,
    /// The hashes of its event ids.
    pub(super) id_hashes: Vec<u64>,
    pub(super) body: Bytes,
    /// Of the body.
    pub(super) sha256: Sha256,
    /// The memory of the body.
    pub(super) share: Option<Share>,
}

/// The objects that the rows of a claim's files are in. The last file encoded drops them, and
/// after them their memory.
struct Source {
    objects: Objects,
    share: Mutex<Option<Share>>,
}

/// The files of a claim in their order.
pub(super) fn encoded_files<'e>(
    context: &'e Context,
    rows: NewRows,
    claim: &Claim,
) -> impl Stream<Item = Result<EncodedFile, Failure>> + use<'e> {
    let NewRows {
        objects,
        mut by_date,
        share,
    } = rows;
    let source = Arc::new(Source {
        objects,
        share: Mutex::new(share),
    });
    // A date without rows is one whose objects are all given up. Its file is put all the same:
    // it keeps a sleeper from putting their rows.
    let files = claim.files.iter().map(|file| {
        let rows = by_date.remove(&file.date).unwrap_or_default();
        (Arc::clone(&source), rows)
    });
    let files: Vec<_> = files.collect();
    stream::iter(files)
        .map(move |(source, rows)| encoded_file(context, source, rows))
        .buffered(ENCODES_AT_ONCE)
}

async fn encoded_file(
    context: &Context,
    source: Arc<Source>,
    mut rows: Vec<RowRef>,
) -> Result<EncodedFile, Failure> {
    let (schema, options) = (Arc::clone(&context.schema), context.encode);
    // All that grows with the rows is done there: one thread drives all calls of the stores.
    let encoded = context.cpu.run(move || {
        let objects = &source.objects;
        let id_hashes = id_hashes(objects, &rows);
        sort_rows(objects, &mut rows);
        let body = encode(&schema, objects, &rows, &options)?;
        let mut share = source.share.lock().unwrap_or_else(PoisonError::into_inner);
        let share = part_of_share(&mut share, &body);
        Ok(EncodedFile {
            rows: rows.len() as u64,
            id_hashes,
            sha256: Sha256::of(&body),
            body,
            share,
        })
    });
    encoded
        .await?
        .map_err(|error: EncodeError| match error.source() {
            Some(cause) => Failure::Internal(format!("{error}: {cause}")),
            None => Failure::Internal(error.to_string()),
        })
}
