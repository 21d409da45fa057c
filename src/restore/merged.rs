//! Which rows of merged files belong to which claim.

use crate::convert::source_file;
use crate::failure::{Failure, Waiting};
use crate::ledger::{FileReceipt, Receipt, RejectedLine, Replaced, Standing, Work};
use crate::store::Store;
use jiff::civil::Date;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;

/// Rows of a merged file.
pub(super) struct MergedRows {
    pub(super) file: FileReceipt,
    /// What `sourcefile` says of them.
    pub(super) sources: BTreeSet<String>,
}

/// Sources of merged files that belong to a claim already. Several claims may name one: a raw
/// object that was replaced, rejects that were judged again. The first has all its rows.
#[derive(Default)]
pub(super) struct Owners {
    taken: FxHashMap<(Date, String), FxHashSet<String>>,
}

impl Owners {
    /// The rows of a claim in merged files; claims are asked for in their order.
    pub(super) async fn rows_of(
        &mut self,
        destination: &Store,
        receipt: &Receipt,
        replaced: &Replaced,
    ) -> Result<Vec<MergedRows>, Failure> {
        let written = receipt.written.iter();
        let merged: Vec<FileReceipt> = written
            .flat_map(|file| match replaced.standing(file.date, &file.name) {
                Standing::In(merged) => merged,
                Standing::Itself | Standing::Expired => Vec::new(),
            })
            .collect();
        if merged.is_empty() {
            return Ok(Vec::new());
        }
        let sources = sources(destination, receipt).await?;
        let rows = merged.into_iter().map(|file| {
            let taken = self
                .taken
                .entry((file.date, file.name.clone()))
                .or_default();
            let own = sources
                .iter()
                .filter(|source| taken.insert((*source).clone()));
            MergedRows {
                sources: own.cloned().collect(),
                file,
            }
        });
        Ok(rows.filter(|rows| !rows.sources.is_empty()).collect())
    }
}

/// What `sourcefile` says of a claim's rows.
async fn sources(destination: &Store, receipt: &Receipt) -> Result<BTreeSet<String>, Failure> {
    match &receipt.claim.work {
        Work::Convert(convert) => {
            let read = convert.objects.iter();
            let read = read.filter(|object| object.outcome.is_read());
            Ok(read
                .map(|object| source_file(convert, &object.address))
                .collect())
        }
        Work::RetryRejects(retry) => {
            let mut sources = BTreeSet::new();
            for rejects in &retry.rejects {
                let body = destination.get(&rejects.key).await;
                let body = body.map_err(Failure::of_table)?;
                let lines = body.split(|&byte| byte == b'\n');
                for line in lines.filter(|line| !line.is_empty()) {
                    let line = serde_json::from_slice::<RejectedLine>(line);
                    let line = line.map_err(|_| Waiting::DamagedFile {
                        url: destination.url(&rejects.key),
                        why: "a line of it is no reject".to_owned(),
                    })?;
                    sources.insert(line.sourcefile);
                }
            }
            Ok(sources)
        }
        Work::Compact(_)
        | Work::Sort(_)
        | Work::SortByTime(_)
        | Work::Rewrite(_)
        | Work::Expire(_) => Ok(BTreeSet::new()),
    }
}
