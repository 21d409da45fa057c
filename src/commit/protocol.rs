//! The steps in their order: take the lane's turn, claim, write, put the receipt.

use super::encoded::encoded_files;
use super::finish::{Rebuild, finish};
use super::replace::{Merged, replace};
use super::rows::{NewRows, part_of_share};
use super::turn::Turn;
use super::write::write;
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::{Claim, ClaimOutcome, Hint, LaneLog, Receipt};
use crate::monitor::Progress;
use crate::store::Remover;
use crate::work::Context;
use bytes::Bytes;
use futures::{StreamExt, future::join};
use std::pin::pin;

/// What to do about a claim that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Leave it for now: its owner may be about to finish it.
    Defer,
    /// Finish it.
    Finish,
}

/// What came of asking for a lane's turn. That the lane has to wait is [`Failure::Waiting`].
pub(crate) enum Begun<'c> {
    /// No claim is open.
    Yours {
        turn: Box<Turn<'c>>,
        /// The receipt of the claim that was open.
        finished: Option<Box<Receipt>>,
    },
    /// A claim is open, and is left for now.
    Deferred,
}

/// What became of a claim.
#[derive(Debug)]
#[must_use]
pub(crate) enum Committed {
    /// All that it promised is visible.
    Done(Box<Receipt>),
    /// Another worker took the number: what is to be done has to be asked again.
    Taken,
}

/// Tells that all of a claim is visible.
pub(super) fn tell_committed(context: &Context, receipt: &Receipt, by_another: bool) {
    context.monitor.report(Progress::Committed {
        lane: receipt.claim.lane.clone(),
        claim: context.destination.url(&receipt.claim.key()),
        rows: receipt.written.iter().map(|file| file.rows).sum(),
        files: receipt.written.len() as u64,
        by_another,
    });
}

/// Takes the lane's turn. An open claim is finished first, by what `rebuild` makes of it.
pub(crate) async fn take_turn<'c>(
    context: &'c Context,
    lane: &Lane,
    hint: Hint,
    patience: Patience,
    rebuild: &impl Rebuild,
) -> Result<Begun<'c>, Failure> {
    let log = LaneLog::open(&context.destination, lane, hint).await?;
    let mut turn = Turn::new(context, log);
    let finished = match (turn.log.open_claim().cloned(), patience) {
        (None, _) => None,
        (Some(_), Patience::Defer) => return Ok(Begun::Deferred),
        (Some(claim), Patience::Finish) => {
            // Seldom, and large: it is no part of the state of every lane.
            Some(Box::new(Box::pin(finish(&mut turn, claim, rebuild)).await?))
        }
    };
    Ok(Begun::Yours {
        turn: Box::new(turn),
        finished,
    })
}

/// Claims, puts the merged files, removes what they replace, puts the receipt.
pub(crate) async fn commit_replacement(
    turn: &mut Turn<'_>,
    remover: &Remover,
    claim: Claim,
    merged: Merged,
) -> Result<Committed, Failure> {
    if turn.log.claim(&claim).await? == ClaimOutcome::Taken {
        return Ok(Committed::Taken);
    }
    let receipt = replace(turn, remover, claim, merged).await?;
    Ok(Committed::Done(Box::new(receipt)))
}

/// Claims, writes the files, puts the receipt.
pub(crate) async fn commit(
    turn: &mut Turn<'_>,
    claim: Claim,
    mut rows: NewRows,
    rejects: Option<Bytes>,
) -> Result<Committed, Failure> {
    let context = turn.context;
    let _share = rejects
        .as_ref()
        .and_then(|body| part_of_share(&mut rows.share, body));
    let mut files = pin!(encoded_files(context, rows, &claim).peekable());
    // The first are encoded while the claim is put.
    let (claimed, _) = join(turn.log.claim(&claim), files.as_mut().peek()).await;
    if claimed? == ClaimOutcome::Taken {
        return Ok(Committed::Taken);
    }
    context.monitor.report(Progress::Claimed {
        lane: claim.lane.clone(),
        claim: context.destination.url(&claim.key()),
        rows: claim.rows(),
    });
    let receipt = write(turn, claim, files, rejects, Vec::new()).await?;
    tell_committed(context, &receipt, false);
    Ok(Committed::Done(Box::new(receipt)))
}
