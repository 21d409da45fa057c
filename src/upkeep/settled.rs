//! Which files may be replaced by now.

use super::listing::Partitions;
use crate::failure::Failure;
use crate::store::Store;
use jiff::{SignedDuration, Timestamp};

/// Younger files stay: a worker that is asleep might still put one of the same name, and bring it
/// back.
const AGE: SignedDuration = SignedDuration::from_hours(24);

/// Files written before this are settled.
pub(super) struct Settled(Timestamp);

impl Settled {
    /// By the store's own clock, which gives the files their times.
    pub(super) async fn now(destination: &Store) -> Result<Self, Failure> {
        let now = destination.now().await?;
        Ok(Self(now.checked_sub(AGE).unwrap_or(Timestamp::MIN)))
    }

    /// Keeps the files that are settled; tells how many are not.
    pub(super) fn retain(&self, partitions: &mut Partitions) -> u64 {
        let mut young = 0;
        for files in partitions.values_mut() {
            let before = files.len();
            files.retain(|file| file.modified.is_some_and(|modified| modified <= self.0));
            young += (before - files.len()) as u64;
        }
        young
    }
}
