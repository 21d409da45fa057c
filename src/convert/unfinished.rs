//! What stands in the way of an open claim, as far as listings tell.

use super::list::RawObject;
use super::places::{claimed_key, elsewhere};
use super::retry::missing_rejects;
use crate::failure::{Failure, Waiting};
use crate::lane::Partition;
use crate::ledger::{Claim, ClaimedObject, Convert, ObjectId, Work};
use crate::store::Store;
use rustc_hash::FxHashSet;

/// Where a claim's objects and files are looked for.
pub(super) struct Places<'p> {
    pub(super) source: &'p Store,
    pub(super) destination: &'p Store,
    /// Where the lane's raw objects are now.
    pub(super) prefixes: &'p [String],
    /// What was found there.
    pub(super) listed: &'p FxHashSet<ObjectId>,
}

impl Places<'_> {
    /// Why a run cannot finish the claim: an object is not where it was claimed, nor elsewhere
    /// in the source, and not all that was claimed stands already.
    pub(super) async fn in_the_way(&self, claim: &Claim) -> Result<Option<Waiting>, Failure> {
        if self.all_stands(claim).await? && claim.replaced().is_none() {
            return Ok(None);
        }
        let convert = match &claim.work {
            Work::Convert(convert) => convert,
            Work::RetryRejects(retry) => {
                return missing_rejects(self.destination, claim, retry).await;
            }
            Work::Compact(_)
            | Work::Sort(_)
            | Work::SortByTime(_)
            | Work::Rewrite(_)
            | Work::Expire(_) => {
                let url = self.destination.url(&claim.key());
                return Ok(Some(Waiting::upkeep(url, claim)));
            }
        };
        let read = convert.objects.iter();
        for object in read.filter(|object| object.outcome.is_read()) {
            if let Some(why) = self.why_missing(convert, object).await? {
                return Ok(Some(Waiting::Object {
                    address: object.address.clone(),
                    claim: self.destination.url(&claim.key()),
                    why,
                }));
            }
        }
        Ok(None)
    }

    async fn all_stands(&self, claim: &Claim) -> Result<bool, Failure> {
        let file = |file: &crate::ledger::ClaimedFile| {
            let lane = claim.lane.clone();
            let date = file.date;
            format!("{}{}", Partition { lane, date }.path(), file.name)
        };
        let mut keys: Vec<String> = claim.files.iter().map(file).collect();
        keys.extend(claim.rejects().map(|rejects| rejects.key.clone()));
        for key in keys {
            if !self.destination.is_listed(&key).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn why_missing(
        &self,
        convert: &Convert,
        object: &ClaimedObject,
    ) -> Result<Option<String>, Failure> {
        if self.listed.contains(&object.id()) {
            return Ok(None);
        }
        let why = match self.source.rooted_at(&convert.source) {
            None => {
                let root = &convert.source;
                format!("it was read from {root}, which cannot be reached from here")
            }
            Some(source) => {
                let key = claimed_key(convert, &object.address);
                match source.as_source().list(key, None).await {
                    // Another source that cannot be listed is this lane's trouble.
                    Err(error) => error.to_string(),
                    Ok(entries) => {
                        let found = entries.into_iter().find(|entry| entry.key == key);
                        match found.map(|entry| RawObject::new(&source, entry).id()) {
                            Some(id) if id == object.id() => return Ok(None),
                            Some(_) => "it was replaced".to_owned(),
                            None => "it was removed".to_owned(),
                        }
                    }
                }
            }
        };
        for key in elsewhere(convert, &object.address, self.source, self.prefixes) {
            let listed = self.source.list(&key, None).await?;
            let is_like =
                |entry: &crate::store::Entry| entry.key == key && entry.size == object.size;
            if listed.iter().any(is_like) {
                return Ok(None);
            }
        }
        Ok(Some(why))
    }
}
