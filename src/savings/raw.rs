//! How many bytes of raw objects the ledger has converted.

use super::SavingsError;
use crate::cloudtrail::{KeyKind, parse_key};
use crate::lane::Lane;
use crate::ledger::{ClaimedObject, Outcome, Receipt, lanes, receipts};
use crate::scope::{DeliveryDays, EventDates, Lanes};
use crate::store::Store;
use futures::{StreamExt, TryStreamExt, stream};

/// Lanes whose receipts are read at once.
const CONCURRENT_LANES: usize = 8;

/// Raw objects, as delivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct RawBytes {
    /// All that are converted.
    pub(super) all: u64,
    /// Those of the lanes and delivery days asked for: the partitions of a table over them.
    pub(super) asked: u64,
}

/// Adds up what every receipt says that was read.
pub(super) async fn delivered_bytes(
    destination: &Store,
    asked: &Lanes,
    dates: EventDates,
) -> Result<RawBytes, SavingsError> {
    let lanes = lanes(destination).await?;
    let sums: Vec<RawBytes> = stream::iter(lanes)
        .map(async |lane| {
            let mut sum = RawBytes::default();
            let add = |receipt: &Receipt| {
                for object in receipt.claim.objects() {
                    let is_lost = receipt.lost.contains(&object.address);
                    if is_counted(&lane, object) && !is_lost {
                        sum.all += object.size;
                        if is_of_lanes(&lane, object, asked) && is_of_days(object, dates) {
                            sum.asked += object.size;
                        }
                    }
                }
            };
            receipts(destination, &lane, DeliveryDays::default(), add).await?;
            Ok::<_, SavingsError>(sum)
        })
        .buffer_unordered(CONCURRENT_LANES)
        .try_collect()
        .await?;
    Ok(sums
        .into_iter()
        .fold(RawBytes::default(), |all, lane| RawBytes {
            all: all.all + lane.all,
            asked: all.asked + lane.asked,
        }))
}

/// Whether it was read; one of several lanes counts in the first.
fn is_counted(lane: &Lane, object: &ClaimedObject) -> bool {
    matches!(object.outcome, Outcome::Read { .. } | Outcome::Copy { .. })
        && object.lanes.first().is_none_or(|first| first == lane)
}

/// Whether one of its lanes is asked for.
fn is_of_lanes(lane: &Lane, object: &ClaimedObject, asked: &Lanes) -> bool {
    asked.has(lane) || object.lanes.iter().any(|lane| asked.has(lane))
}

/// Delivered on one of the dates, which a table over raw objects would be asked for. An object
/// whose key names no day is of every day.
fn is_of_days(object: &ClaimedObject, dates: EventDates) -> bool {
    match parse_key(&object.address) {
        KeyKind::Raw(key) => dates.has(key.day),
        _ => true,
    }
}
