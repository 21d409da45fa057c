//! What is to be restored, where to, and what came of it.

use crate::failure::Failure;
use crate::scope::Scope;
use crate::store::Store;
use crate::table::Needle;
use std::io;

/// What is to be restored.
#[derive(Debug, Clone)]
pub struct RestoreOptions {
    /// What was delivered on these days, of these lanes. Records of objects whose key names no
    /// day are of all days.
    pub scope: Scope,
    /// Only records with a value of each of these.
    pub needles: Vec<Needle>,
    /// The records, too, that could not become rows.
    pub rejects: bool,
    /// Threads for decoding and compressing.
    pub threads: usize,
    /// Bytes that what is under way may take together.
    pub memory: u64,
}

/// Where records go.
pub enum Target {
    /// Files under CloudTrail's own keys.
    Logs(Store),
    /// One record a line.
    Lines(Box<dyn io::Write + Send>),
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Restored {
    /// Records, without rejects.
    pub records: u64,
    /// Records that could not become rows.
    pub rejects: u64,
    /// Files that were written.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were there already with the same records.
    pub standing_files: u64,
    /// Claims or lanes of which something could not be read; each was told.
    pub failures: u64,
    /// Lanes with an open claim, whose records are not restored.
    pub open_claims: u64,
}

/// Why nothing more can be restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The table cannot be read, or the files not written.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The lines cannot be written.
    #[error("writing the records")]
    Output(#[from] io::Error),
}
