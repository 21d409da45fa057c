//! One lane, from its pending objects to its receipts.

use super::batch::Reader;
use super::commit::{Committed, commit};
use super::files::LaneFiles;
use super::list::Aside;
use super::{ConvertError, Run};
use crate::ledger::{LaneLog, Month};
use crate::table::Lane;
use jiff::tz::TimeZone;

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
        let mut log = LaneLog::open(&run.destination, lane, latest_month(run)).await?;
        if log.open_claim().is_some() {
            if !finish {
                return Ok(LaneEnd::Deferred);
            }
            if !run.try_finish(&mut log).await? {
                return Ok(LaneEnd::Done(Aside::default()));
            }
        }
        let mut files = LaneFiles::new(&run.destination, lane);
        let mut reader = Reader::new(run, lane, prefixes);
        let mut next = reader.next().await?;
        let mut lost = false;
        while let Some(batch) = next {
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

/// The month whose receipts are most likely the lane's latest: the last of the range.
fn latest_month(run: &Run) -> Month {
    let today = run.options.now.to_zoned(TimeZone::UTC).date();
    Month::of(run.options.range.to.unwrap_or(today).min(today))
}
