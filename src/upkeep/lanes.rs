//! All lanes of a table, one after another, each in its turn.

use super::options::Upkeep;
use super::tally::Tally;
use crate::commit::{Begun, Patience, Rebuild, Rebuilt, Turn, take_turn};
use crate::failure::{Failure, Waiting};
use crate::lane::Lane;
use crate::ledger::{Claim, Hint, check_format, ensure_format, lanes};
use crate::monitor::{Monitor, Progress};
use crate::scope::{Lanes, Shard};
use crate::store::{Remover, Store};
use crate::table::{EncodeOptions, Schema};
use crate::work::{Budget, Context, Cpu};
use futures::{StreamExt, TryStreamExt, stream};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Lanes at once: most are a few small files and a chain of round trips, and memory is bounded by
/// the budget.
const CONCURRENT_LANES: usize = 16;

/// What upkeep works with.
pub(super) struct Tools {
    pub(super) schema: Arc<Schema>,
    pub(super) encode: EncodeOptions,
    pub(super) threads: usize,
    pub(super) memory: u64,
    pub(super) dry_run: bool,
    pub(super) lanes: Lanes,
    pub(super) shard: Shard,
}

/// What all lanes share.
pub(super) struct Task {
    pub(super) context: Context,
    pub(super) remover: Remover,
    pub(super) tally: Tally,
    pub(super) dry_run: bool,
}

/// What is done in a lane.
pub(super) trait LaneWork {
    /// Does it, and tells whether another worker took a number meanwhile: then what was listed
    /// may have gone, and it is asked again.
    async fn work(&self, task: &Task, turn: &mut Turn<'_>) -> Result<bool, Failure>;
}

/// Goes over the lanes.
pub(super) async fn over_lanes(
    destination: Store,
    tools: Tools,
    work: &impl LaneWork,
    monitor: Arc<dyn Monitor>,
    stop: CancellationToken,
) -> Result<Upkeep, Failure> {
    let remover = Remover::of(&destination);
    let task = Task {
        tally: Tally::new(Arc::clone(&monitor)),
        dry_run: tools.dry_run,
        context: Context {
            schema: tools.schema,
            encode: tools.encode,
            cpu: Cpu::new(tools.threads)?,
            budget: Budget::new(tools.memory),
            remover: Some(remover.clone()),
            destination,
            monitor,
            stop,
        },
        remover,
    };
    let destination = &task.context.destination;
    match task.dry_run {
        true => check_format(destination).await,
        false => ensure_format(destination).await,
    }
    .map_err(Failure::of_all_lanes)?;
    let mut all = lanes(destination).await.map_err(Failure::of_all_lanes)?;
    all.retain(|lane| tools.lanes.has(lane) && tools.shard.has_lane(lane));
    let count = all.len() as u64;
    task.tally.count(|upkeep| upkeep.lanes = count);
    task.context.monitor.report(Progress::LanesFound(count));
    in_turn(&task, all, work).await?;
    let interrupted = task.context.stop.is_cancelled();
    task.tally.count(|upkeep| upkeep.interrupted = interrupted);
    Ok(task.tally.into_upkeep())
}

async fn in_turn(task: &Task, lanes: Vec<Lane>, work: &impl LaneWork) -> Result<(), Failure> {
    let mut waiting = lanes;
    // Lanes with an open claim come second: its owner may be about to finish it.
    for patience in [Patience::Defer, Patience::Finish] {
        let mut ends = stream::iter(waiting)
            .map(async |lane| {
                let done = Failure::waits(in_lane(task, &lane, patience, work).await)?;
                Ok::<_, Failure>((lane, done))
            })
            .buffer_unordered(CONCURRENT_LANES);
        let mut deferred = Vec::new();
        while let Some((lane, done)) = ends.try_next().await? {
            match done {
                Ok(true) => task.context.monitor.report(Progress::LaneDone(lane)),
                Ok(false) => deferred.push(lane),
                Err(waiting) => task.tally.waits(&lane, waiting),
            }
        }
        drop(ends);
        waiting = deferred;
    }
    Ok(())
}

/// Works in one lane; false if it has an open claim that was not to be finished yet.
async fn in_lane(
    task: &Task,
    lane: &Lane,
    patience: Patience,
    work: &impl LaneWork,
) -> Result<bool, Failure> {
    while !task.context.stop.is_cancelled() {
        let begun = take_turn(&task.context, lane, Hint::Nothing, patience, &WithoutSource).await?;
        let Begun::Yours { mut turn, finished } = begun else {
            return Ok(false);
        };
        if let Some(receipt) = &finished {
            task.tally.count(|upkeep| upkeep.finished_claims += 1);
            task.tally.receipt(receipt);
        }
        let worked = work.work(task, &mut turn).await;
        let is_taken = match worked {
            // What was listed may have been replaced by another worker.
            Err(Failure::Waiting(Waiting::Store(_))) if turn.is_taken().await? => true,
            worked => worked?,
        };
        if !is_taken {
            break;
        }
    }
    Ok(true)
}

/// For upkeep, raw objects are out of reach.
struct WithoutSource;

impl Rebuild for WithoutSource {
    async fn rebuild(&self, turn: &mut Turn<'_>, claim: &Claim) -> Result<Rebuilt, Failure> {
        let claim = turn.destination().url(&claim.key());
        Err(Waiting::OpenClaim { claim }.into())
    }
}
