//! Making new files of files of a partition: merged, or made anew.

use super::lanes::{LaneWork, Task, Tools, over_lanes};
use super::listing::partitions;
use super::options::{CompactOptions, Upkeep};
use super::plan::{Group, Limits, plan, plan_all};
use super::settled::Settled;
use crate::commit::{Committed, How, Merged, Turn, commit_replacement, replacements};
use crate::failure::Failure;
use crate::files::FileName;
use crate::ledger::{ClaimedFile, Compact, MIXED, ReplacedFile, Rewrite, RowOptions, Work};
use crate::monitor::{Monitor, Progress};
use crate::scope::EventDates;
use crate::store::Store;
use crate::table::Cut;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Merges the files of each partition into few, in the order of the table. Rows stay as they are.
///
/// `stop` asks the run to end: claims that are made are finished, none is made any more.
///
/// # Errors
/// What makes every lane fail. What is wrong with one lane or partition is told to `monitor`, and
/// counted.
pub async fn compact(
    destination: Store,
    options: CompactOptions,
    monitor: Arc<dyn Monitor>,
    stop: CancellationToken,
) -> Result<Upkeep, Failure> {
    // A merge has its files in memory, and what becomes of them.
    let largest = options.target_bytes.min(options.memory / 3);
    replace(destination, options, (How::MERGE, largest), monitor, stop).await
}

/// Makes the columns of files anew that were made with other columns than these: of an earlier
/// program, or without further ones. Rows stay as they are.
///
/// `stop` is as for [`compact`].
///
/// # Errors
/// As those of [`compact`].
pub async fn rewrite(
    destination: Store,
    options: CompactOptions,
    monitor: Arc<dyn Monitor>,
    stop: CancellationToken,
) -> Result<Upkeep, Failure> {
    // The records of its files are in memory as JSON, and taken apart.
    let largest = options.memory / How::Rewrite.memory(1, 1, 1);
    replace(destination, options, (How::Rewrite, largest), monitor, stop).await
}

async fn replace(
    destination: Store,
    options: CompactOptions,
    (how, largest): (How, u64),
    monitor: Arc<dyn Monitor>,
    stop: CancellationToken,
) -> Result<Upkeep, Failure> {
    let work = Replacement {
        how,
        settled: Settled::now(&destination).await?,
        dates: options.dates,
        schema: options.schema.fingerprint(),
        limits: Limits {
            largest: largest.max(1),
            how,
            memory: options.memory,
        },
    };
    let tools = Tools {
        schema: options.schema,
        encode: options.encode,
        threads: options.threads,
        memory: options.memory,
        dry_run: options.dry_run,
        lanes: options.lanes,
        shard: options.shard,
    };
    over_lanes(destination, tools, &work, monitor, stop).await
}

struct Replacement {
    how: How,
    settled: Settled,
    dates: EventDates,
    /// Fingerprint of the columns that are written.
    schema: String,
    limits: Limits,
}

impl LaneWork for Replacement {
    async fn work(&self, task: &Task, turn: &mut Turn<'_>) -> Result<bool, Failure> {
        let least = match self.how {
            How::Merge(_) => 2,
            How::Rewrite => 1,
        };
        let mut partitions = partitions(turn, self.dates, least).await?;
        if self.how == How::Rewrite {
            for files in partitions.values_mut() {
                files.retain(|file| file.schema != self.schema);
            }
        }
        let young = self.settled.retain(&mut partitions);
        let claims = match self.how {
            How::Merge(_) => plan(partitions, self.limits),
            How::Rewrite => plan_all(partitions, self.limits),
        };
        let groups = claims.iter().flatten();
        let (objects, bytes) = groups.fold((0, 0), |(objects, bytes), group| {
            (objects + group.files.len() as u64, bytes + group.bytes())
        });
        let pending = Progress::Pending { objects, bytes };
        task.context.monitor.report(pending);
        for groups in claims {
            if task.dry_run {
                self.would_replace(task, &groups);
            } else if task.context.stop.is_cancelled() {
                return Ok(false);
            } else if self.replace(task, turn, groups).await? {
                return Ok(true);
            }
        }
        task.tally.count(|upkeep| upkeep.young_files += young);
        Ok(false)
    }
}

impl Replacement {
    fn would_replace(&self, task: &Task, groups: &[Group]) {
        for group in groups {
            task.tally.replaced(&group.inputs());
            let files = match self.how {
                How::Merge(_) => group.bytes().div_ceil(self.limits.largest),
                How::Rewrite => 1,
            };
            task.tally.count(|upkeep| upkeep.files += files);
        }
    }

    /// Makes the new files, then claims, so that what cannot be made is never claimed; true if
    /// another worker took the number.
    async fn replace(
        &self,
        task: &Task,
        turn: &mut Turn<'_>,
        groups: Vec<Group>,
    ) -> Result<bool, Failure> {
        let count: u64 = groups.iter().map(|group| group.files.len() as u64).sum();
        let rows = groups.iter().map(Group::rows).sum();
        let bytes = groups.iter().map(Group::bytes).sum();
        let memory = self.how.memory(count, rows, bytes);
        let _share = task.context.budget.reserve_memory(memory).await;
        let draft = turn.draft()?;
        let (mut merged, mut files, mut inputs) = (Merged::new(), Vec::new(), Vec::new());
        let (mut keep_duplicates, mut is_cut) = (false, false);
        let mut schemas = BTreeSet::new();
        for group in groups {
            let replaced: Vec<&ReplacedFile> = group.files.iter().map(|file| &file.file).collect();
            let cut = Cut::Bytes(self.limits.largest);
            let made = replacements(turn, self.how, group.date, &replaced, cut).await;
            let made = match Failure::waits(made)? {
                Ok(made) => made,
                Err(_) if turn.is_taken().await? => return Ok(true),
                Err(waiting) => {
                    task.tally.waits(turn.lane(), waiting);
                    continue;
                }
            };
            keep_duplicates |= group.files.iter().any(|file| file.keeps_duplicates);
            schemas.extend(group.files.iter().map(|file| file.schema.clone()));
            let seconds = group.files.iter().map(|file| file.name.seconds);
            let seconds = seconds.fold((u32::MAX, 0), |(first, last), seconds| {
                (first.min(seconds.0), last.max(seconds.1))
            });
            is_cut |= made.len() > 1;
            for (part, (body, rows)) in (0_usize..).zip(made) {
                let name = FileName {
                    number: draft.number,
                    seconds,
                    claim_id: match part {
                        0 => draft.id.clone(),
                        _ => format!("{}{part:04x}", draft.id),
                    },
                };
                let (date, name) = (group.date, name.to_string());
                merged.insert((date, name.clone()), body);
                files.push(ClaimedFile { date, name, rows });
            }
            inputs.extend(group.files.into_iter().map(|file| file.file));
        }
        if files.is_empty() {
            return Ok(false);
        }
        let (schema, work) = match self.how {
            How::Merge(_) if is_cut => (common(schemas), Work::Sort(Compact { inputs })),
            How::Merge(_) => (common(schemas), Work::Compact(Compact { inputs })),
            How::Rewrite => (self.schema.clone(), Work::Rewrite(Rewrite { inputs })),
        };
        let options = RowOptions::of_files(keep_duplicates);
        let claim = turn.claim_of_files(draft, options, (schema, files), work);
        match commit_replacement(turn, &task.remover, claim, merged).await? {
            Committed::Done(receipt) => task.tally.receipt(&receipt),
            Committed::Taken => return Ok(true),
        }
        Ok(false)
    }
}

/// The fingerprint that all have.
fn common(schemas: BTreeSet<String>) -> String {
    let mut schemas = schemas.into_iter();
    match (schemas.next(), schemas.next()) {
        (Some(schema), None) => schema,
        _ => MIXED.to_owned(),
    }
}
