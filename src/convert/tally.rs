//! What a run has done so far, counted and told.

use super::list::RawObject;
use super::places::claimed_key;
use super::summary::Summary;
use crate::cloudtrail::Left;
use crate::digests::Fault;
use crate::failure::Waiting;
use crate::files::newest_event;
use crate::lane::Lane;
use crate::ledger::{Cause, ClaimedObject, DigestState, ObjectId, Outcome, Receipt, Work};
use crate::monitor::{Monitor, Problem, Progress};
use crate::scope::Lanes;
use crate::store::Store;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// What a run has done so far. Everything that is counted as a failure is told as well.
pub(crate) struct Tally {
    summary: Mutex<Summary>,
    monitor: Arc<dyn Monitor>,
    lanes: Lanes,
    /// Arguments that named something.
    met: Mutex<BTreeSet<String>>,
    /// What this run has settled itself.
    own: Mutex<FxHashSet<ObjectId>>,
    waiting: Mutex<BTreeSet<Lane>>,
    /// What is wrong with digests, told once.
    faults: Mutex<BTreeSet<Fault>>,
}

impl Tally {
    /// Nothing yet. Of an object of several lanes the first of `lanes` counts.
    pub(crate) fn new(monitor: Arc<dyn Monitor>, lanes: Lanes) -> Self {
        Self {
            summary: Mutex::default(),
            monitor,
            lanes,
            met: Mutex::default(),
            own: Mutex::default(),
            waiting: Mutex::default(),
            faults: Mutex::default(),
        }
    }

    /// Changes the summary.
    pub(crate) fn count(&self, change: impl FnOnce(&mut Summary)) {
        change(&mut self.summary.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What was counted.
    pub(crate) fn into_summary(self) -> Summary {
        self.summary
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an object that could not be read.
    pub(crate) fn unread(&self, object: &RawObject, cause: &Cause) {
        self.not_read(
            object,
            Problem::Unread {
                address: object.address.clone(),
                cause: cause.clone(),
            },
        );
    }

    /// Counts an object that could not be reached.
    pub(crate) fn unreachable(&self, object: &RawObject, why: String) {
        self.not_read(
            object,
            Problem::Unreachable {
                address: object.address.clone(),
                why,
            },
        );
    }

    fn not_read(&self, object: &RawObject, problem: Problem) {
        self.count(|summary| summary.unread_objects += 1);
        self.tell(problem);
        self.monitor.report(Progress::Done {
            objects: 1,
            bytes: object.size,
            rows: 0,
        });
    }

    /// Counts a file that holds no record.
    pub(crate) fn left(&self, key: &str, left: Left) {
        self.count(|summary| summary.ignored_objects.add(left.code(), key));
    }

    /// Counts a file that was read again and still holds no record.
    pub(crate) fn left_again(&self, object: &RawObject, left: Left) {
        self.left(&object.key, left);
        self.monitor.report(Progress::Done {
            objects: 1,
            bytes: object.size,
            rows: 0,
        });
    }

    /// Whether files were read, and none held a record.
    pub(crate) fn has_only_left(&self) -> bool {
        let summary = self.summary.lock().unwrap_or_else(PoisonError::into_inner);
        let met = summary.objects + summary.skipped_objects + summary.known_objects;
        let unread = summary.unread_objects + summary.accepted_objects;
        summary.lanes + met + unread == 0 && !summary.ignored_objects.is_empty()
    }

    /// Counts a source in which nothing could be a log.
    pub(crate) fn nothing_found(&self, source: &Store) {
        let mut seen = Vec::new();
        self.count(|summary| {
            summary.nothing_found = true;
            for ignored in [&summary.ignored_objects, &summary.ignored_folders] {
                if !ignored.is_empty() {
                    seen.push(ignored.to_string());
                }
                let kinds = ignored
                    .kinds()
                    .filter_map(|(kind, _)| Left::from_code(kind));
                let steps: BTreeSet<&str> = kinds.filter_map(Left::next_step).collect();
                seen.extend(steps.into_iter().map(str::to_owned));
            }
        });
        self.tell(Problem::NothingFound {
            source: source.url(""),
            seen: seen.join("; "),
        });
    }

    /// Takes back what a reader counted as unread that is dropped: another meets the same again.
    pub(crate) fn forget_unread(&self, objects: u64) {
        self.count(|summary| summary.unread_objects -= objects);
    }

    /// Counts a lane that waits.
    pub(crate) fn waits(&self, lane: &Lane, why: Waiting) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.insert(lane.clone());
        let lanes = waiting.len() as u64;
        drop(waiting);
        self.count(|summary| summary.waiting_lanes = lanes);
        let lane = lane.clone();
        self.tell(Problem::LaneWaits { lane, why });
    }

    /// Counts what is wrong with a digest; another reader may meet the same again.
    pub(crate) fn fault(&self, fault: &Fault) {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        if faults.insert(fault.clone()) {
            drop(faults);
            self.count(|summary| summary.digest_faults += 1);
            self.tell(Problem::Digest(fault.clone()));
        }
    }

    /// Notes what an argument may have meant.
    pub(crate) fn meet(&self, object: &RawObject) {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        met.extend([object.key.clone(), object.address.clone()]);
    }

    /// Arguments that meant nothing that was met.
    pub(crate) fn unmet(&self, arguments: &BTreeSet<String>) -> Vec<String> {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        arguments.difference(&met).cloned().collect()
    }

    /// Counts a problem that is a failure by itself.
    pub(crate) fn problem(&self, problem: Problem) {
        self.count(|summary| match problem {
            Problem::NotFound { .. } => summary.unmet_arguments += 1,
            _ => summary.passed_over += 1,
        });
        self.tell(problem);
    }

    /// Whether this run has settled the object itself.
    pub(crate) fn is_own(&self, id: ObjectId) -> bool {
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.contains(&id)
    }

    /// Counts what a claim did that another run had left open. What it lists was not listed by
    /// this run.
    pub(crate) fn finished(&self, destination: &Store, receipt: &Receipt) {
        self.count(|summary| summary.finished_claims += 1);
        let counted = self.counted(receipt);
        let bytes = counted.iter().map(|object| object.size).sum();
        let objects = counted.len() as u64;
        self.monitor.report(Progress::Pending { objects, bytes });
        self.receipt(destination, receipt);
    }

    /// Counts what a claim did, from its receipt.
    pub(crate) fn receipt(&self, destination: &Store, receipt: &Receipt) {
        let claim = &receipt.claim;
        if claim.replaced().is_some() {
            // Its rows were counted when they were converted.
            return;
        }
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.extend(claim.objects().iter().map(ClaimedObject::id));
        drop(own);
        let rows: u64 = receipt.written.iter().map(|file| file.rows).sum();
        let counted = self.counted(receipt);
        self.count(|summary| {
            summary.claims += 1;
            for object in &counted {
                add_object(summary, object, receipt);
            }
            // What was given up is no row.
            summary.records += claim.records() - claim.rows() + rows;
            summary.rows += rows;
            if claim.lane.is_unknown() {
                summary.unknown_lane_rows += rows;
            }
            summary.duplicates += claim.duplicates();
            summary.expired += claim.expired();
            summary.rejects += claim.rejected();
            summary.retried_rejects += claim.retried();
            summary.other_region_rows += claim.other_region_rows();
            summary.files += receipt.written.len() as u64;
            summary.parquet_bytes += receipt.written.iter().map(|file| file.bytes).sum::<u64>();
            summary.newest_event = summary.newest_event.max(newest_event(receipt));
        });
        for object in &counted {
            self.tell_unproven(object);
        }
        if let Some(rejects) = claim.rejects() {
            let url = destination.url(&rejects.key);
            let records = rejects.records;
            self.tell(Problem::Rejects { url, records });
        }
        self.monitor.report(Progress::Done {
            objects: counted.len() as u64,
            bytes: counted.iter().map(|object| object.size).sum(),
            rows,
        });
    }

    /// Tells of what was converted and is not proven.
    fn tell_unproven(&self, object: &ClaimedObject) {
        let state = object.digest.filter(|state| *state != DigestState::Valid);
        let is_unread = matches!(object.outcome, Outcome::Unread { .. });
        if let Some(state) = state.filter(|_| !is_unread) {
            let address = object.address.clone();
            self.count(|summary| summary.unproven_objects += 1);
            self.tell(Problem::Unproven { address, state });
        }
    }

    /// The objects of a claim that count in its lane: one of many lanes does in the first; what
    /// cannot be read was counted when it was met, unless somebody accepted that.
    fn counted<'r>(&self, receipt: &'r Receipt) -> Vec<&'r ClaimedObject> {
        let claim = &receipt.claim;
        let is_counted = |object: &&ClaimedObject| {
            let mut lanes = object.lanes.iter();
            let first = lanes.find(|lane| self.lanes.has(lane));
            let is_tried_again = matches!(
                object.outcome,
                Outcome::Unread {
                    accepted: false,
                    ..
                }
            );
            first.is_none_or(|first| *first == claim.lane) && !is_tried_again
        };
        claim.objects().iter().filter(is_counted).collect()
    }

    fn tell(&self, problem: Problem) {
        self.monitor.report(Progress::Problem(problem));
    }
}

/// Counts one object of a claim.
fn add_object(summary: &mut Summary, object: &ClaimedObject, receipt: &Receipt) {
    for (code, count) in &object.left {
        *summary.left_records.entry(code.clone()).or_default() += count;
    }
    if let (Some(left), Work::Convert(convert)) = (object.left_as(), &receipt.claim.work) {
        let key = claimed_key(convert, &object.address);
        summary.ignored_objects.add(left.code(), key);
        summary.left_objects += 1;
        return;
    }
    match &object.outcome {
        _ if receipt.lost.contains(&object.address) => summary.lost_objects += 1,
        Outcome::Read {
            uncompressed_bytes, ..
        }
        | Outcome::Copy {
            uncompressed_bytes, ..
        } => {
            summary.objects += 1;
            summary.delivered_bytes += object.size;
            summary.uncompressed_bytes += uncompressed_bytes;
        }
        Outcome::Known { .. } => summary.known_objects += 1,
        Outcome::Unread { .. } => summary.accepted_objects += 1,
    }
}
