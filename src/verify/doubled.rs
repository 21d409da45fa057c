//! Rows of a partition that are there twice.

use super::finding::{Finding, FindingKind};
use super::listing::ListedFile;
use super::verifier::Verifier;
use crate::failure::Failure;
use crate::files::FileReader;
use crate::lane::Lane;
use crate::table::id_hash;
use crate::table::{RecordHasher, event_ids, stored_rows};
use rustc_hash::{FxHashMap, FxHashSet};

/// Event ids compared at a time, 8 bytes each. A partition with more is gone over several times,
/// each time for a part of the ids.
const IDS_AT_ONCE: u64 = 4_000_000;

/// Repeated ids whose records are compared at a time.
const REPEATS_AT_ONCE: usize = 50_000;

/// A file, and the hashes of its event ids if they are known already.
pub(super) struct FileIds {
    pub(super) file: ListedFile,
    pub(super) ids: Option<Vec<u64>>,
}

/// Whether a partition of so many rows is compared in one go.
pub(super) fn is_compared_at_once(rows: u64) -> bool {
    rows <= IDS_AT_ONCE
}

/// Finds rows of a partition that repeat one of a lower claim, or of their own, and should have
/// been left out.
pub(super) async fn check_doubled(
    verifier: &Verifier,
    lane: &Lane,
    files: &[FileIds],
) -> Result<(), Failure> {
    if files.iter().all(|file| file.file.promised.keeps_duplicates) {
        return Ok(());
    }
    let rows: u64 = files.iter().map(|file| file.file.promised.rows).sum();
    let parts = rows / IDS_AT_ONCE + 1;
    for part in 0..parts {
        let (mut seen, mut repeated) = (FxHashSet::default(), FxHashSet::default());
        for file in files {
            let ids = match &file.ids {
                Some(ids) => ids.clone(),
                None => read_ids(verifier, &file.file).await?,
            };
            for id in ids.into_iter().filter(|id| id % parts == part) {
                if !seen.insert(id) {
                    repeated.insert(id);
                }
            }
        }
        drop(seen);
        let repeated: Vec<u64> = repeated.into_iter().collect();
        for some in repeated.chunks(REPEATS_AT_ONCE) {
            compare(verifier, lane, files, some.iter().copied().collect()).await?;
        }
    }
    Ok(())
}

async fn read_ids(verifier: &Verifier, file: &ListedFile) -> Result<Vec<u64>, Failure> {
    let (store, key) = (&verifier.destination, &file.entry.key);
    let read = event_ids(FileReader::new(store, key, file.entry.size)).await;
    read.map_err(|error| Failure::unreadable_file(store, key, error))
}

/// Compares the records of repeated ids, in the order of claims: one that is the same as one
/// before it is there twice.
async fn compare(
    verifier: &Verifier,
    lane: &Lane,
    files: &[FileIds],
    repeated: FxHashSet<u64>,
) -> Result<(), Failure> {
    let hasher = RecordHasher::default();
    let mut first: FxHashMap<(u64, u64), String> = FxHashMap::default();
    let mut files: Vec<&ListedFile> = files.iter().map(|file| &file.file).collect();
    files.sort_by_key(|file| file.promised.number);
    for file in files {
        let (store, key) = (&verifier.destination, &file.entry.key);
        let url = store.url(key);
        let mut doubled: Vec<(String, String)> = Vec::new();
        let see = |row: crate::table::StoredRow| {
            let Some(id) = row
                .event_id
                .filter(|id| repeated.contains(&id_hash(id.as_bytes())))
            else {
                return;
            };
            let same = (id_hash(id.as_bytes()), hasher.hash(&row.record));
            match first.get(&same) {
                Some(before) if !file.promised.keeps_duplicates => {
                    doubled.push((id, before.clone()));
                }
                Some(_) => {}
                None => _ = first.insert(same, url.clone()),
            }
        };
        let read = stored_rows(FileReader::new(store, key, file.entry.size), &[], see).await;
        read.map_err(|error| Failure::unreadable_file(store, key, error))?;
        if let Some((id, before)) = doubled.first() {
            verifier.find(Finding {
                lane: Some(lane.clone()),
                date: Some(file.date),
                url,
                kind: FindingKind::DoubledRow,
                expected: "each event once".to_owned(),
                found: format!(
                    "{} rows that stand elsewhere too, the first {id} in {before}",
                    doubled.len()
                ),
            });
        }
    }
    Ok(())
}
