//! A lane's turn: the right to claim its next number, as far as anybody can have it.

use super::rows::{NewRows, seconds};
use crate::failure::{Failure, Waiting};
use crate::files::{FileName, LaneFiles, Lookup};
use crate::lane::Lane;
use crate::ledger::{Claim, ClaimNumber, ClaimedFile, FORMAT, LaneLog, RowOptions, Work};
use crate::store::Store;
use crate::table::Schema;
use crate::work::{Context, Cpu};
use jiff::civil::Date;
use std::sync::Arc;

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

impl<'c> Turn<'c> {
    /// The turn of a lane whose log was opened.
    pub(super) fn new(context: &'c Context, log: LaneLog) -> Self {
        let files = LaneFiles::new(&context.destination, &log);
        Self {
            context,
            log,
            files,
        }
    }

    /// The lane.
    pub(crate) fn lane(&self) -> &Lane {
        self.log.lane()
    }

    /// Whether the lane had no claim when its turn was taken. What another worker has put since is
    /// of a claim that takes the number of this turn's first.
    pub(crate) fn was_empty(&self) -> bool {
        self.files.was_empty()
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
        let files = files.collect();
        let schema = self.context.schema.fingerprint();
        self.claim_of_files(draft, options, (schema, files), work)
    }

    /// A claim of these files, whose rows were made with the columns of this fingerprint, as it is
    /// to be put.
    pub(crate) fn claim_of_files(
        &self,
        draft: Draft,
        options: RowOptions,
        (schema, files): (String, Vec<ClaimedFile>),
        work: Work,
    ) -> Claim {
        Claim {
            format: FORMAT,
            lane: self.lane().clone(),
            number: draft.number,
            program: env!("CARGO_PKG_VERSION").into(),
            schema,
            options,
            files,
            work,
            id: draft.id,
        }
    }

    /// Partitions of earlier dates were removed.
    pub(crate) async fn expired_before(&mut self) -> Result<Option<Date>, Failure> {
        self.files.expired_before(&self.log).await
    }

    /// Whether another worker has claimed the next number: what was listed may be gone by now.
    pub(crate) async fn is_taken(&self) -> Result<bool, Failure> {
        Ok(self.log.is_taken().await?)
    }

    /// Lists the partitions of some dates, unless that was done: what stands there must belong to
    /// the ledger. `has_receipt` spares look-ups of claims that are known to be done.
    pub(crate) async fn list(
        &mut self,
        dates: &[Date],
        has_receipt: impl Fn(ClaimNumber) -> bool,
    ) -> Result<(), Failure> {
        self.files.list(&self.log, dates, has_receipt).await
    }

    /// Lists the lane's rejects, unless that was done: they must belong to the ledger.
    pub(crate) async fn check_rejects(
        &mut self,
        has_receipt: impl Fn(ClaimNumber) -> bool,
    ) -> Result<(), Failure> {
        self.files.check_rejects(&self.log, has_receipt).await
    }

    /// For each look-up, the id and the rebuilt record of each row that has one of its ids.
    pub(crate) async fn find(
        &mut self,
        lookups: &[Lookup<'_>],
    ) -> Result<Vec<Vec<(String, String)>>, Failure> {
        self.files.find(lookups).await
    }
}
