//! Which lanes and partitions a table has.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;

use crate::lane::{Account, Partition, Region};
use crate::ledger::{LedgerError, check_format, lanes};
use crate::store::Store;

/// Listings under way at once.
const CONCURRENT_LISTINGS: usize = 32;

/// Accounts and regions of the ledger, and the partitions that have files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// Accounts that the ledger knows.
    pub accounts: BTreeSet<Account>,
    /// Regions that the ledger knows.
    pub regions: BTreeSet<Region>,
    /// The partitions with files, sorted.
    pub partitions: Vec<Partition>,
}

impl Contents {
    /// Asks the ledger for the lanes, and each lane's folder for its dates.
    ///
    /// # Errors
    /// Those of the store; a ledger of another format.
    pub async fn of(destination: &Store) -> Result<Self, LedgerError> {
        check_format(destination).await?;
        let lanes = lanes(destination).await?;
        let mut contents = Self::default();
        for lane in &lanes {
            contents.accounts.insert(lane.account);
            contents.regions.insert(lane.region.clone());
        }
        let folders: Vec<Vec<String>> = stream::iter(lanes)
            .map(async |lane| destination.list_dir(&lane.path()).await)
            .buffered(CONCURRENT_LISTINGS)
            .map_ok(|listing| listing.prefixes)
            .try_collect()
            .await?;
        let folders = folders.iter().flatten();
        contents.partitions = folders
            .filter_map(|folder| Partition::parse(folder))
            .collect();
        Ok(contents)
    }

    /// The date of the first event.
    pub fn first_date(&self) -> Option<Date> {
        let partitions = self.partitions.iter();
        partitions.map(|partition| partition.date).min()
    }
}
