//! Objects that were converted before under another address, by what they hold.

use super::batch::{BatchObject, Content};
use crate::ledger::{ContentHash, Converted};
use rustc_hash::FxHashSet;

/// Tells the objects of a batch that add nothing from those that were read for the first time.
///
/// One of the same file name and the same bytes is known: it was moved, copied or touched.
/// One of the same bytes under another name was delivered twice: its records are duplicates,
/// unless all copies are to be kept.
pub(crate) fn identify(objects: &mut [BatchObject], converted: &[&Converted], keep_copies: bool) {
    let mut contents = FxHashSet::default();
    let mut hashes = FxHashSet::default();
    for object in objects {
        let Content::Rows(rows) = &object.content else {
            continue;
        };
        let sha256 = rows.sha256;
        let content = ContentHash::new(&object.object.address, sha256);
        // What is read for one lane alone must have been converted whole; of what is read for
        // each lane that it names, this lane's part is enough.
        let part = object.object.lane.is_none();
        let has_content = |converted: &&Converted| converted.has_content(content, part);
        let has_bytes = |converted: &&Converted| converted.has_bytes(sha256, part);
        if contents.contains(&content) || converted.iter().any(has_content) {
            object.content = Content::Known(sha256);
        } else if !keep_copies && (hashes.contains(&sha256) || converted.iter().any(has_bytes)) {
            object.content = Content::Copy {
                sha256,
                uncompressed_bytes: rows.uncompressed_bytes,
                records: rows.records(),
            };
        }
        contents.insert(content);
        hashes.insert(sha256);
    }
}
