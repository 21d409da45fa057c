//! The lanes that the ledger holds, and their receipts.

use super::claim::Receipt;
use super::document::read;
use super::error::LedgerError;
use super::names::{FOLDER, Month, ReceiptName, lane_folder, log_folder, month_folder};
use crate::lane::Lane;
use crate::scope::DeliveryDays;
use crate::store::{Entry, Store};
use futures::{StreamExt, TryStreamExt, stream};

/// Ledger reads under way at once in one lane: enough to hide a round trip, few enough that
/// many lanes together stay below the store's limits.
const CONCURRENT_READS: usize = 8;

/// Every lane that the ledger holds, sorted. Folders that are no lane's are passed over.
pub async fn lanes(store: &Store) -> Result<Vec<Lane>, LedgerError> {
    let accounts = store.list_dir(FOLDER).await?.prefixes;
    let mut lanes: Vec<Lane> = stream::iter(accounts)
        .map(async |account| store.list_dir(&account).await)
        .buffer_unordered(CONCURRENT_READS)
        .try_fold(Vec::new(), async |mut lanes, listing| {
            lanes.extend(listing.prefixes.iter().filter_map(|prefix| lane_of(prefix)));
            Ok(lanes)
        })
        .await?;
    lanes.sort();
    Ok(lanes)
}

fn lane_of(prefix: &str) -> Option<Lane> {
    let (account, region) = prefix
        .strip_prefix(FOLDER)?
        .strip_suffix('/')?
        .split_once('/')?;
    Lane::parse(account, region)
}

/// Shows every receipt of the lane that touches the days asked for, in the order of the log.
pub async fn receipts(
    store: &Store,
    lane: &Lane,
    days: DeliveryDays,
    mut see: impl FnMut(&Receipt),
) -> Result<(), LedgerError> {
    let log = log_folder(lane);
    let mut entries = store.list(&lane_folder(lane), None).await?;
    entries.retain(|entry| !entry.key.starts_with(&log));
    read_receipts(store, entries, days, &mut |_| {}, &mut see).await
}

/// Shows every receipt of one month that touches the days asked for, in the order of the log,
/// and the name of each that stands there.
pub async fn month_receipts(
    store: &Store,
    lane: &Lane,
    month: Month,
    days: DeliveryDays,
    mut stands: impl FnMut(super::ClaimNumber),
    mut see: impl FnMut(&Receipt),
) -> Result<(), LedgerError> {
    let entries = store.list(&month_folder(lane, month), None).await?;
    read_receipts(store, entries, days, &mut stands, &mut see).await
}

/// Shows receipts in the order of their numbers, a few in memory at a time.
async fn read_receipts(
    store: &Store,
    entries: Vec<Entry>,
    days: DeliveryDays,
    stands: &mut impl FnMut(super::ClaimNumber),
    see: &mut impl FnMut(&Receipt),
) -> Result<(), LedgerError> {
    let mut named = Vec::with_capacity(entries.len());
    for entry in entries {
        let name = receipt_name(store, &entry.key)?;
        stands(name.number);
        if name
            .days
            .is_none_or(|(first, last)| days.touch(first, last))
        {
            named.push((name.number, entry.key));
        }
    }
    named.sort();
    let mut receipts = stream::iter(named)
        .map(async |(number, key)| {
            let receipt: Receipt = read(store, &key).await?;
            if receipt.claim.number == number && receipt.claim.receipt_key() == key {
                return Ok(receipt);
            }
            Err(LedgerError::Damaged {
                url: store.url(&key),
                why: "it is the receipt of another claim".into(),
            })
        })
        .buffered(CONCURRENT_READS);
    while let Some(receipt) = receipts.next().await {
        see(&receipt?);
    }
    Ok(())
}

/// What a receipt's key says.
pub(super) fn receipt_name(store: &Store, key: &str) -> Result<ReceiptName, LedgerError> {
    let name = ReceiptName::parse(key);
    let is_in_place = |name: &ReceiptName| {
        let folder = format!("/{}/", name.month());
        key.rsplit_once('/')
            .is_some_and(|(above, _)| format!("{above}/").ends_with(&folder))
    };
    name.filter(is_in_place).ok_or_else(|| LedgerError::Stray {
        url: store.url(key),
    })
}
