//! The files of a claim, encoded ahead of their puts.

use super::rows::{NewRows, id_hashes};
use crate::failure::Failure;
use crate::ledger::Claim;
use crate::table::{RowRef, encode, sort_rows};
use crate::work::Context;
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use jiff::civil::Date;
use std::error::Error as _;
use std::sync::Arc;

/// Files encoded at once: one is sorted while the columns of another are encoded.
const ENCODES_AT_ONCE: usize = 2;

/// One file of a claim, as it is to be put.
pub(super) struct EncodedFile {
    pub(super) rows: u64,
    /// The hashes of its event ids.
    pub(super) id_hashes: Vec<u64>,
    pub(super) body: Bytes,
}

/// The files of a claim in their order.
pub(super) fn encoded_files<'e>(
    context: &'e Context,
    rows: &'e NewRows,
    claim: &Claim,
) -> impl Stream<Item = Result<EncodedFile, Failure>> + use<'e> {
    let dates: Vec<Date> = claim.files.iter().map(|file| file.date).collect();
    stream::iter(dates)
        .map(move |date| encoded_file(context, rows, date))
        .buffered(ENCODES_AT_ONCE)
}

async fn encoded_file(
    context: &Context,
    rows: &NewRows,
    date: Date,
) -> Result<EncodedFile, Failure> {
    // A date without rows is one whose objects are all given up. Its file is put all the same:
    // it keeps a sleeper from putting their rows.
    let refs = rows.by_date.get(&date).cloned().unwrap_or_default();
    Ok(EncodedFile {
        rows: refs.len() as u64,
        id_hashes: id_hashes(&rows.objects, &refs),
        body: encode_rows(context, rows, refs).await?,
    })
}

async fn encode_rows(
    context: &Context,
    rows: &NewRows,
    mut refs: Vec<RowRef>,
) -> Result<Bytes, Failure> {
    let (schema, options) = (Arc::clone(&context.schema), context.encode);
    let objects = rows.objects.clone();
    let encoded = context.cpu.run(move || {
        sort_rows(&objects, &mut refs);
        encode(&schema, &objects, &refs, &options)
    });
    encoded.await?.map_err(|error| match error.source() {
        Some(cause) => Failure::Internal(format!("{error}: {cause}")),
        None => Failure::Internal(error.to_string()),
    })
}
