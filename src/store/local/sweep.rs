//! Temporary files that a killed run left behind.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// No put takes as long; a run that is asleep for longer finds its file gone, and its put fails.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 60 * 60);

/// The folders that were swept already.
#[derive(Default)]
pub(super) struct Swept(Mutex<HashSet<PathBuf>>);

impl Swept {
    /// Removes what was left behind in a folder, the first time that it is asked for it. It is no
    /// more than housekeeping: what cannot be removed stays.
    pub(super) fn sweep(&self, folder: &Path) {
        let mut swept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !swept.insert(folder.to_owned()) {
            return;
        }
        drop(swept);
        let Some(before) = SystemTime::now().checked_sub(LEFT_BEHIND) else {
            return;
        };
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if is_temporary(entry.file_name().as_encoded_bytes()) {
                let metadata = entry.metadata().ok().filter(fs::Metadata::is_file);
                let modified = metadata.and_then(|metadata| metadata.modified().ok());
                if modified.is_some_and(|modified| modified < before) {
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
    }
}

/// The name of a temporary file: hidden, and like no other program's.
pub(super) fn temporary_name(random: u64) -> String {
    format!(".tmp-{random:016x}")
}

fn is_temporary(name: &[u8]) -> bool {
    let digits = name.strip_prefix(b".tmp-").unwrap_or_default();
    let is_hex = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    digits.len() == 16 && digits.iter().all(is_hex)
}
