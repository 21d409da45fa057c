//! One lane, from its pending objects to its receipts.

use super::batch::Batch;
use super::batch_reader::BatchReader;
use super::commit_batch::{Views, commit_batch};
use super::finish::Finisher;
use super::list::{Aside, LaneList};
use super::options::latest_month;
use super::pending::{LanePending, PendingObjects};
use super::retry::retry_rejects;
use super::task::Task;
use crate::commit::{Begun, Committed, Patience, Turn, take_turn};
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::Hint;
use futures::future::{Either, join, select};
use std::pin::pin;
use tokio::sync::mpsc;

/// Batches that wait between reading and committing: with one, the threads have a batch to
/// read while another waits for the store.
const BATCHES_AHEAD: usize = 1;

/// How far a lane got.
#[derive(Debug)]
pub(crate) enum LaneEnd {
    /// Everything that could be converted is.
    Done(Aside),
    /// The lane has an open claim that was not to be finished yet.
    Deferred,
}

/// A lane, and where its raw objects are.
#[derive(Debug, Clone)]
pub(crate) struct LaneSource {
    pub(crate) lane: Lane,
    /// None if the source does not show the lane, or it is not asked for.
    pub(crate) prefixes: Vec<String>,
    /// What keys begin with that are the destination's.
    pub(crate) own: std::sync::Arc<[String]>,
    /// Whether the ledger had the lane when it was listed.
    pub(crate) is_known: bool,
    /// Where its digests are, if they are asked for.
    pub(crate) digest_folders: Vec<String>,
}

/// Converts a lane's pending objects, batch after batch, while the next ones are read.
pub(crate) async fn convert_lane(
    task: &Task,
    source: &LaneSource,
    patience: Patience,
) -> Result<LaneEnd, Failure> {
    let lane = &source.lane;
    let finisher = Finisher::new(task, &source.prefixes);
    let latest = Hint::Month(latest_month(task.options.scope.days, task.options.now));
    let mut hint = match source.is_known {
        true => latest,
        false => Hint::Absent,
    };
    // Whoever loses a number plans again, on what the winner left.
    loop {
        if task.context.stop.is_cancelled() {
            return Ok(LaneEnd::Done(Aside::default()));
        }
        let (scope, own) = (&task.options.scope, &source.own);
        let mut list = LaneList::new(&task.source, lane, &source.prefixes, scope, own);
        let turn = take_turn(&task.context, lane, hint, patience, &finisher);
        let begun = match &task.digests {
            // An object may come with its digest after it was listed.
            Some(_) => turn.await?,
            None => {
                let (begun, first) = join(turn, list.peek()).await;
                let begun = begun?;
                first?;
                begun
            }
        };
        let Begun::Yours { mut turn, finished } = begun else {
            return Ok(LaneEnd::Deferred);
        };
        if let Some(receipt) = &finished {
            task.tally.finished(&task.context.destination, receipt);
        }
        let mut views = Views::of(&turn);
        let mut pending = LanePending::new(task, source, list, turn.was_empty()).await?;
        let (sender, listed) = mpsc::channel(task.listed_ahead());
        let mut reader = BatchReader::new(task, PendingObjects::Lane(listed));
        let list = pending.list(sender);
        let committed = commit_batches(task, &mut turn, &mut views, &mut reader, list).await;
        let is_taken = match Failure::waits(committed)? {
            Ok(is_taken) => is_taken,
            Err(waiting) => {
                task.tally.waits(lane, waiting);
                return Ok(LaneEnd::Done(pending.finish()));
            }
        };
        let retries = task.options.retry_rejects && task.options.scope.lanes.has(lane);
        let is_taken = match is_taken {
            false if retries => {
                let retried = retry_rejects(task, &mut turn, &mut views).await;
                Failure::waits(retried)?.unwrap_or_else(|waiting| {
                    task.tally.waits(lane, waiting);
                    false
                })
            }
            is_taken => is_taken,
        };
        if !is_taken {
            return Ok(LaneEnd::Done(pending.finish()));
        }
        reader.abandon();
        hint = latest;
    }
}

/// Commits what the reader gives, in order; true if another worker took a number. Reading goes on meanwhile, so that the threads
/// have work while a batch waits for the store; and listing, so that it is known early how much there is.
async fn commit_batches(
    task: &Task,
    turn: &mut Turn<'_>,
    views: &mut Views,
    reader: &mut BatchReader<'_>,
    list: impl Future<Output = ()>,
) -> Result<bool, Failure> {
    let (sender, mut batches) = mpsc::channel::<Batch>(BATCHES_AHEAD);
    let read = async move {
        while let Some(batch) = reader.next().await? {
            if sender.send(batch).await.is_err() {
                break;
            }
        }
        Ok::<_, Failure>(())
    };
    let read = async {
        match select(pin!(list), pin!(read)).await {
            Either::Left(((), read)) => read.await,
            // Without a reader, what is listed ahead is of no use.
            Either::Right((read, _)) => read,
        }
    };
    let commit = async {
        while let Some(batch) = batches.recv().await
            && !task.context.stop.is_cancelled()
        {
            if let Committed::Taken = commit_batch(task, turn, batch, views).await? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    match select(pin!(commit), pin!(read)).await {
        // Without a committer, what is read ahead is of no use.
        Either::Left((is_taken, _)) => is_taken,
        // What was read before the reader failed is committed all the same.
        Either::Right((read, commit)) => {
            let is_taken = commit.await?;
            read.map(|()| is_taken)
        }
    }
}
