//! Every document of a lane, for whoever proves that none is missing, foreign or changed.

use super::claim::{Claim, Receipt};
use super::document::read;
use super::error::LedgerError;
use super::names::{ClaimNumber, Period, lane_folder, last_part, log_folder};
use super::receipts::receipt_name;
use crate::lane::Lane;
use crate::scope::DeliveryDays;
use crate::store::Store;
use std::collections::BTreeMap;

/// The documents of a lane, as they are listed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Inventory {
    /// The keys of claims.
    pub(crate) claims: BTreeMap<ClaimNumber, String>,
    /// The receipts of each claim; there should be one.
    pub(crate) receipts: BTreeMap<ClaimNumber, Vec<ListedReceipt>>,
    /// Keys of what is no document.
    pub(crate) strays: Vec<String>,
}

/// A receipt, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedReceipt {
    pub(crate) key: String,
    period: Period,
}

impl ListedReceipt {
    /// Whether its work has no delivery days.
    pub(crate) fn is_undated(&self) -> bool {
        self.period == Period::Undated
    }

    /// Whether its work replaced or removed files.
    pub(crate) fn is_upkeep(&self) -> bool {
        matches!(self.period, Period::Upkeep { .. })
    }

    /// Whether it is of one of the delivery days; one without days is of all.
    pub(crate) fn touches(&self, days: DeliveryDays) -> bool {
        self.period.touches(days)
    }
}

impl Inventory {
    /// Lists the lane's folder.
    pub(crate) async fn of(store: &Store, lane: &Lane) -> Result<Self, LedgerError> {
        let log = log_folder(lane);
        let mut inventory = Self::default();
        for entry in store.list(&lane_folder(lane), None).await? {
            let key = entry.key;
            if let Some(name) = key.strip_prefix(&log) {
                match ClaimNumber::parse(name) {
                    Some(number) => _ = inventory.claims.insert(number, key),
                    None => inventory.strays.push(key),
                }
            } else if let Ok(name) = receipt_name(store, &key) {
                let period = name.period;
                let receipts = inventory.receipts.entry(name.number).or_default();
                receipts.push(ListedReceipt { key, period });
            } else {
                inventory.strays.push(key);
            }
        }
        Ok(inventory)
    }

    /// The highest number of any document.
    pub(crate) fn last(&self) -> Option<ClaimNumber> {
        let (claim, receipt) = (self.claims.keys().last(), self.receipts.keys().last());
        claim.max(receipt).copied()
    }
}

/// Reads the claim at `key`, which must be of this place.
pub(crate) async fn read_claim(store: &Store, key: &str) -> Result<Claim, LedgerError> {
    let claim: Claim = read(store, key).await?;
    match claim.key() == key {
        true => Ok(claim),
        false => Err(elsewhere(store, key)),
    }
}

/// Reads the receipt at `key`, which must be of this place.
pub(crate) async fn read_receipt(store: &Store, key: &str) -> Result<Receipt, LedgerError> {
    let receipt: Receipt = read(store, key).await?;
    match receipt.claim.receipt_key() == key {
        true => Ok(receipt),
        false => Err(elsewhere(store, key)),
    }
}

fn elsewhere(store: &Store, key: &str) -> LedgerError {
    LedgerError::Damaged {
        url: store.url(key),
        why: format!("{} is a document of another place", last_part(key)),
    }
}
