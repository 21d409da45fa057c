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
        let mut listed = stream::iter(lanes)
            .map(async |lane| {
                let listing = destination.list_dir(&lane.path()).await?;
                Ok::<_, LedgerError>((lane, listing.prefixes))
            })
            .buffered(CONCURRENT_LISTINGS);
        while let Some((lane, folders)) = listed.try_next().await? {
            let folders = folders.iter();
            let partitions: Vec<Partition> = folders
                .filter_map(|folder| Partition::parse(folder))
                .collect();
            // Its ledger may know nothing but files that hold no record.
            if lane.is_unknown() && partitions.is_empty() {
                continue;
            }
            contents.accounts.insert(lane.account);
            contents.regions.insert(lane.region);
            contents.partitions.extend(partitions);
        }
        drop(listed);
        Ok(contents)
    }

    /// The date of the first event.
    pub fn first_date(&self) -> Option<Date> {
        let partitions = self.partitions.iter();
        partitions.map(|partition| partition.date).min()
    }
}
