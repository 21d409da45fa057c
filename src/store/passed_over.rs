//! What a listing leaves out: links that lead where the listing goes anyway, and entries that
//! cannot be listed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Action, ErrorKind, Result, StoreError};

/// Something that a listing met and left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// Its full address; what is not UTF-8 in it is shown as U+FFFD.
    pub url: String,
    /// Why it was left out.
    pub reason: String,
    /// Whether objects may be missing from the listing because of it: it is unreadable, its name
    /// is not UTF-8 or its path too long. Otherwise it is a link, and nothing is missing.
    pub is_failure: bool,
}

/// What a store has passed over so far, and whether it may.
#[derive(Clone, Default)]
pub(super) struct Aside {
    tolerant: bool,
    seen: Arc<Mutex<BTreeMap<String, Why>>>,
}

struct Why {
    reason: String,
    is_failure: bool,
}

impl Aside {
    /// The same memory, with leave to pass over.
    pub(super) fn tolerant(&self) -> Aside {
        Aside {
            tolerant: true,
            seen: Arc::clone(&self.seen),
        }
    }

    /// Passes over a link that adds nothing, or fails because of it.
    pub(super) fn link(&self, url: String, reason: &str) -> Result<()> {
        let error = StoreError::new(Action::List, ErrorKind::Other, url, reason);
        self.pass(error, false)
    }

    /// Passes over an entry that cannot be listed, or fails because of it.
    pub(super) fn failed(&self, error: StoreError) -> Result<()> {
        self.pass(error, true)
    }

    fn pass(&self, error: StoreError, is_failure: bool) -> Result<()> {
        if !self.tolerant {
            return Err(error);
        }
        let reason = error.reason;
        let why = Why { reason, is_failure };
        self.lock().insert(error.url, why);
        Ok(())
    }

    /// In order of the addresses, each once.
    pub(super) fn all(&self) -> Vec<PassedOver> {
        let seen = self.lock();
        let each = seen.iter().map(|(url, why)| PassedOver {
            url: url.clone(),
            reason: why.reason.clone(),
            is_failure: why.is_failure,
        });
        each.collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Why>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
