//! What of a lane is to be restored.

use super::run::Restoring;
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::{Converted, Inventory, read_receipt};
use std::sync::Arc;

/// A claim whose records are to be restored.
pub(super) struct ClaimToRestore {
    pub(super) lane: Lane,
    pub(super) receipt_key: String,
    /// Which rejects became rows later.
    pub(super) retried: Arc<Converted>,
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
    let retried = Arc::new(retried);
    let days = restoring.options.scope.days;
    let asked = receipts.filter(|listed| listed.touches(days));
    let claims = asked.map(|listed| ClaimToRestore {
        lane: lane.clone(),
        receipt_key: listed.key.clone(),
        retried: Arc::clone(&retried),
    });
    Ok(claims.collect())
}
