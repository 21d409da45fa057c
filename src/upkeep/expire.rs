//! Removing partitions of old events.

use super::lanes::{LaneWork, Task, Tools, over_lanes};
use super::listing::partitions;
use super::options::{ExpireOptions, Upkeep};
use super::settled::Settled;
use crate::commit::{Committed, Merged, Turn, commit_replacement};
use crate::failure::Failure;
use crate::ledger::{Expire, MIXED, ReplacedFile, RowOptions, Work};
use crate::monitor::Monitor;
use crate::scope::{EventDates, Shard};
use crate::store::Store;
use crate::table::{EncodeOptions, Schema};
use jiff::civil::Date;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Files that a claim removes, at most: it names each.
const FILES_OF_A_CLAIM: usize = 10_000;

/// Removes the partitions of dates before one. The ledger keeps what was converted, so a later
/// conversion does not bring them back.
///
/// `stop` asks the run to end: claims that are made are finished, none is made any more.
///
/// # Errors
/// What makes every lane fail. What is wrong with one lane is told to `monitor`, and counted.
pub async fn expire(
    destination: Store,
    options: ExpireOptions,
    monitor: Arc<dyn Monitor>,
    stop: CancellationToken,
) -> Result<Upkeep, Failure> {
    let schema = Schema::new(&[]).map_err(|error| Failure::Internal(error.to_string()))?;
    let work = Expiry {
        settled: Settled::now(&destination).await?,
        before: options.before,
    };
    let tools = Tools {
        schema: Arc::new(schema),
        encode: EncodeOptions::default(),
        threads: 0,
        memory: 1,
        dry_run: options.dry_run,
        lanes: options.lanes,
        shard: Shard::ALL,
    };
    over_lanes(destination, tools, &work, monitor, stop).await
}

struct Expiry {
    settled: Settled,
    before: Date,
}

impl LaneWork for Expiry {
    async fn work(&self, task: &Task, turn: &mut Turn<'_>) -> Result<bool, Failure> {
        let dates = EventDates {
            from: None,
            to: self.before.yesterday().ok(),
        };
        let mut partitions = partitions(turn, dates, 1).await?;
        let young = self.settled.retain(&mut partitions);
        task.tally.count(|upkeep| upkeep.young_files += young);
        let files = partitions.into_values().flatten();
        let files: Vec<ReplacedFile> = files.map(|file| file.file).collect();
        for inputs in files.chunks(FILES_OF_A_CLAIM) {
            if task.dry_run {
                task.tally.replaced(inputs);
            } else if task.context.stop.is_cancelled() {
                return Ok(false);
            } else if self.remove(task, turn, inputs.to_vec()).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Expiry {
    /// Removes files; true if another worker took the number.
    async fn remove(
        &self,
        task: &Task,
        turn: &mut Turn<'_>,
        inputs: Vec<ReplacedFile>,
    ) -> Result<bool, Failure> {
        let before = self.before;
        let work = Work::Expire(Expire { before, inputs });
        let claim = turn.claim_of_files(
            turn.draft()?,
            RowOptions::of_files(false),
            (MIXED.to_owned(), Vec::new()),
            work,
        );
        match commit_replacement(turn, &task.remover, claim, Merged::new()).await? {
            Committed::Done(receipt) => task.tally.receipt(&receipt),
            Committed::Taken => return Ok(true),
        }
        Ok(false)
    }
}
