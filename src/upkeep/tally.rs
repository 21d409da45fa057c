//! What upkeep has done so far, counted and told.

use super::options::Upkeep;
use crate::failure::Waiting;
use crate::lane::Lane;
use crate::ledger::{Receipt, ReplacedFile};
use crate::monitor::{Monitor, Problem, Progress};
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// What was done so far.
pub(super) struct Tally {
    upkeep: Mutex<Upkeep>,
    monitor: Arc<dyn Monitor>,
}

impl Tally {
    /// Nothing yet.
    pub(super) fn new(monitor: Arc<dyn Monitor>) -> Self {
        Self {
            upkeep: Mutex::default(),
            monitor,
        }
    }

    /// Changes the sums.
    pub(super) fn count(&self, change: impl FnOnce(&mut Upkeep)) {
        change(&mut self.upkeep.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Counts files that went, or would go.
    pub(super) fn replaced(&self, inputs: &[ReplacedFile]) {
        let dates: BTreeSet<Date> = inputs.iter().map(|input| input.date).collect();
        self.count(|upkeep| {
            upkeep.partitions += dates.len() as u64;
            upkeep.replaced_files += inputs.len() as u64;
            upkeep.replaced_bytes += inputs.iter().map(|input| input.bytes).sum::<u64>();
            upkeep.rows += inputs.iter().map(|input| input.rows).sum::<u64>();
        });
    }

    /// Counts what a claim did.
    pub(super) fn receipt(&self, receipt: &Receipt) {
        let inputs = receipt.claim.replaced().unwrap_or_default();
        self.replaced(inputs);
        self.count(|upkeep| {
            upkeep.files += receipt.written.len() as u64;
            upkeep.bytes += receipt.written.iter().map(|file| file.bytes).sum::<u64>();
        });
        self.monitor.report(Progress::Done {
            objects: inputs.len() as u64,
            bytes: inputs.iter().map(|input| input.bytes).sum(),
            rows: inputs.iter().map(|input| input.rows).sum(),
        });
    }

    /// Counts a lane, or a partition of it, in which nothing can be done.
    pub(super) fn waits(&self, lane: &Lane, why: Waiting) {
        self.count(|upkeep| upkeep.waiting += 1);
        let lane = lane.clone();
        let problem = Problem::LaneWaits { lane, why };
        self.monitor.report(Progress::Problem(problem));
    }

    /// The sums.
    pub(super) fn into_upkeep(self) -> Upkeep {
        let upkeep = self.upkeep.into_inner();
        upkeep.unwrap_or_else(PoisonError::into_inner)
    }
}
