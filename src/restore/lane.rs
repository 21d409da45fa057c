//! What of a lane is to be restored.

use super::merged::{MergedRows, Owners};
use super::run::Restoring;
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::{Converted, Inventory, ListedReceipt, Replaced, read_receipt};
use std::sync::Arc;

/// A claim whose records are to be restored.
pub(super) struct ClaimToRestore {
    pub(super) lane: Lane,
    pub(super) receipt_key: String,
    /// Which rejects became rows later.
    pub(super) retried: Arc<Converted>,
    /// Which of its files were merged with others, or removed.
    pub(super) replaced: Arc<Replaced>,
    /// Its rows in merged files.
    pub(super) merged: Vec<MergedRows>,
}

/// The claims of a lane that touch the range, in their order.
pub(super) async fn claims_of(
    restoring: &Restoring,
    lane: Lane,
) -> Result<Vec<ClaimToRestore>, Failure> {
    let destination = &restoring.destination;
    let inventory = Inventory::of(destination, &lane).await?;
    if inventory.claims.keys().last() > inventory.receipts.keys().last() {
        restoring.count(|restored| restored.open_claims += 1);
    }
    let receipts = inventory.receipts.values().flatten();
    let mut retried = Converted::default();
    if restoring.options.rejects {
        for listed in receipts.clone().filter(|listed| listed.is_undated()) {
            retried.add(&read_receipt(destination, &listed.key).await?);
        }
    }
    let mut replaced = Replaced::default();
    for listed in receipts.clone().filter(|listed| listed.is_upkeep()) {
        replaced.add(&read_receipt(destination, &listed.key).await?);
    }
    let (retried, replaced) = (Arc::new(retried), Arc::new(replaced));
    let days = restoring.options.scope.days;
    let is_asked = |listed: &&ListedReceipt| listed.touches(days) && !listed.is_upkeep();
    let mut owners = Owners::default();
    let mut claims = Vec::new();
    for listed in receipts.filter(is_asked) {
        let merged = match replaced.is_empty() {
            true => Vec::new(),
            false => {
                let receipt = read_receipt(destination, &listed.key).await?;
                owners.rows_of(destination, &receipt, &replaced).await?
            }
        };
        claims.push(ClaimToRestore {
            lane: lane.clone(),
            receipt_key: listed.key.clone(),
            retried: Arc::clone(&retried),
            replaced: Arc::clone(&replaced),
            merged,
        });
    }
    Ok(claims)
}
