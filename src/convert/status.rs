//! What is raw, converted, pending and rejected, lane by lane; nothing is written.

use super::discover::{Walk, discover, own_prefixes};
use super::ignored::Ignored;
use super::lane_status::LaneStatus;
use super::list::{Aside, LaneList, RawObject};
use super::options::latest_month;
use super::pending::UnplacedLedger;
use super::task::CONCURRENT_LANES;
use super::unfinished::Places;
use crate::cloudtrail::UnwrapPath;
use crate::failure::{Failure, Waiting};
use crate::files::foreign_files;
use crate::lane::Lane;
use crate::ledger::{
    Cause, Claim, Converted, Hint, LaneLog, LedgerLanes, Receipt, Work, check_format, ledger_lanes,
    receipts,
};
use crate::monitor::Problem;
use crate::scope::{DeliveryDays, Scope, Shard};
use crate::store::Store;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use rustc_hash::FxHashSet;
use serde::Serialize;
use std::collections::BTreeMap;

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
    /// Objects that are no event logs, by folder, by extension, or by what they hold.
    pub ignored_objects: Ignored,
    /// Folders that were not looked at: other services', by name, and tables.
    pub ignored_folders: Ignored,
    /// Whether the source holds nothing that could be a log.
    pub nothing_found: bool,
    /// What is kept aside or stands in the way, by lanes, then of the source and the table.
    #[serde(skip)]
    pub problems: Vec<Problem>,
}

impl Status {
    /// Whether a lane waits for somebody to do something, or something cannot be looked at.
    pub fn has_failures(&self) -> bool {
        let cannot_be_seen = |problem: &Problem| {
            matches!(problem, Problem::PassedOver { .. } | Problem::Stray { .. })
        };
        self.lanes.iter().any(|lane| lane.waits.is_some())
            || self.problems.iter().any(cannot_be_seen)
    }
}

/// Compares what is listed with what the receipts say. What was left is pending if `unwrap` might
/// find something there.
///
/// # Errors
/// Those of the stores; what is wrong with one lane is in [`LaneStatus::waits`].
pub async fn status(
    source: &Store,
    destination: &Store,
    scope: &Scope,
    shard: &Shard,
    now: Timestamp,
    unwrap: Option<&UnwrapPath>,
) -> Result<Status, Failure> {
    check_format(destination)
        .await
        .map_err(Failure::of_all_lanes)?;
    let source = &source.as_source();
    let own = own_prefixes(source, destination);
    let walk = Walk {
        source,
        lanes: &scope.lanes,
        names: &scope.names,
        shard,
        own: &own,
        digests: false,
    };
    let mut found = discover(&walk).await?;
    let LedgerLanes { lanes, strays } = ledger_lanes(destination).await?;
    // Lanes that only records name have no prefix.
    for lane in lanes {
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
        unwrap,
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
        // In their order, so that two looks say the same.
        .buffered(CONCURRENT_LANES);
    while let Some(seen) = looking.try_next().await? {
        status.lanes.push(seen.status);
        status.problems.extend(seen.problems);
        status.ignored_objects.extend(seen.aside.ignored);
        unplaced.extend(seen.aside.unplaced);
    }
    drop(looking);
    looker.unplaced(unplaced, &mut status).await?;
    let strays = strays.into_iter().map(|url| Problem::Stray { url });
    status.problems.extend(strays);
    let failed = source.passed_over().into_iter().filter(|it| it.is_failure);
    let failed = failed.map(|it| Problem::PassedOver {
        url: it.url,
        why: it.reason,
    });
    status.problems.extend(failed);
    Ok(status)
}

struct Looker<'l> {
    source: &'l Store,
    destination: &'l Store,
    scope: &'l Scope,
    now: Timestamp,
    own: &'l [String],
    unwrap: Option<&'l UnwrapPath>,
}

impl Looker<'_> {
    async fn unplaced(&self, objects: Vec<RawObject>, status: &mut Status) -> Result<(), Failure> {
        if objects.is_empty() {
            return Ok(());
        }
        let ledger = UnplacedLedger::load(self.destination).await?;
        for object in objects {
            if let Some(left) = ledger.left(object.id(), self.unwrap) {
                status.ignored_objects.add(left.code(), &object.key);
                continue;
            }
            status.unplaced_objects += 1;
            if !ledger.is_settled(object.id(), &self.scope.lanes) {
                status.unplaced_pending_objects += 1;
                status.unplaced_pending_delivered_bytes += object.size;
                let unread = unread(&object, ledger.unread(object.id()));
                status.problems.extend(unread);
            }
        }
        Ok(())
    }

    async fn lane(&self, lane: &Lane, prefixes: &[String]) -> Result<Seen, Failure> {
        let mut seen = Seen {
            status: LaneStatus::empty(lane),
            aside: Aside::default(),
            problems: Vec::new(),
        };
        let looked = self.ledger(lane, &mut seen).await;
        let (open, converted) = match Failure::waits(looked)? {
            Ok(found) => found,
            Err(why) => {
                seen.waits(lane, why);
                return Ok(seen);
            }
        };
        let foreign = foreign_files(self.destination, lane, self.scope.days.from).await?;
        let foreign = foreign.into_iter().map(|url| Problem::Foreign { url });
        seen.problems.extend(foreign);
        let mut list = LaneList::new(self.source, lane, prefixes, self.scope, self.own);
        let mut listed = FxHashSet::default();
        while list.peek().await?.is_some()
            && let Some(object) = list.take()
        {
            if let Some(left) = converted.left().get(object.id(), self.unwrap) {
                list.aside.ignored.add(left.code(), &object.key);
                continue;
            }
            seen.add_object(&object, &converted);
            if open.is_some() {
                listed.insert(object.id());
            }
        }
        if let Some(claim) = &open {
            seen.status.open_claim = true;
            let places = Places {
                source: self.source,
                destination: self.destination,
                prefixes,
                listed: &listed,
            };
            if let Some(why) = places.in_the_way(claim).await? {
                seen.waits(lane, why);
            }
        }
        seen.aside = list.aside;
        Ok(seen)
    }

    async fn ledger(
        &self,
        lane: &Lane,
        seen: &mut Seen,
    ) -> Result<(Option<Claim>, Converted), Failure> {
        let hint = Hint::Month(latest_month(self.scope.days, self.now));
        let log = LaneLog::open(self.destination, lane, hint).await?;
        let is_all = self.scope.days == DeliveryDays::default();
        let mut converted = Converted::default();
        let mut rejects: BTreeMap<String, u64> = BTreeMap::new();
        receipts(self.destination, lane, self.scope.days, |receipt| {
            converted.add(receipt);
            // Which delivery days the rows of replaced files are of is not known.
            if is_all || receipt.claim.replaced().is_none() {
                seen.status.add_receipt(receipt);
            }
            count_rejects(receipt, &mut rejects);
            let lost = receipt.lost.iter().cloned();
            let lost = lost.map(|address| Problem::Lost { address });
            seen.problems.extend(lost);
        })
        .await?;
        for (key, records) in rejects.into_iter().filter(|(_, records)| *records > 0) {
            let url = self.destination.url(&key);
            seen.problems.push(Problem::Rejects { url, records });
        }
        Ok((log.open_claim().cloned(), converted))
    }
}

/// What was seen of one lane.
struct Seen {
    status: LaneStatus,
    /// What lies among its raw objects besides.
    aside: Aside,
    problems: Vec<Problem>,
}

impl Seen {
    fn waits(&mut self, lane: &Lane, why: Waiting) {
        self.status.waits = Some(why.to_string());
        let lane = lane.clone();
        self.problems.push(Problem::LaneWaits { lane, why });
    }

    fn add_object(&mut self, object: &RawObject, converted: &Converted) {
        self.status.add_object(object, converted);
        if converted.is_settled(object.id()) {
            return;
        }
        self.problems
            .extend(unread(object, converted.unread(object.id())));
    }
}

fn unread(object: &RawObject, cause: Option<&Cause>) -> Option<Problem> {
    cause.map(|cause| Problem::Unread {
        address: object.address.clone(),
        cause: cause.clone(),
    })
}

/// Records that are kept aside in each rejects object, without those that became rows later.
fn count_rejects(receipt: &Receipt, rejects: &mut BTreeMap<String, u64>) {
    if let Some(kept) = receipt.claim.rejects() {
        rejects.insert(kept.key.clone(), kept.records);
    }
    if let Work::RetryRejects(retry) = &receipt.claim.work {
        for retried in &retry.rejects {
            // What a range leaves out is not counted either.
            if let Some(records) = rejects.get_mut(&retried.key) {
                *records = records.saturating_sub(retried.lines.len() as u64);
            }
        }
    }
}
