//! What is known of one lane.

use super::list::RawObject;
use crate::files::newest_event;
use crate::lane::{Account, Lane, Region};
use crate::ledger::{ClaimedObject, Converted, Outcome, Receipt, ReplacedFile};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Serialize;
use std::collections::BTreeMap;

/// One lane's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LaneStatus {
    /// The account.
    pub account: Account,
    /// The region.
    pub region: Region,
    /// Raw objects of the range.
    pub raw_objects: u64,
    /// Their bytes as delivered.
    pub delivered_bytes: u64,
    /// Raw objects that are converted.
    pub converted_objects: u64,
    /// Raw objects that a run would convert.
    pub pending_objects: u64,
    /// Their bytes as delivered.
    pub pending_delivered_bytes: u64,
    /// Pending objects that could not be read when they were last tried.
    pub unread_objects: u64,
    /// Addresses of objects that were accepted to be unreadable, with the codes of why.
    pub accepted_unread: BTreeMap<String, String>,
    /// Rows in the table, of the receipts of the range.
    pub rows: u64,
    /// Records kept aside, without those that became rows later.
    pub rejects: u64,
    /// Records left out because an equal one stays.
    pub duplicates: u64,
    /// Rows whose own region is not the lane's.
    pub other_region_rows: u64,
    /// Bytes of Parquet.
    pub parquet_bytes: u64,
    /// The time of the newest event in the table, of the receipts of the range, to the second.
    pub newest_event: Option<Timestamp>,
    /// When the oldest of the pending objects was delivered, as its key tells; of a key without a
    /// time, the beginning of its day.
    pub oldest_pending: Option<Timestamp>,
    /// When the newest of them was delivered.
    pub newest_pending: Option<Timestamp>,
    /// Whether a claim has no receipt yet.
    pub open_claim: bool,
    /// Why nothing can be done in the lane for now, in words; a run says the same.
    pub waits: Option<String>,
}

impl LaneStatus {
    /// Of a lane of which nothing is known yet.
    pub(super) fn empty(lane: &Lane) -> Self {
        Self {
            account: lane.account,
            region: lane.region.clone(),
            raw_objects: 0,
            delivered_bytes: 0,
            converted_objects: 0,
            pending_objects: 0,
            pending_delivered_bytes: 0,
            unread_objects: 0,
            accepted_unread: BTreeMap::new(),
            rows: 0,
            rejects: 0,
            duplicates: 0,
            other_region_rows: 0,
            parquet_bytes: 0,
            newest_event: None,
            oldest_pending: None,
            newest_pending: None,
            open_claim: false,
            waits: None,
        }
    }

    /// Counts a raw object, by what the receipts say of it.
    pub(super) fn add_object(&mut self, object: &RawObject, converted: &Converted) {
        self.raw_objects += 1;
        self.delivered_bytes += object.size;
        if converted.is_settled(object.id()) {
            self.converted_objects += 1;
        } else {
            self.pending_objects += 1;
            self.pending_delivered_bytes += object.size;
            self.unread_objects += u64::from(converted.unread(object.id()).is_some());
            let delivered = delivered(object);
            let oldest = [self.oldest_pending, delivered].into_iter().flatten().min();
            self.oldest_pending = oldest;
            self.newest_pending = self.newest_pending.max(delivered);
        }
    }

    /// Takes out what went, and adds what stands for it.
    fn replaced(&mut self, inputs: &[ReplacedFile], receipt: &Receipt) {
        let rows: u64 = inputs.iter().map(|input| input.rows).sum();
        let bytes: u64 = inputs.iter().map(|input| input.bytes).sum();
        let written = receipt.written.iter();
        let (new_rows, new_bytes) = written.fold((0, 0), |(rows, bytes), file| {
            (rows + file.rows, bytes + file.bytes)
        });
        self.rows = (self.rows + new_rows).saturating_sub(rows);
        self.parquet_bytes = (self.parquet_bytes + new_bytes).saturating_sub(bytes);
    }

    /// Counts what a receipt says.
    pub(super) fn add_receipt(&mut self, receipt: &Receipt) {
        let claim = &receipt.claim;
        if let Some(inputs) = claim.replaced() {
            self.replaced(inputs, receipt);
            return;
        }
        self.rows += receipt.written.iter().map(|file| file.rows).sum::<u64>();
        self.newest_event = self.newest_event.max(newest_event(receipt));
        self.parquet_bytes += receipt.written.iter().map(|file| file.bytes).sum::<u64>();
        // Of a range, what was retried may have been rejected outside of it.
        self.rejects = (self.rejects + claim.rejected()).saturating_sub(claim.retried());
        self.duplicates += claim.duplicates();
        self.other_region_rows += claim.other_region_rows();
        let unread = |object: &&ClaimedObject| object.left_as().is_none();
        for object in claim.objects().iter().filter(unread) {
            if let Outcome::Unread {
                cause,
                accepted: true,
            } = &object.outcome
            {
                let code = cause.code().to_owned();
                self.accepted_unread.insert(object.address.clone(), code);
            }
        }
    }
}

/// When an object was delivered, as far as its key tells.
fn delivered(object: &RawObject) -> Option<Timestamp> {
    let midnight = |day: Date| Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp());
    object.time.or_else(|| object.day.and_then(midnight))
}
