//! What receipts say of files that were replaced or removed.

use super::claim::{FileReceipt, Receipt, Work};
use jiff::civil::Date;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// The files that went, and what stands for them.
#[derive(Debug, Default)]
pub(crate) struct Replaced {
    by_file: FxHashMap<(Date, String), Vec<FileReceipt>>,
    expired_before: Option<Date>,
}

/// What became of a file that a receipt names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It stands.
    Itself,
    /// Its rows are in these files, among others.
    In(Vec<FileReceipt>),
    /// Its rows were removed.
    Expired,
}

impl Replaced {
    /// Adds what a receipt says.
    pub(crate) fn add(&mut self, receipt: &Receipt) {
        for input in receipt.claim.replaced().unwrap_or_default() {
            let written = receipt.written.iter();
            let outputs = written.filter(|file| file.date == input.date);
            let file = (input.date, input.name.clone());
            self.by_file.insert(file, outputs.cloned().collect());
        }
        if let Work::Expire(expire) = &receipt.claim.work {
            self.expired_before = self.expired_before.max(Some(expire.before));
        }
    }

    /// Whether no file was replaced or removed.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_file.is_empty()
    }

    /// Whether the file went.
    pub(crate) fn has(&self, date: Date, name: &str) -> bool {
        self.by_file.contains_key(&(date, name.to_owned()))
    }

    /// What stands for a file, which may have been merged more than once.
    pub(crate) fn standing(&self, date: Date, name: &str) -> Standing {
        let Some(outputs) = self.by_file.get(&(date, name.to_owned())) else {
            return Standing::Itself;
        };
        let mut left: Vec<&FileReceipt> = outputs.iter().collect();
        let mut standing: BTreeMap<&str, &FileReceipt> = BTreeMap::new();
        while let Some(file) = left.pop() {
            match self.by_file.get(&(date, file.name.clone())) {
                Some(outputs) => left.extend(outputs),
                None => _ = standing.insert(&file.name, file),
            }
        }
        match standing.is_empty() {
            true => Standing::Expired,
            false => Standing::In(standing.into_values().cloned().collect()),
        }
    }

    /// Rows of events of earlier dates were removed.
    pub(crate) fn is_expired(&self, date: Date) -> bool {
        self.expired_before.is_some_and(|before| date < before)
    }
}
