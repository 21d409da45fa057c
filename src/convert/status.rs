//! What is raw, converted, pending and rejected, lane by lane; nothing is written.

use super::discover::{Walk, discover, own_prefixes};
use super::ignored::Ignored;
use super::list::{Aside, LaneList, RawObject};
use super::options::latest_month;
use super::pending::UnplacedLedger;
use super::task::CONCURRENT_LANES;
use super::unfinished::Places;
use crate::failure::Failure;
use crate::lane::{Account, Lane, Region};
use crate::ledger::{Claim, Converted, LaneLog, Receipt, check_format, lanes, receipts};
use crate::scope::{Scope, Shard};
use crate::store::Store;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use rustc_hash::FxHashSet;
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
    /// Whether a claim has no receipt yet.
    pub open_claim: bool,
    /// Why nothing can be done in the lane for now, in words; a run says the same.
    pub waits: Option<String>,
}

/// The state of the lanes of a range.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// By account and region.
    pub lanes: Vec<LaneStatus>,
    /// Objects whose key names no lane: only reading tells what they hold.
    pub unplaced_objects: u64,
    /// Those that a run would convert.
    pub unplaced_pending_objects: u64,
    /// Their bytes as delivered.
    pub unplaced_pending_delivered_bytes: u64,
    /// Objects that are no event logs, by folder or extension.
    pub ignored_objects: Ignored,
    /// Folders of other services that were not looked at, by name.
    pub ignored_folders: Ignored,
    /// Whether the source holds nothing that could be a log.
    pub nothing_found: bool,
}

impl Status {
    /// Whether a lane waits for somebody to do something.
    pub fn has_failures(&self) -> bool {
        self.lanes.iter().any(|lane| lane.waits.is_some())
    }
}

/// Compares what is listed with what the receipts say.
///
/// # Errors
/// Those of the stores; what is wrong with one lane is in [`LaneStatus::waits`].
pub async fn status(
    source: &Store,
    destination: &Store,
    scope: &Scope,
    shard: Shard,
    now: Timestamp,
) -> Result<Status, Failure> {
    check_format(destination)
        .await
        .map_err(Failure::of_all_lanes)?;
    let source = &source.as_source();
    let own = own_prefixes(source, destination);
    let walk = Walk {
        source,
        lanes: &scope.lanes,
        shard,
        own: &own,
    };
    let mut found = discover(&walk).await?;
    // Lanes that only records name have no prefix.
    for lane in lanes(destination).await? {
        if scope.lanes.has(&lane) && shard.has_lane(&lane) {
            found.lanes.entry(lane).or_default();
        }
    }
    let looker = Looker {
        source,
        destination,
        scope,
        now,
        own: &own,
    };
    let mut status = Status {
        ignored_objects: found.ignored,
        ignored_folders: found.ignored_folders,
        nothing_found: !found.has_logs,
        ..Status::default()
    };
    let mut unplaced = found.unplaced;
    let mut looking = stream::iter(found.lanes)
        .map(async |(lane, prefixes)| looker.lane(&lane, &prefixes).await)
        .buffer_unordered(CONCURRENT_LANES);
    while let Some((lane, aside)) = looking.try_next().await? {
        status.lanes.push(lane);
        unplaced.extend(aside.unplaced);
        status.ignored_objects.extend(aside.ignored);
    }
    drop(looking);
    status
        .lanes
        .sort_by(|a, b| (a.account, &a.region).cmp(&(b.account, &b.region)));
    looker.unplaced(unplaced, &mut status).await?;
    Ok(status)
}

struct Looker<'l> {
    source: &'l Store,
    destination: &'l Store,
    scope: &'l Scope,
    now: Timestamp,
    own: &'l [String],
}

impl Looker<'_> {
    async fn unplaced(&self, objects: Vec<RawObject>, status: &mut Status) -> Result<(), Failure> {
        if objects.is_empty() {
            return Ok(());
        }
        let ledger = UnplacedLedger::load(self.destination).await?;
        for object in objects {
            status.unplaced_objects += 1;
            if !ledger.is_settled(object.id(), &self.scope.lanes) {
                status.unplaced_pending_objects += 1;
                status.unplaced_pending_delivered_bytes += object.size;
            }
        }
        Ok(())
    }

    /// The lane's state, and what was listed besides its objects.
    async fn lane(&self, lane: &Lane, prefixes: &[String]) -> Result<(LaneStatus, Aside), Failure> {
        let mut status = empty(lane);
        let looked = self.ledger(lane, &mut status).await;
        let (open, converted) = match Failure::waits(looked)? {
            Ok(found) => found,
            Err(waiting) => {
                status.waits = Some(waiting.to_string());
                return Ok((status, Aside::default()));
            }
        };
        let days = self.scope.days;
        let mut list = LaneList::new(self.source, lane, prefixes, days, self.own);
        let mut listed = FxHashSet::default();
        while list.peek().await?.is_some()
            && let Some(object) = list.take()
        {
            status.add_object(&object, &converted);
            if open.is_some() {
                listed.insert(object.id());
            }
        }
        if let Some(claim) = &open {
            status.open_claim = true;
            let places = Places {
                source: self.source,
                destination: self.destination,
                prefixes,
                listed: &listed,
            };
            let why = places.in_the_way(claim).await?;
            status.waits = why.map(|why| why.to_string());
        }
        Ok((status, list.aside))
    }

    async fn ledger(
        &self,
        lane: &Lane,
        status: &mut LaneStatus,
    ) -> Result<(Option<Claim>, Converted), Failure> {
        let hint = Some(latest_month(self.scope.days, self.now));
        let log = LaneLog::open(self.destination, lane, hint).await?;
        let mut converted = Converted::default();
        receipts(self.destination, lane, self.scope.days, |receipt| {
            converted.add(receipt);
            status.add_receipt(receipt);
        })
        .await?;
        Ok((log.open_claim().cloned(), converted))
    }
}

fn empty(lane: &Lane) -> LaneStatus {
    LaneStatus {
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
        open_claim: false,
        waits: None,
    }
}

impl LaneStatus {
    fn add_object(&mut self, object: &RawObject, converted: &Converted) {
        self.raw_objects += 1;
        self.delivered_bytes += object.size;
        if converted.is_settled(object.id()) {
            self.converted_objects += 1;
        } else {
            self.pending_objects += 1;
            self.pending_delivered_bytes += object.size;
            self.unread_objects += u64::from(converted.unread(object.id()).is_some());
        }
    }

    fn add_receipt(&mut self, receipt: &Receipt) {
        let claim = &receipt.claim;
        self.rows += receipt.written.iter().map(|file| file.rows).sum::<u64>();
        self.parquet_bytes += receipt.written.iter().map(|file| file.bytes).sum::<u64>();
        // Of a range, what was retried may have been rejected outside of it.
        self.rejects = (self.rejects + claim.rejected()).saturating_sub(claim.retried());
        self.duplicates += claim.duplicates();
        self.other_region_rows += claim.other_region_rows();
        for object in claim.objects() {
            if let crate::ledger::Outcome::Unread {
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
