//! What the destination holds, as far as the catalog needs to know.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;

use super::partitions::PartitionValues;
use crate::lane::Partition;
use crate::ledger::{LedgerError, lanes};
use crate::store::Store;

/// Listings under way at once.
const CONCURRENT_LISTINGS: usize = 32;

/// Accounts and regions of the ledger, and the partitions that have files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// Accounts that the ledger knows.
    pub accounts: BTreeSet<String>,
    /// Regions that the ledger knows.
    pub regions: BTreeSet<String>,
    /// The partitions with files, sorted.
    pub partitions: Vec<PartitionValues>,
}

impl Contents {
    /// Asks the ledger for the lanes, and each lane's folder for its dates.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn of(destination: &Store) -> Result<Self, LedgerError> {
        let lanes = lanes(destination).await?;
        let mut contents = Self::default();
        for lane in &lanes {
            contents.accounts.insert(lane.account.to_string());
            contents.regions.insert(lane.region.to_string());
        }
        let folders: Vec<Vec<String>> = stream::iter(lanes)
            .map(async |lane| destination.list_dir(&lane.path()).await)
            .buffered(CONCURRENT_LISTINGS)
            .map_ok(|listing| listing.prefixes)
            .try_collect()
            .await?;
        let partitions = folders
            .iter()
            .flatten()
            .filter_map(|folder| Partition::parse(folder));
        contents.partitions = partitions
            .map(|partition| PartitionValues {
                account: partition.lane.account.to_string(),
                region: partition.lane.region.to_string(),
                date: partition.date.to_string(),
            })
            .collect();
        Ok(contents)
    }

    /// The date of the first event.
    pub fn first_date(&self) -> Option<Date> {
        self.partitions
            .iter()
            .filter_map(|partition| partition.date.parse().ok())
            .min()
    }
}
