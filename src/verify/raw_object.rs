//! A claimed raw object, fetched again from where it was or is now.

use super::finding::{Finding, FindingKind};
use super::raw::RawSource;
use super::verifier::Verifier;
use crate::cloudtrail::{Limits, Rules, Sha256};
use crate::convert::{
    LaneRows, RawObject, claimed_key, decode, elsewhere, lane_part, latest_event_time, source_file,
};
use crate::failure::Failure;
use crate::ledger::{Claim, ClaimedObject, Convert};
use crate::store::{Entry, ErrorKind};
use crate::table::RecordHasher;
use bytes::Bytes;
use std::sync::Arc;

/// What came of looking for a claimed object.
pub(super) enum Fetched {
    /// The records of the claim's lane, and the hashes of those that are rows.
    Rows(LaneRows, Vec<u64>),
    /// It is not there any more, or was replaced since.
    Gone,
    /// It is wrong, and that is told.
    Wrong,
}

/// The object as it was claimed.
pub(super) fn named(convert: &Convert, claimed: &ClaimedObject) -> RawObject {
    let key = claimed_key(convert, &claimed.address).to_owned();
    let source_file = source_file(convert, &claimed.address);
    let entry = Entry {
        key,
        size: claimed.size,
        etag: claimed.etag.clone(),
        modified: None,
    };
    RawObject::named(entry, claimed.address.clone(), source_file)
}

/// Reads a claimed object again.
pub(super) async fn fetch(
    verifier: &Verifier,
    source: &RawSource,
    claim: &Claim,
    convert: &Convert,
    claimed: &ClaimedObject,
    hasher: &Arc<RecordHasher>,
) -> Result<Fetched, Failure> {
    let named = named(convert, claimed);
    let find = |kind, expected: String, found: String| {
        verifier.find(Finding {
            lane: Some(claim.lane.clone()),
            date: named.day,
            url: claimed.address.clone(),
            kind,
            expected,
            found,
        });
    };
    let prefixes = source.prefixes(&claim.lane);
    let mut body = None;
    for key in elsewhere(convert, &claimed.address, &source.store, prefixes) {
        let delivered = match source.store.get(&key).await {
            Ok(delivered) => delivered,
            Err(error) => match error.kind {
                ErrorKind::Fatal | ErrorKind::Transient => return Err(error.into()),
                ErrorKind::NotFound => continue,
                _ => {
                    let found = error.to_string();
                    find(FindingKind::Unreadable, "it can be read".to_owned(), found);
                    return Ok(Fetched::Wrong);
                }
            },
        };
        let found = Sha256::of(&delivered);
        if Some(found) == claimed.outcome.sha256() {
            body = Some(delivered);
            break;
        }
        if is_claimed_version(source, &key, claimed).await? {
            let expected = claimed.outcome.sha256().map(|sha256| sha256.to_string());
            let expected = format!("SHA-256 {}", expected.unwrap_or_default());
            find(
                FindingKind::AlteredRaw,
                expected,
                format!("SHA-256 {found}"),
            );
            return Ok(Fetched::Wrong);
        }
    }
    let Some(body) = body else {
        return Ok(Fetched::Gone);
    };
    let rows = decoded(verifier, claim, convert, claimed, hasher, body).await?;
    let expected = claimed.outcome.records();
    let records = rows.as_ref().map_or(0, |(rows, _)| rows.records());
    match rows {
        Some((rows, hashes)) if records == expected => Ok(Fetched::Rows(rows, hashes)),
        _ => {
            let (expected, found) = (format!("{expected} records"), format!("{records} records"));
            find(FindingKind::MissingRecord, expected, found);
            Ok(Fetched::Wrong)
        }
    }
}

/// Whether the source still says that this is the version that was claimed.
async fn is_claimed_version(
    source: &RawSource,
    key: &str,
    claimed: &ClaimedObject,
) -> Result<bool, Failure> {
    let listed = source.store.list(key, None).await?;
    let mut listed = listed.into_iter().filter(|entry| entry.key == key);
    Ok(listed.any(|entry| entry.size == claimed.size && entry.etag == claimed.etag))
}

/// What the object gives the claim's lane today; none if it cannot be read.
async fn decoded(
    verifier: &Verifier,
    claim: &Claim,
    convert: &Convert,
    claimed: &ClaimedObject,
    hasher: &Arc<RecordHasher>,
    body: Bytes,
) -> Result<Option<(LaneRows, Vec<u64>)>, Failure> {
    let named = named(convert, claimed);
    let (schema, hasher) = (Arc::clone(&verifier.schema), Arc::clone(hasher));
    let (lane, options) = (claim.lane.clone(), claim.options.clone());
    let latest = latest_event_time(&named, convert.read_at);
    let is_shared = !claimed.lanes.is_empty();
    let work = move || {
        let limits = Limits::of(options.max_object_bytes);
        let (unwrap, is_log) = (options.unwrap.as_ref(), named.lane.is_some());
        let rules = Rules { unwrap, is_log };
        let decoded = decode(&schema, &body, limits, &named.source_file, latest, rules).ok()?;
        let rows = match is_shared {
            false => LaneRows::all(decoded),
            true => lane_part(
                &named,
                &lane,
                LaneRows::all(decoded),
                options.account_of_unknown,
            ),
        };
        let indexes = rows.row_indexes.iter();
        let records = indexes.map(|&index| rows.rows.row(index as usize));
        let hashes = records.map(|row| hasher.hash(row.record_text())).collect();
        Some((rows, hashes))
    };
    verifier.cpu.run(work).await
}
