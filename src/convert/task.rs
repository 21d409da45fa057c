//! What all lanes of a conversion share.

use super::list::RawObject;
use super::options::ConvertOptions;
use super::tally::Tally;
use crate::cloudtrail::Left;
use crate::digests::DigestReader;
use crate::store::Store;
use crate::work::Context;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Lanes at once where a round trip takes long: most lanes are a handful of tiny objects and
/// a chain of round trips, and memory is bounded by the budget, not by this.
pub(super) const CONCURRENT_LANES: usize = 32;

/// Lanes at once between folders, for each thread: with few, a large lane gets enough of the
/// threads not to be left alone at the end.
const CONCURRENT_LOCAL_LANES: usize = 2;

/// Raw objects of a folder, or groups of small ones, that are read or decoded at once, over all lanes.
const CONCURRENT_LOCAL_GETS: usize = 64;

/// Raw objects that are fetched or decoded at once where a round trip takes long, for each thread: a
/// thread decodes about as many of the smallest while one is waited for.
const CONCURRENT_GETS: usize = 128;

/// The most of them: each is a connection.
const MOST_GETS: usize = 512;

/// Objects that are listed before they are read, over all lanes that are worked on: some 30 MB.
const LISTED_AHEAD: usize = 50_000;

/// What all lanes of a conversion share.
pub(crate) struct Task {
    /// What all work on a table needs.
    pub(crate) context: Context,
    /// Where raw objects are.
    pub(crate) source: Store,
    /// What was asked for.
    pub(crate) options: ConvertOptions,
    /// One permit a raw object, or group of small ones, that is fetched or decoded.
    pub(crate) gets: Arc<Semaphore>,
    /// Who reads digests, if they are asked for.
    pub(crate) digests: Option<Arc<DigestReader>>,
    /// What was done.
    pub(crate) tally: Tally,
}

impl Task {
    /// Notes an object that an argument may name.
    pub(crate) fn meet(&self, object: &RawObject) {
        if !self.options.accept_unread.named.is_empty() {
            self.tally.meet(object);
        }
    }

    /// Whether an object stays what it was left as, which is counted; not if it is judged again.
    pub(crate) fn is_left(&self, object: &RawObject, known: Option<Left>) -> bool {
        let Some(left) = known.filter(|_| !self.options.retry_rejects) else {
            return false;
        };
        if !self.tally.is_own(object.id()) {
            self.tally.left(&object.key, left);
        }
        true
    }

    /// Lanes that are worked on at once.
    pub(crate) fn concurrent_lanes(&self) -> usize {
        if self.source.is_local() && self.context.destination.is_local() {
            CONCURRENT_LOCAL_LANES * self.options.threads.max(1)
        } else {
            CONCURRENT_LANES
        }
    }

    /// Objects of one lane that are listed before they are read.
    pub(crate) fn listed_ahead(&self) -> usize {
        LISTED_AHEAD / self.concurrent_lanes()
    }
}

/// Raw objects that are fetched or decoded at once, over all lanes.
pub(super) fn concurrent_gets(source: &Store, threads: usize) -> usize {
    match source.is_local() {
        true => CONCURRENT_LOCAL_GETS,
        false => (CONCURRENT_GETS * threads.max(1)).min(MOST_GETS),
    }
}
