//! What receipts say of files that were replaced or removed.

use super::claim::{FileReceipt, Receipt, Work};
use jiff::civil::Date;
use rustc_hash::FxHashMap;

/// The files that went, and what stands for them.
#[derive(Debug, Default)]
pub(crate) struct Replaced {
    by_file: FxHashMap<(Date, String), Option<FileReceipt>>,
    expired_before: Option<Date>,
}

/// What became of a file that a receipt names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It stands.
    Itself,
    /// Its rows are in this file, among others.
    In(FileReceipt),
    /// Its rows were removed.
    Expired,
}

impl Replaced {
    /// Adds what a receipt says.
    pub(crate) fn add(&mut self, receipt: &Receipt) {
        for input in receipt.claim.replaced().unwrap_or_default() {
            let mut written = receipt.written.iter();
            let output = written.find(|file| file.date == input.date).cloned();
            self.by_file
                .insert((input.date, input.name.clone()), output);
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
        let mut standing = Standing::Itself;
        let mut name = name.to_owned();
        while let Some(output) = self.by_file.get(&(date, name)) {
            match output {
                None => return Standing::Expired,
                Some(output) => {
                    name = output.name.clone();
                    standing = Standing::In(output.clone());
                }
            }
        }
        standing
    }

    /// Rows of events of earlier dates were removed.
    pub(crate) fn is_expired(&self, date: Date) -> bool {
        self.expired_before.is_some_and(|before| date < before)
    }
}
