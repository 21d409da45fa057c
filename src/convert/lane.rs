//! One lane, from its pending objects to its receipts.

use super::batch::{Batch, EXPECTED_RATIO, Reader};
use super::commit::{Committed, commit};
use super::files::LaneFiles;
use super::list::Aside;
use super::{ConvertError, Run};
use crate::ledger::{Claim, LaneLog};
use crate::table::Lane;
use futures::future::{Either, select};
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

/// Converts a lane's pending objects, batch after batch, while the next ones are read. An
/// open claim is finished first if `finish` says so.
pub(crate) async fn convert_lane(
    run: &Run,
    lane: &Lane,
    prefixes: &[String],
    finish: bool,
) -> Result<LaneEnd, ConvertError> {
    // Whoever loses a number plans again, on what the winner left.
    let mut own = 0;
    loop {
        if run.stop.is_cancelled() {
            return Ok(LaneEnd::Done(Aside::default()));
        }
        let mut log = LaneLog::open(
            &run.destination,
            lane,
            &run.options.range.latest_months(run.options.now),
        )
        .await?;
        if let Some(claim) = log.open_claim() {
            if !finish {
                return Ok(LaneEnd::Deferred);
            }
            let _share = run.budget.reserve(raw_bytes(claim)).await;
            if !run.try_finish(&mut log).await? {
                return Ok(LaneEnd::Done(Aside::default()));
            }
        }
        let mut reader = Reader::new(run, lane, prefixes);
        let committed = commit_batches(run, lane, &mut log, &mut reader).await?;
        own += committed.objects;
        if !committed.lost {
            return Ok(LaneEnd::Done(reader.finish(own)));
        }
    }
}

/// How far a lane's batches got.
#[derive(Debug, Default)]
struct Progressed {
    /// Objects converted by this run.
    objects: u64,
    /// Whether another worker took a number.
    lost: bool,
}

/// Commits what the reader gives, in order. Reading goes on meanwhile, so that the threads
/// have work while a batch waits for the store.
async fn commit_batches(
    run: &Run,
    lane: &Lane,
    log: &mut LaneLog,
    reader: &mut Reader<'_>,
) -> Result<Progressed, ConvertError> {
    let (sender, mut batches) = mpsc::channel::<Batch>(BATCHES_AHEAD);
    let read = async move {
        while let Some(batch) = reader.next().await? {
            if sender.send(batch).await.is_err() {
                break;
            }
        }
        Ok::<_, ConvertError>(())
    };
    let commit = async {
        let mut files = LaneFiles::new(&run.destination, lane);
        let mut progressed = Progressed::default();
        while let Some(batch) = batches.recv().await
            && !run.stop.is_cancelled()
        {
            match commit(run, lane, log, &mut files, &batch).await {
                Ok(Committed::Done) => progressed.objects += batch.read_objects(),
                Ok(Committed::Lost) => {
                    progressed.lost = true;
                    break;
                }
                Err(ConvertError::Unfinished(what)) => {
                    run.unfinished(what);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(progressed)
    };
    match select(pin!(commit), pin!(read)).await {
        // Without a committer, what is read ahead is of no use.
        Either::Left((progressed, _)) => progressed,
        // What was read before the reader failed is committed all the same.
        Either::Right((read, commit)) => {
            let progressed = commit.await?;
            read.map(|()| progressed)
        }
    }
}

/// The uncompressed bytes that a claim's objects are likely to have.
fn raw_bytes(claim: &Claim) -> u64 {
    let delivered: u64 = claim.objects.iter().map(|object| object.size).sum();
    (delivered as f64 * EXPECTED_RATIO) as u64
}
