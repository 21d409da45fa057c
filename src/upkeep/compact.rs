//! Merging the files of partitions.

use super::lanes::{LaneWork, Task, Tools, over_lanes};
use super::listing::partitions;
use super::options::{CompactOptions, Upkeep};
use super::plan::{Group, plan};
use super::settled::Settled;
use crate::commit::{Committed, Merged, Turn, commit_replacement, merge_files};
use crate::failure::Failure;
use crate::files::FileName;
use crate::ledger::{ClaimedFile, Compact, ReplacedFile, RowOptions, Work};
use crate::monitor::{Monitor, Progress};
use crate::scope::EventDates;
use crate::store::Store;
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
    let work = Compaction {
        settled: Settled::now(&destination).await?,
        dates: options.dates,
        // A merge has its files in memory, and what becomes of them.
        largest: options.target_bytes.min(options.memory / 3).max(1),
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

struct Compaction {
    settled: Settled,
    dates: EventDates,
    largest: u64,
}

impl LaneWork for Compaction {
    async fn work(&self, task: &Task, turn: &mut Turn<'_>) -> Result<bool, Failure> {
        let mut partitions = partitions(turn, self.dates, 2).await?;
        let young = self.settled.retain(&mut partitions);
        let claims = plan(partitions, self.largest);
        let groups = claims.iter().flatten();
        let (objects, bytes) = groups.fold((0, 0), |(objects, bytes), group| {
            (objects + group.files.len() as u64, bytes + group.bytes())
        });
        let pending = Progress::Pending { objects, bytes };
        task.context.monitor.report(pending);
        for groups in claims {
            if task.dry_run {
                would_merge(task, &groups);
            } else if task.context.stop.is_cancelled() {
                return Ok(false);
            } else if merge_groups(task, turn, groups).await? {
                return Ok(true);
            }
        }
        task.tally.count(|upkeep| upkeep.young_files += young);
        Ok(false)
    }
}

fn would_merge(task: &Task, groups: &[Group]) {
    for group in groups {
        task.tally.replaced(&group.inputs());
    }
    task.tally
        .count(|upkeep| upkeep.files += groups.len() as u64);
}

/// Merges, then claims, so that what cannot be merged is never claimed; true if another worker
/// took the number.
async fn merge_groups(
    task: &Task,
    turn: &mut Turn<'_>,
    groups: Vec<Group>,
) -> Result<bool, Failure> {
    let bytes = groups.iter().map(Group::bytes).sum();
    let _share = task.context.budget.reserve(bytes).await;
    let draft = turn.draft()?;
    let (mut merged, mut files, mut inputs) = (Merged::new(), Vec::new(), Vec::new());
    let mut keep_duplicates = false;
    for group in groups {
        let replaced: Vec<&ReplacedFile> = group.files.iter().map(|file| &file.file).collect();
        let body = match Failure::waits(merge_files(turn, group.date, &replaced).await)? {
            Ok(body) => body,
            Err(_) if turn.is_taken().await? => return Ok(true),
            Err(waiting) => {
                task.tally.waits(turn.lane(), waiting);
                continue;
            }
        };
        keep_duplicates |= group.files.iter().any(|file| file.keeps_duplicates);
        let seconds = group.files.iter().map(|file| file.name.seconds);
        let name = FileName {
            number: draft.number,
            seconds: seconds.fold((u32::MAX, 0), |(first, last), seconds| {
                (first.min(seconds.0), last.max(seconds.1))
            }),
            claim_id: draft.id.clone(),
        };
        files.push(ClaimedFile {
            date: group.date,
            name: name.to_string(),
            rows: replaced.iter().map(|file| file.rows).sum(),
        });
        merged.insert(group.date, body);
        inputs.extend(group.files.into_iter().map(|file| file.file));
    }
    if files.is_empty() {
        return Ok(false);
    }
    let work = Work::Compact(Compact { inputs });
    let claim = turn.claim_of_files(draft, RowOptions::of_files(keep_duplicates), files, work);
    match commit_replacement(turn, &task.remover, claim, merged).await? {
        Committed::Done(receipt) => task.tally.receipt(&receipt),
        Committed::Taken => return Ok(true),
    }
    Ok(false)
}
