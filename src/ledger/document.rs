//! Documents read and written, and what a document says that cannot be read.

use super::claim::{Claim, Receipt};
use super::error::LedgerError;
use super::names::FORMAT;
use super::seal::{Seal, seal, seal_of};
use crate::store::Store;
use bytes::Bytes;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The tags of the work that is known.
const WORK: [&str; 5] = ["convert", "retry_rejects", "compact", "rewrite", "expire"];

/// A document that says its format.
pub(super) trait Document: DeserializeOwned + Serialize {
    /// The format that it says.
    fn format(&self) -> u32;
}

impl Document for Claim {
    fn format(&self) -> u32 {
        self.format
    }
}

impl Document for Receipt {
    fn format(&self) -> u32 {
        self.format.max(self.claim.format)
    }
}

/// Reads the document at `key`.
pub(super) async fn read<T: Document>(store: &Store, key: &str) -> Result<T, LedgerError> {
    let body = store.get(key).await?;
    let damaged = |why: String| LedgerError::Damaged {
        url: store.url(key),
        why,
    };
    match serde_json::from_slice::<T>(&body) {
        Ok(document) if document.format() == FORMAT => match seal_of(&body) {
            Seal::Whole => Ok(document),
            Seal::None if is_spelled(&document, &body) => Ok(document),
            _ => Err(damaged("its bytes are not those that were written".into())),
        },
        Ok(document) if document.format() > FORMAT => Err(newer(store, key, document.format())),
        Ok(document) => Err(damaged(format!("it says format {}", document.format()))),
        Err(error) => Err(serde_json::from_slice(&body)
            .ok()
            .and_then(|outline: Outline| outline.newer(store, key))
            .unwrap_or_else(|| damaged(error.to_string()))),
    }
}

/// Whether a document without a seal is at least spelled as it would be written.
fn is_spelled<T: Document>(document: &T, body: &[u8]) -> bool {
    serde_json::to_vec(document).is_ok_and(|spelled| spelled == body)
}

/// A document's bytes, sealed.
pub(super) fn write<T: Serialize>(
    document: &T,
    store: &Store,
    key: &str,
) -> Result<Bytes, LedgerError> {
    let body = serde_json::to_vec(document).map_err(|error| LedgerError::Damaged {
        url: store.url(key),
        why: error.to_string(),
    })?;
    Ok(seal(body).into())
}

fn newer(store: &Store, key: &str, format: u32) -> LedgerError {
    LedgerError::Newer {
        url: store.url(key),
        what: format!("ledger format {format}, this one knows {FORMAT}"),
    }
}

/// What documents of any format say of themselves.
#[derive(Default, Deserialize)]
struct Outline {
    format: u32,
    #[serde(default)]
    work: BTreeMap<String, IgnoredAny>,
    claim: Option<Box<Outline>>,
}

impl Outline {
    /// Why this program cannot know the document, if that is why it does not parse.
    fn newer(&self, store: &Store, key: &str) -> Option<LedgerError> {
        if self.format > FORMAT {
            return Some(newer(store, key, self.format));
        }
        let unknown = self.work.keys().find(|tag| !WORK.contains(&tag.as_str()));
        let unknown = unknown.map(|tag| LedgerError::Newer {
            url: store.url(key),
            what: format!("work {tag:?}, which this one does not know"),
        });
        unknown.or_else(|| self.claim.as_ref()?.newer(store, key))
    }
}
