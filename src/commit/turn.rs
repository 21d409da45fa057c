//! A lane's turn: the right to claim its next number, as far as anybody can have it.

use super::finish::{Rebuild, finish};
use super::rows::{NewRows, seconds};
use super::write::write;
use crate::failure::{Failure, Waiting};
use crate::files::{FileName, LaneFiles, Lookup};
use crate::lane::Lane;
use crate::ledger::{
    Claim, ClaimNumber, ClaimOutcome, ClaimedFile, FORMAT, LaneLog, Month, Receipt, RowOptions,
    Work,
};
use crate::store::Store;
use crate::table::Schema;
use crate::work::{Context, Cpu};
use bytes::Bytes;
use jiff::civil::Date;
use std::sync::Arc;

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

/// A lane without an open claim, and what is known of its files. Another worker may have the
/// same: the claim tells who was first.
pub(crate) struct Turn<'c> {
    pub(super) context: &'c Context,
    pub(super) log: LaneLog,
    pub(super) files: LaneFiles,
}

/// Number and id of a claim that is to be made.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) number: ClaimNumber,
    pub(crate) id: String,
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

/// Takes the lane's turn. An open claim is finished first, by what `rebuild` makes of it.
pub(crate) async fn take_turn<'c>(
    context: &'c Context,
    lane: &Lane,
    hint: Option<Month>,
    patience: Patience,
    rebuild: &impl Rebuild,
) -> Result<Begun<'c>, Failure> {
    let log = LaneLog::open(&context.destination, lane, hint).await?;
    let files = LaneFiles::new(&context.destination, &log);
    let mut turn = Turn {
        context,
        log,
        files,
    };
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

impl Turn<'_> {
    /// The lane.
    pub(crate) fn lane(&self) -> &Lane {
        self.log.lane()
    }

    /// The threads for work on its rows.
    pub(crate) fn cpu(&self) -> &Cpu {
        &self.context.cpu
    }

    /// The columns of what is written.
    pub(crate) fn schema(&self) -> &Arc<Schema> {
        &self.context.schema
    }

    /// Where the table is.
    pub(crate) fn destination(&self) -> &Store {
        &self.context.destination
    }

    /// Number and a fresh id for the next claim.
    pub(crate) fn draft(&self) -> Result<Draft, Failure> {
        let number = self.log.next_number().ok_or_else(|| {
            Waiting::Ledger(format!("the log of {} has no number left", self.lane()))
        })?;
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).map_err(|error| Failure::Internal(error.to_string()))?;
        let id = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Draft { number, id })
    }

    /// A claim of the rows, as it is to be put.
    pub(crate) fn claim(
        &self,
        draft: Draft,
        options: RowOptions,
        rows: &NewRows,
        work: Work,
    ) -> Claim {
        let files = rows.by_date.iter().map(|(&date, refs)| {
            let name = FileName {
                number: draft.number,
                seconds: seconds(&rows.objects, refs),
                claim_id: draft.id.clone(),
            };
            ClaimedFile {
                date,
                name: name.to_string(),
                rows: refs.len() as u64,
            }
        });
        Claim {
            format: FORMAT,
            lane: self.lane().clone(),
            number: draft.number,
            program: env!("CARGO_PKG_VERSION").into(),
            schema: self.context.schema.fingerprint(),
            options,
            files: files.collect(),
            work,
            id: draft.id,
        }
    }

    /// Claims, writes the files, puts the receipt.
    pub(crate) async fn commit(
        &mut self,
        claim: Claim,
        rows: &NewRows,
        rejects: Option<Bytes>,
    ) -> Result<Committed, Failure> {
        if self.log.claim(&claim).await? == ClaimOutcome::Taken {
            return Ok(Committed::Taken);
        }
        let receipt = write(self, claim, rows, rejects, Vec::new()).await?;
        Ok(Committed::Done(Box::new(receipt)))
    }

    /// Lists the partition of a date, unless that was done: what stands there must belong to
    /// the ledger. `has_receipt` spares look-ups of claims that are known to be done.
    pub(crate) async fn list(
        &mut self,
        date: Date,
        has_receipt: impl Fn(ClaimNumber) -> bool,
    ) -> Result<(), Failure> {
        self.files.list(&self.log, date, has_receipt).await
    }

    /// Lists the lane's rejects, unless that was done: they must belong to the ledger.
    pub(crate) async fn check_rejects(
        &mut self,
        has_receipt: impl Fn(ClaimNumber) -> bool,
    ) -> Result<(), Failure> {
        self.files.check_rejects(&self.log, has_receipt).await
    }

    /// The id and the rebuilt record of each row that has one of the ids.
    pub(crate) async fn find(
        &mut self,
        lookup: &Lookup<'_>,
    ) -> Result<Vec<(String, String)>, Failure> {
        self.files.find(lookup).await
    }
}
