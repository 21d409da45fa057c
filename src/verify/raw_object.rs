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
use bytes::Bytes;
use std::sync::Arc;

/// What came of looking for a claimed object.
pub(super) enum Fetched {
    /// The records of the claim's lane.
    Rows(LaneRows),
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
    let decoded = decoded(verifier, claim, convert, &named, body).await?;
    let rows = decoded.map(|rows| match claimed.lanes.is_empty() {
        true => rows,
        false => {
            let account = claim.options.account_of_unknown;
            lane_part(&named, &claim.lane, rows, account)
        }
    });
    let expected = claimed.outcome.records();
    let records = rows.as_ref().map_or(0, LaneRows::records);
    match rows {
        Some(rows) if records == expected => Ok(Fetched::Rows(rows)),
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

/// What the object gives today; none if it cannot be read.
async fn decoded(
    verifier: &Verifier,
    claim: &Claim,
    convert: &Convert,
    named: &RawObject,
    body: Bytes,
) -> Result<Option<LaneRows>, Failure> {
    let schema = Arc::clone(&verifier.schema);
    let limits = Limits::of(claim.options.max_object_bytes);
    let latest = latest_event_time(named, convert.read_at);
    let source_file = named.source_file.clone();
    let (is_log, unwrap) = (named.lane.is_some(), claim.options.unwrap.clone());
    let work = move || {
        let unwrap = unwrap.as_ref();
        let rules = Rules { unwrap, is_log };
        decode(&schema, &body, limits, &source_file, latest, rules)
    };
    Ok(verifier.cpu.run(work).await?.ok().map(LaneRows::all))
}
