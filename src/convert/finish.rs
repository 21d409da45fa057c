//! What open claims of any work give when they are done again.

use super::batch::{BatchObject, Content, copied, rejected};
use super::batch_reader::EXPECTED_RATIO;
use super::duplicates::distinct;
use super::read::READ_AHEAD;
use super::reclaim::{Found, Reclaim};
use super::rejects::rejects_document;
use super::retry::rebuild_retry;
use super::task::Task;
use crate::commit::{Rebuild, Rebuilt, Turn};
use crate::failure::{Failure, Waiting};
use crate::ledger::{Claim, ClaimedObject, Convert, Outcome, Work};
use crate::work::Share;
use futures::{StreamExt, stream};
use rustc_hash::FxHashSet;

/// Finishes what convert has claimed.
pub(crate) struct Finisher<'f> {
    task: &'f Task,
    /// Where the lane's raw objects are now.
    prefixes: &'f [String],
    /// Whether memory is asked for; not if the caller holds some.
    reserves: bool,
}

impl<'f> Finisher<'f> {
    /// For a lane whose raw objects are below the prefixes.
    pub(crate) fn new(task: &'f Task, prefixes: &'f [String]) -> Self {
        Self {
            task,
            prefixes,
            reserves: true,
        }
    }

    /// For a caller who holds memory.
    pub(crate) fn without_memory(task: &'f Task) -> Self {
        Self {
            task,
            prefixes: &[],
            reserves: false,
        }
    }

    /// What the run is about.
    pub(super) fn task(&self) -> &'f Task {
        self.task
    }

    /// Memory for so many uncompressed bytes, unless the caller holds it.
    pub(super) async fn reserve(&self, uncompressed_bytes: u64) -> Option<Share> {
        match self.reserves {
            true => Some(self.task.context.budget.reserve(uncompressed_bytes).await),
            false => None,
        }
    }

    async fn rebuild_convert(
        &self,
        turn: &mut Turn<'_>,
        claim: &Claim,
        convert: &Convert,
    ) -> Result<Rebuilt, Failure> {
        let bytes = convert.objects.iter().map(uncompressed_bytes).sum();
        let share = self.reserve(bytes).await;
        let reclaim = Reclaim::new(self.task, self.prefixes, claim, convert);
        let (objects, lost) = read_claimed(&reclaim, convert).await?;
        let mut distinct = distinct(turn, claim.number, &objects, &claim.options, |number| {
            // Lower claims are done, or this one could not have been made.
            number < claim.number
        })
        .await?;
        distinct.rows.share = share;
        let records = rejected(&objects);
        Ok(Rebuilt {
            rows: distinct.rows,
            rejects: (records > 0).then(|| rejects_document(&objects)),
            duplicates: distinct.duplicates + copied(&objects),
            rejected: records,
            lost,
        })
    }
}

impl Rebuild for Finisher<'_> {
    async fn rebuild(&self, turn: &mut Turn<'_>, claim: &Claim) -> Result<Rebuilt, Failure> {
        match &claim.work {
            Work::Convert(convert) => self.rebuild_convert(turn, claim, convert).await,
            Work::RetryRejects(retry) => rebuild_retry(self, turn, claim, retry).await,
            Work::Compact(_)
            | Work::Sort(_)
            | Work::SortByTime(_)
            | Work::Rewrite(_)
            | Work::Expire(_) => {
                let url = turn.destination().url(&claim.key());
                Err(Waiting::upkeep(url, claim).into())
            }
        }
    }
}

/// What an object takes while it is read again.
fn uncompressed_bytes(object: &ClaimedObject) -> u64 {
    match &object.outcome {
        Outcome::Read {
            uncompressed_bytes, ..
        } => (*uncompressed_bytes).max((object.size as f64 * EXPECTED_RATIO) as u64),
        _ => 0,
    }
}

/// Reads a claim's objects again; also gives those that had to be given up.
async fn read_claimed(
    reclaim: &Reclaim<'_>,
    convert: &Convert,
) -> Result<(Vec<BatchObject>, Vec<String>), Failure> {
    let mut reading = stream::iter(&convert.objects)
        .map(async |claimed| (claimed, content(reclaim, claimed).await))
        .buffered(READ_AHEAD);
    let mut objects = Vec::with_capacity(convert.objects.len());
    let mut lost = Vec::new();
    let mut lost_hashes = FxHashSet::default();
    while let Some((claimed, content)) = reading.next().await {
        match content? {
            Some(content) => objects.push(BatchObject {
                object: reclaim.named(claimed),
                content,
                lanes: claimed.lanes.clone(),
                digest: claimed.digest,
            }),
            None => {
                lost_hashes.extend(claimed.outcome.sha256());
                lost.push(claimed.address.clone());
            }
        }
    }
    drop(reading);
    // Copies of what is lost are lost with it.
    let is_lost = |object: &BatchObject| match object.content {
        Content::Known(sha256) | Content::Copy { sha256, .. } => lost_hashes.contains(&sha256),
        _ => false,
    };
    objects.retain(|object| {
        let is_lost = is_lost(object);
        if is_lost {
            lost.push(object.object.address.clone());
        }
        !is_lost
    });
    Ok((objects, lost))
}

/// What a claimed object holds; nothing if it is given up.
async fn content(
    reclaim: &Reclaim<'_>,
    claimed: &ClaimedObject,
) -> Result<Option<Content>, Failure> {
    Ok(match &claimed.outcome {
        Outcome::Read { .. } => match reclaim.find(claimed).await? {
            Found::Rows(rows) => Some(Content::Rows(rows)),
            Found::GivenUp => None,
            Found::Not(why) => {
                return Err(Waiting::Object {
                    address: claimed.address.clone(),
                    claim: reclaim.claim_url(),
                    why,
                }
                .into());
            }
        },
        Outcome::Known { sha256 } => Some(Content::Known(*sha256)),
        Outcome::Copy {
            sha256,
            uncompressed_bytes,
            records,
        } => Some(Content::Copy {
            sha256: *sha256,
            uncompressed_bytes: *uncompressed_bytes,
            records: *records,
        }),
        Outcome::Unread { cause, accepted } => Some(Content::Unread {
            cause: cause.clone(),
            accepted: *accepted,
        }),
    })
}
