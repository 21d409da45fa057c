//! The lanes that the ledger holds, and their receipts.

use super::claim::Receipt;
use super::document::read;
use super::error::LedgerError;
use super::format::is_format_key;
use super::names::{FOLDER, Month, ReceiptName, lane_folder, log_folder, month_folder};
use crate::lane::Lane;
use crate::scope::DeliveryDays;
use crate::store::{Entry, Store};
use futures::{StreamExt, TryStreamExt, stream};

/// Ledger reads under way at once in one lane: enough to hide a round trip, few enough that
/// many lanes together stay below the store's limits.
const CONCURRENT_READS: usize = 8;

/// The lanes of a ledger, and what lies above them.
#[derive(Debug, Default)]
pub struct LedgerLanes {
    /// The lanes, sorted.
    pub lanes: Vec<Lane>,
    /// Addresses of what is neither a lane nor the ledger's format, sorted.
    pub strays: Vec<String>,
}

/// Every lane that the ledger holds, sorted.
pub async fn lanes(store: &Store) -> Result<Vec<Lane>, LedgerError> {
    Ok(ledger_lanes(store).await?.lanes)
}

/// Every lane that the ledger holds, and what is none.
pub async fn ledger_lanes(store: &Store) -> Result<LedgerLanes, LedgerError> {
    let top = store.list_dir(FOLDER).await?;
    let mut found = LedgerLanes::default();
    let files = top.entries.iter().map(|entry| entry.key.as_str());
    let strays = files.filter(|key| !is_format_key(key));
    found.strays.extend(strays.map(|key| store.url(key)));
    let mut accounts = stream::iter(top.prefixes)
        .map(async |account| store.list_dir(&account).await)
        .buffer_unordered(CONCURRENT_READS);
    while let Some(account) = accounts.try_next().await? {
        for prefix in account.prefixes {
            match lane_of(&prefix) {
                Some(lane) => found.lanes.push(lane),
                None => found.strays.push(store.url(&prefix)),
            }
        }
        let files = account.entries.iter();
        found
            .strays
            .extend(files.map(|entry| store.url(&entry.key)));
    }
    drop(accounts);
    found.lanes.sort();
    found.strays.sort();
    Ok(found)
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
        if name.period.touches(days) {
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
        let folder = format!("/{}/", name.period.month());
        key.rsplit_once('/')
            .is_some_and(|(above, _)| format!("{above}/").ends_with(&folder))
    };
    name.filter(is_in_place).ok_or_else(|| LedgerError::Stray {
        url: store.url(key),
    })
}
