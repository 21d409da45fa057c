//! The objects of an open claim, wherever they are now.

use super::batch::{LaneRows, lane_part};
use super::list::RawObject;
use super::places::{claimed_key, elsewhere, source_file};
use super::read::{Attempt, read_object};
use super::task::Task;
use crate::cloudtrail::{Limits, Unreadable};
use crate::failure::Failure;
use crate::ledger::{Cause, Claim, ClaimedObject, Convert};
use crate::store::{Entry, Store};

/// Reads what a claim has read before: the same bytes, from where they were or are now.
pub(super) struct Reclaim<'r> {
    task: &'r Task,
    /// Where the lane's raw objects are now.
    prefixes: &'r [String],
    claim: &'r Claim,
    convert: &'r Convert,
    /// The store that the claim read from, if it can be reached from here.
    source: Option<Store>,
}

/// What came of looking for a claimed object.
pub(super) enum Found {
    Rows(LaneRows),
    /// It is given up.
    GivenUp,
    /// It is not to be had, for this reason.
    Not(String),
}

/// What came of one place.
enum Tried {
    Rows(LaneRows),
    /// It is not here, and will not be by itself.
    Gone(String),
    /// It may be here, but not now, or not for this program.
    Not(String),
}

impl<'r> Reclaim<'r> {
    pub(super) fn new(
        task: &'r Task,
        prefixes: &'r [String],
        claim: &'r Claim,
        convert: &'r Convert,
    ) -> Self {
        Self {
            task,
            prefixes,
            claim,
            convert,
            source: task
                .source
                .rooted_at(&convert.source)
                .map(|source| source.as_source()),
        }
    }

    /// The address of the claim.
    pub(super) fn claim_url(&self) -> String {
        self.task.context.destination.url(&self.claim.key())
    }

    /// The object as it was claimed.
    pub(super) fn named(&self, claimed: &ClaimedObject) -> RawObject {
        let key = claimed_key(self.convert, &claimed.address).to_owned();
        let source_file = source_file(self.convert, &claimed.address);
        let entry = Entry {
            key,
            size: claimed.size,
            etag: claimed.etag.clone(),
            modified: None,
        };
        RawObject::named(entry, claimed.address.clone(), source_file)
    }

    /// Looks for the object, unless it is given up.
    pub(super) async fn find(&self, claimed: &ClaimedObject) -> Result<Found, Failure> {
        let named = self.named(claimed);
        let give_up = &self.task.options.give_up;
        if give_up.named.contains(&named.key) || give_up.named.contains(&named.address) {
            return Ok(Found::GivenUp);
        }
        // Where the claim's source cannot be reached, only its own name gives it up.
        let is_named = give_up.named.contains(&self.claim_url());
        let (mut first, mut is_gone) = (None, is_named || self.source.is_some());
        if let Some(source) = &self.source {
            match self.read(source, &named, &named, claimed).await? {
                Tried::Rows(rows) => return Ok(Found::Rows(rows)),
                Tried::Gone(why) => first = Some(why),
                Tried::Not(why) => {
                    is_gone = false;
                    first = Some(why);
                }
            }
            for twin in self.twins(claimed) {
                let tried = self
                    .read(source, &self.named(twin), &named, claimed)
                    .await?;
                if let Tried::Rows(rows) = tried {
                    return Ok(Found::Rows(rows));
                }
            }
        }
        let own = &self.task.source;
        for key in elsewhere(self.convert, &claimed.address, own, self.prefixes) {
            match self.read_listed(&key, &named, claimed).await? {
                Some(Tried::Rows(rows)) => return Ok(Found::Rows(rows)),
                Some(Tried::Not(why)) => {
                    is_gone = false;
                    first = first.or(Some(why));
                }
                Some(Tried::Gone(_)) | None => {}
            }
        }
        Ok(match (give_up.missing || is_named) && is_gone {
            true => Found::GivenUp,
            false => Found::Not(first.unwrap_or_else(|| {
                let root = &self.convert.source;
                format!("it was read from {root}, which cannot be reached from here")
            })),
        })
    }

    /// Objects of the claim that hold the same bytes.
    fn twins(&self, claimed: &ClaimedObject) -> impl Iterator<Item = &ClaimedObject> {
        let (address, sha256) = (claimed.address.clone(), claimed.outcome.sha256());
        self.convert
            .objects
            .iter()
            .filter(move |other| other.address != address && other.outcome.sha256() == sha256)
    }

    async fn read_listed(
        &self,
        key: &str,
        named: &RawObject,
        claimed: &ClaimedObject,
    ) -> Result<Option<Tried>, Failure> {
        let source = &self.task.source;
        let listed = source.list(key, None).await?;
        let Some(entry) = listed.into_iter().find(|entry| entry.key == key) else {
            return Ok(None);
        };
        let object = RawObject::new(source, entry);
        Ok(Some(self.read(source, &object, named, claimed).await?))
    }

    async fn read(
        &self,
        source: &Store,
        object: &RawObject,
        named: &RawObject,
        claimed: &ClaimedObject,
    ) -> Result<Tried, Failure> {
        let limits = Limits::of(self.claim.options.max_object_bytes);
        let read_at = self.convert.read_at;
        let unwrap = self.claim.options.unwrap.as_ref();
        let attempt = read_object(self.task, source, object, named, limits, read_at, unwrap).await;
        let is_own = source.url("") == self.task.source.url("");
        let decoded = match attempt {
            Ok(Attempt::Read(decoded)) => decoded,
            Ok(Attempt::Unread(cause)) => return Ok(Tried::Gone(cause.to_string())),
            Ok(Attempt::Unreachable(why)) => return Ok(Tried::Not(why)),
            Ok(Attempt::Left(left)) => return Ok(Tried::Not(Cause::Left(left).to_string())),
            Ok(Attempt::Exceeds) => {
                let cause = Cause::Content(Unreadable::TooMuchMemory);
                return Ok(Tried::Not(cause.to_string()));
            }
            // Another source that cannot be reached is this lane's trouble, not the run's.
            Err(Failure::Store(error)) if !is_own => return Ok(Tried::Not(error.to_string())),
            Err(failure) => return Err(failure),
        };
        if Some(decoded.sha256) != claimed.outcome.sha256() {
            return Ok(Tried::Gone("its content has changed".into()));
        }
        let lane = &self.claim.lane;
        let rows = rows_of_lane(self.claim, claimed, LaneRows::all(*decoded), |rows| {
            lane_part(named, lane, rows, self.claim.options.account_of_unknown)
        });
        Ok(match rows {
            Ok(rows) => Tried::Rows(rows),
            Err(why) => Tried::Not(why),
        })
    }
}

/// The rows of the claim's lane, if they are as many as were claimed.
fn rows_of_lane(
    claim: &Claim,
    claimed: &ClaimedObject,
    rows: LaneRows,
    split: impl FnOnce(LaneRows) -> LaneRows,
) -> Result<LaneRows, String> {
    let rows = match claimed.lanes.is_empty() {
        true => rows,
        false => split(rows),
    };
    let (claimed_records, records) = (claimed.outcome.records(), rows.records());
    match records == claimed_records {
        true => Ok(rows),
        false => Err(format!(
            "version {} claimed {claimed_records} records, this one (version {}) reads {records}",
            claim.program,
            env!("CARGO_PKG_VERSION"),
        )),
    }
}
