//! One lane, from its pending objects to its receipts.

use super::batch::{EXPECTED_RATIO, Reader};
use super::commit::{Committed, commit};
use super::files::LaneFiles;
use super::list::Aside;
use super::{ConvertError, Run};
use crate::ledger::{Claim, LaneLog};
use crate::table::Lane;

/// How far a lane got.
#[derive(Debug)]
pub(crate) enum LaneEnd {
    /// Everything that could be converted is.
    Done(Aside),
    /// The lane has an open claim that was not to be finished yet.
    Deferred,
}

/// Converts a lane's pending objects, batch after batch: one is read while the one before
/// it is committed. An open claim is finished first if `finish` says so.
pub(crate) async fn convert_lane(
    run: &Run,
    lane: &Lane,
    prefixes: &[String],
    finish: bool,
) -> Result<LaneEnd, ConvertError> {
    // Whoever loses a number plans again, on what the winner left.
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
        let mut files = LaneFiles::new(&run.destination, lane);
        let mut reader = Reader::new(run, lane, prefixes);
        let mut next = reader.next().await?;
        let mut lost = false;
        while let Some(batch) = next.filter(|_| !run.stop.is_cancelled()) {
            let commit = async {
                let batch = batch;
                commit(run, lane, &mut log, &mut files, &batch).await
            };
            let (committed, upcoming) = futures::join!(commit, reader.next());
            match committed {
                Ok(Committed::Done) => next = upcoming?,
                Ok(Committed::Lost) => {
                    lost = true;
                    break;
                }
                Err(ConvertError::Unfinished(what)) => {
                    run.unfinished(what);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        if !lost {
            return Ok(LaneEnd::Done(reader.into_aside()));
        }
    }
}

/// The uncompressed bytes that a claim's objects are likely to have.
fn raw_bytes(claim: &Claim) -> u64 {
    let delivered: u64 = claim.objects.iter().map(|object| object.size).sum();
    (delivered as f64 * EXPECTED_RATIO) as u64
}
