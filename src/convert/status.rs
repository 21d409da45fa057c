//! What is raw, converted, pending and rejected, lane by lane; nothing is written.

use super::discover::discover;
use super::keyless::Known;
use super::list::{LaneList, RawObject};
use super::run::own_prefixes;
use super::{ConvertError, Range, Shard};
use crate::ledger::{LaneLog, Receipt, View, lanes};
use crate::store::Store;
use crate::table::Lane;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// Lanes looked at at once.
const CONCURRENT_LANES: usize = 32;

/// One lane's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LaneStatus {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
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
    /// Rows in the table, of the receipts of the range.
    pub rows: u64,
    /// Records kept aside.
    pub rejects: u64,
    /// Records left out because an equal one stays.
    pub duplicates: u64,
    /// Rows whose own region is not the lane's.
    pub other_region_rows: u64,
    /// Bytes of Parquet.
    pub parquet_bytes: u64,
    /// Whether a claim has no receipt yet.
    pub open_claim: bool,
}

/// The state of the lanes of a range.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// By account and region.
    pub lanes: Vec<LaneStatus>,
    /// Objects whose key names no lane: only reading tells what they hold.
    pub keyless_objects: u64,
    /// Those that a run would convert.
    pub keyless_pending_objects: u64,
    /// Their bytes as delivered.
    pub keyless_pending_delivered_bytes: u64,
    /// Objects that are no event logs, by folder.
    pub left_objects: BTreeMap<String, u64>,
}

/// Compares what is listed with what the receipts say.
pub async fn status(
    source: &Store,
    destination: &Store,
    range: &Range,
    shard: Shard,
    now: Timestamp,
) -> Result<Status, ConvertError> {
    let skip = own_prefixes(source, destination);
    let mut found = discover(source, range, shard, &skip).await?;
    // Lanes that only records name have no prefix.
    for lane in lanes(destination).await? {
        if range.has_lane(&lane) && shard.has_lane(&lane) {
            found.lanes.entry(lane).or_default();
        }
    }
    let known = match found.keyless.is_empty() {
        true => Known::default(),
        false => Known::load(destination).await?,
    };
    let keyless_objects = found.keyless.len() as u64;
    let pending = found
        .keyless
        .into_iter()
        .map(|entry| RawObject::new(source, entry));
    let pending = pending.filter(|object| !known.is_converted(object.id(), range));
    let (keyless_pending_objects, keyless_pending_delivered_bytes) = pending
        .fold((0, 0), |(objects, bytes), object| {
            (objects + 1, bytes + object.size)
        });
    let mut lanes: Vec<LaneStatus> = stream::iter(found.lanes)
        .map(async |(lane, prefixes)| {
            lane_status(source, destination, &lane, &prefixes, range, now).await
        })
        .buffer_unordered(CONCURRENT_LANES)
        .try_collect()
        .await?;
    lanes.sort_by(|a, b| (&a.account, &a.region).cmp(&(&b.account, &b.region)));
    Ok(Status {
        lanes,
        keyless_objects,
        keyless_pending_objects,
        keyless_pending_delivered_bytes,
        left_objects: found.left,
    })
}

async fn lane_status(
    source: &Store,
    destination: &Store,
    lane: &Lane,
    prefixes: &[String],
    range: &Range,
    now: Timestamp,
) -> Result<LaneStatus, ConvertError> {
    let log = LaneLog::open(destination, lane, &range.latest_months(now)).await?;
    let mut view = View::default();
    let mut status = LaneStatus {
        account: lane.account.clone(),
        region: lane.region.clone(),
        raw_objects: 0,
        delivered_bytes: 0,
        converted_objects: 0,
        pending_objects: 0,
        pending_delivered_bytes: 0,
        unread_objects: 0,
        rows: 0,
        rejects: 0,
        duplicates: 0,
        other_region_rows: 0,
        parquet_bytes: 0,
        open_claim: log.open_claim().is_some(),
    };
    LaneLog::receipts(destination, lane, range.days(), |receipt| {
        view.add(receipt);
        add_receipt(&mut status, receipt);
    })
    .await?;
    let mut list = LaneList::new(source, prefixes, range);
    while list.peek().await?.is_some()
        && let Some(object) = list.take()
    {
        status.raw_objects += 1;
        status.delivered_bytes += object.size;
        if view.is_converted(object.id()) {
            status.converted_objects += 1;
        } else {
            status.pending_objects += 1;
            status.pending_delivered_bytes += object.size;
            status.unread_objects += u64::from(view.unread_reason(object.id()).is_some());
        }
    }
    Ok(status)
}

fn add_receipt(status: &mut LaneStatus, receipt: &Receipt) {
    status.rows += receipt
        .written
        .iter()
        .map(|written| written.file.rows)
        .sum::<u64>();
    status.parquet_bytes += receipt
        .written
        .iter()
        .map(|written| written.bytes)
        .sum::<u64>();
    status.rejects += receipt
        .claim
        .rejects
        .as_ref()
        .map_or(0, |rejects| rejects.records);
    status.duplicates += receipt.claim.duplicates;
    status.other_region_rows += receipt.claim.other_region_rows;
}
