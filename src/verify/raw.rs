//! Raw objects against the table: what the source holds, and what receipts say of it.

use super::finding::{Finding, FindingKind};
use super::raw_claim::check_claim;
use super::verifier::Verifier;
use crate::convert::{
    Discovered, LaneList, RawObject, UnplacedLedger, Walk, discover, own_prefixes,
};
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::{Converted, Inventory, Replaced, read_receipt};
use crate::scope::Shard;
use crate::store::Store;
use futures::{StreamExt, TryStreamExt, stream};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Claims of a lane compared at once.
const CONCURRENT_CLAIMS: usize = 4;

/// Where raw objects are.
pub(super) struct RawSource {
    pub(super) store: Store,
    /// The folders of each lane.
    prefixes: BTreeMap<Lane, Vec<String>>,
    /// Folders of digests, if they were asked for.
    pub(super) digest_folders: Vec<String>,
    /// What keys begin with that are the table's.
    pub(super) own: Vec<String>,
    /// Objects whose key names no lane.
    unplaced: Mutex<Vec<RawObject>>,
}

impl RawSource {
    /// Walks the source.
    pub(super) async fn find(verifier: &Verifier, store: Store) -> Result<Self, Failure> {
        let own = own_prefixes(&store, &verifier.destination);
        let walk = Walk {
            source: &store,
            lanes: &verifier.options.scope.lanes,
            names: &verifier.options.scope.names,
            shard: &Shard::ALL,
            own: &own,
            digests: verifier.options.digests.is_some(),
        };
        let Discovered {
            lanes,
            unplaced,
            digest_folders,
            ..
        } = discover(&walk).await?;
        Ok(Self {
            store,
            prefixes: lanes,
            digest_folders,
            own,
            unplaced: Mutex::new(unplaced),
        })
    }

    /// The lanes that it shows.
    pub(super) fn lanes(&self) -> impl Iterator<Item = &Lane> {
        self.prefixes.keys()
    }

    /// The folders of a lane.
    pub(super) fn prefixes(&self, lane: &Lane) -> &[String] {
        self.prefixes.get(lane).map_or(&[], Vec::as_slice)
    }

    /// The objects met so far whose key names no lane.
    pub(super) fn unplaced(&self) -> Vec<RawObject> {
        let unplaced = self.unplaced.lock().unwrap_or_else(PoisonError::into_inner);
        unplaced.clone()
    }

    /// Compares what the lane's receipts of the range converted, then looks for objects that
    /// none has settled.
    pub(super) async fn check_lane(
        &self,
        verifier: &Verifier,
        lane: &Lane,
        inventory: &Inventory,
    ) -> Result<(), Failure> {
        let days = verifier.options.scope.days;
        let mut replaced = Replaced::default();
        let all = inventory.receipts.values();
        let all = all.filter_map(|listed| listed.first());
        for listed in all.filter(|listed| listed.is_upkeep()) {
            // What cannot be read is told already.
            if let Ok(receipt) = read_receipt(&verifier.destination, &listed.key).await {
                replaced.add(&receipt);
            }
        }
        let receipts = inventory
            .receipts
            .values()
            .filter_map(|listed| listed.first());
        let asked = receipts.filter(|listed| listed.touches(days));
        let mut comparing = stream::iter(asked)
            .map(async |listed| {
                // What cannot be read is told already.
                let Ok(receipt) = read_receipt(&verifier.destination, &listed.key).await else {
                    return Ok(None);
                };
                check_claim(verifier, self, &replaced, &receipt).await?;
                Ok::<_, Failure>(Some(receipt))
            })
            .buffered(CONCURRENT_CLAIMS);
        let mut converted = Converted::default();
        while let Some(receipt) = comparing.try_next().await? {
            if let Some(receipt) = receipt {
                converted.add(&receipt);
            }
        }
        drop(comparing);
        let scope = &verifier.options.scope;
        let mut list = LaneList::new(&self.store, lane, self.prefixes(lane), scope, &self.own);
        while list.peek().await?.is_some()
            && let Some(object) = list.take()
        {
            let left = converted.left().get(object.id(), None);
            if left.is_none() && !converted.is_settled(object.id()) {
                let cause = converted.unread(object.id());
                let found = cause.map(|cause| format!("it was not read: {cause}"));
                not_converted(verifier, Some(lane), &object, found);
            }
        }
        let mut unplaced = self.unplaced.lock().unwrap_or_else(PoisonError::into_inner);
        unplaced.append(&mut list.aside.unplaced);
        Ok(())
    }

    /// Looks for objects whose key names no lane and that the ledger has not settled.
    pub(super) async fn check_unplaced(self, verifier: &Verifier) -> Result<(), Failure> {
        let unplaced = self
            .unplaced
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        if unplaced.is_empty() {
            return Ok(());
        }
        let ledger = UnplacedLedger::load(&verifier.destination).await?;
        for object in unplaced {
            let left = ledger.left(object.id(), None);
            if left.is_none() && !ledger.is_settled(object.id(), &verifier.options.scope.lanes) {
                let cause = ledger.unread(object.id());
                let found = cause.map(|cause| format!("it was not read: {cause}"));
                not_converted(verifier, None, &object, found);
            }
        }
        Ok(())
    }
}

fn not_converted(
    verifier: &Verifier,
    lane: Option<&Lane>,
    object: &RawObject,
    found: Option<String>,
) {
    verifier.find(Finding {
        lane: lane.cloned(),
        date: object.day,
        url: object.address.clone(),
        kind: FindingKind::NotConverted,
        expected: "a receipt that settles it".to_owned(),
        found: found.unwrap_or_else(|| "none".to_owned()),
    });
}
