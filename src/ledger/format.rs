//! The format of the whole ledger, which can rise without anything being overwritten.

use super::document::write;
use super::error::LedgerError;
use super::names::{FOLDER, FORMAT, last_part};
use crate::store::{PutOutcome, Store};
use serde::Serialize;

#[derive(Serialize)]
struct Format {
    format: u32,
}

/// Checks that the ledger is of a format that is known, and puts `_ledger/format-<n>` until it
/// is refused, which proves that the store refuses.
///
/// # Errors
/// A format that is not known; a ledger that has gone while the table stands; a store that
/// takes the same put twice.
pub async fn ensure_format(store: &Store) -> Result<(), LedgerError> {
    check_format(store).await?;
    let key = format!("{FOLDER}format-{FORMAT}");
    let body = write(&Format { format: FORMAT }, store, &key)?;
    for _ in 0..2 {
        if store.put_if_absent(&key, body.clone()).await? == PutOutcome::AlreadyExists {
            return Ok(());
        }
    }
    Err(LedgerError::NotExclusive {
        url: store.url(&key),
    })
}

/// Checks that the highest format is this program's, or that there is nothing at all yet.
///
/// # Errors
/// A format that is not known; a ledger that has gone while the table stands.
pub async fn check_format(store: &Store) -> Result<(), LedgerError> {
    if is_known(store).await? {
        return Ok(());
    }
    let listing = store.list_dir("").await?;
    let is_data = |prefix: &&String| prefix.starts_with("account=");
    let Some(data) = listing.prefixes.iter().find(is_data) else {
        return Ok(());
    };
    // Another worker may have begun the table meanwhile: its format is there before its rows.
    match is_known(store).await? {
        true => Ok(()),
        false => Err(LedgerError::Missing {
            url: store.url(FOLDER),
            evidence: format!("{} holds its rows", store.url(data)),
        }),
    }
}

/// Checks that the document of this program's format is there, where there are lanes, and is the
/// one that was written.
///
/// # Errors
/// A document that is gone or damaged.
pub(crate) async fn check_format_document(
    store: &Store,
    has_lanes: bool,
) -> Result<(), LedgerError> {
    let key = format!("{FOLDER}format-{FORMAT}");
    let url = store.url(&key);
    if !store.is_listed(&key).await? {
        let evidence = "lanes stand beside it".to_owned();
        return match has_lanes {
            true => Err(LedgerError::Missing { url, evidence }),
            false => Ok(()),
        };
    }
    let body = store.get(&key).await?;
    let sealed = write(&Format { format: FORMAT }, store, &key)?;
    // The first programs of this format did not seal it.
    let unsealed = format!("{{\"format\":{FORMAT}}}");
    match body == sealed || body == unsealed.as_bytes() {
        true => Ok(()),
        false => Err(LedgerError::Damaged {
            url,
            why: "its bytes are not those that were written".to_owned(),
        }),
    }
}

/// Whether this is where some program says the format.
pub(super) fn is_format_key(key: &str) -> bool {
    let name = key.strip_prefix(FOLDER).unwrap_or(key);
    name == "format" || name.starts_with("format-")
}

/// Whether there is a format, which then is this program's.
async fn is_known(store: &Store) -> Result<bool, LedgerError> {
    let stem = format!("{FOLDER}format");
    let mut highest = None;
    for entry in store.list(&stem, None).await? {
        let url = store.url(&entry.key);
        // What else begins with this word says nothing.
        let number = match last_part(&entry.key) {
            "format" => Some(1),
            name => name.strip_prefix("format-").and_then(|number| {
                let digits = number.bytes().all(|byte| byte.is_ascii_digit());
                let is_number = digits && !number.is_empty();
                is_number.then(|| number.parse().unwrap_or(u32::MAX))
            }),
        };
        if let Some(number) = number {
            highest = highest.max(Some((number, url)));
        }
    }
    match highest {
        None => Ok(false),
        Some((FORMAT, _)) => Ok(true),
        Some((number, url)) if number > FORMAT => Err(LedgerError::Newer {
            url,
            what: format!("ledger format {number}, this one knows {FORMAT}"),
        }),
        Some((_, url)) => Err(LedgerError::Older { url }),
    }
}
