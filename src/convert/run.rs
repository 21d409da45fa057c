//! One run over all its lanes.

use super::batch::{BatchObject, Content};
use super::budget::Budget;
use super::cpu::Cpu;
use super::discover::discover;
use super::keyless::convert_keyless;
use super::lane::{LaneEnd, convert_lane};
use super::list::RawObject;
use super::{ConvertError, ConvertOptions, Summary};
use crate::ledger::{Claim, FOLDER, LaneLog, REJECTS_FOLDER, Receipt, ensure_format, lanes};
use crate::monitor::{Monitor, Progress};
use crate::store::{Entry, Store};
use crate::table::Lane;
use futures::{StreamExt, TryStreamExt, stream};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Lanes at once where a round trip takes long: most lanes are a handful of tiny objects and
/// a chain of round trips, and memory is bounded by the budget, not by this.
const CONCURRENT_LANES: usize = 32;

/// Lanes at once between folders, for each thread: with few, a large lane gets enough of the
/// threads not to be left alone at the end.
const CONCURRENT_LOCAL_LANES: usize = 2;

/// Raw objects being fetched or decoded at once, over all lanes.
const CONCURRENT_GETS: usize = 64;

/// What objects are called whose name says that they are no log.
pub(crate) const OTHER_FILES: &str = "other files";

/// What all lanes of a run share.
pub(crate) struct Run {
    pub(crate) source: Store,
    pub(crate) destination: Store,
    pub(crate) options: ConvertOptions,
    pub(crate) monitor: Arc<dyn Monitor>,
    pub(crate) stop: CancellationToken,
    pub(crate) cpu: Cpu,
    pub(crate) budget: Budget,
    pub(crate) gets: Arc<Semaphore>,
    summary: Mutex<Summary>,
}

/// Converts what the source holds and the destination lacks.
///
/// `stop` asks the run to end: claims that are made are finished, none is made any more.
///
/// # Errors
/// What makes every lane fail: no access, no bucket, a store without conditional puts. What
/// is wrong with one object or one lane is in the [`Summary`] and told to `monitor`.
pub async fn convert(
    source: Store,
    destination: Store,
    options: ConvertOptions,
    monitor: Arc<dyn Monitor>,
    stop: CancellationToken,
) -> Result<Summary, ConvertError> {
    let run = Run {
        cpu: Cpu::new(options.threads)?,
        budget: Budget::new(options.memory),
        gets: Arc::new(Semaphore::new(CONCURRENT_GETS)),
        summary: Mutex::default(),
        source,
        destination,
        options,
        monitor,
        stop,
    };
    ensure_format(&run.destination).await?;
    let skip = own_prefixes(&run.source, &run.destination);
    let mut found = discover(&run.source, &run.options.range, run.options.shard, &skip).await?;
    if !run.options.give_up.is_empty() {
        // An open claim may be of a lane whose raw objects have all gone.
        let asked =
            |lane: &Lane| run.options.range.has_lane(lane) && run.options.shard.has_lane(lane);
        for lane in lanes(&run.destination).await?.into_iter().filter(asked) {
            found.lanes.entry(lane).or_default();
        }
    }
    run.count(|summary| {
        summary.lanes = found.lanes.len() as u64;
        summary.left_objects = found.left;
    });
    run.monitor
        .report(Progress::LanesFound(found.lanes.len() as u64));
    let mut keyless = found.keyless;
    let mut waiting: Vec<_> = found.lanes.into_iter().collect();
    // Lanes with an open claim come second: its owner may be about to finish it.
    for finish in [false, true] {
        let mut ends = stream::iter(waiting)
            .map(async |(lane, prefixes)| {
                let end = convert_lane(&run, &lane, &prefixes, finish).await?;
                Ok::<_, ConvertError>((lane, prefixes, end))
            })
            .buffer_unordered(run.concurrent_lanes());
        let mut deferred = Vec::new();
        while let Some((lane, prefixes, end)) = ends.try_next().await? {
            match end {
                LaneEnd::Deferred => deferred.push((lane, prefixes)),
                LaneEnd::Done(aside) => {
                    keyless.extend(aside.keyless);
                    run.left(OTHER_FILES, aside.others);
                    run.monitor.report(Progress::LaneDone(lane));
                }
            }
        }
        drop(ends);
        waiting = deferred;
    }
    convert_keyless(&run, keyless).await?;
    let interrupted = run.stop.is_cancelled();
    run.count(|summary| summary.interrupted = interrupted);
    Ok(run
        .summary
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner))
}

/// What prefixes below the source's root begin with that are the destination's: what is
/// written there is no input.
pub(crate) fn own_prefixes(source: &Store, destination: &Store) -> Vec<String> {
    let (source, destination) = (source.url(""), destination.url(""));
    let source = source.trim_end_matches('/');
    let below = destination.strip_prefix(source);
    let Some(below) = below.and_then(|below| below.strip_prefix('/')) else {
        return Vec::new();
    };
    match below.trim_end_matches('/') {
        "" => vec![FOLDER.into(), REJECTS_FOLDER.into(), "account=".into()],
        below => vec![format!("{below}/")],
    }
}

impl Run {
    fn concurrent_lanes(&self) -> usize {
        if self.source.is_local() && self.destination.is_local() {
            CONCURRENT_LOCAL_LANES * self.options.threads.max(1)
        } else {
            CONCURRENT_LANES
        }
    }

    /// Changes the summary.
    pub(crate) fn count(&self, change: impl FnOnce(&mut Summary)) {
        change(&mut self.summary.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Counts objects that are no event logs.
    fn left(&self, what: &str, objects: u64) {
        if objects > 0 {
            self.count(|summary| {
                *summary.left_objects.entry(what.to_owned()).or_default() += objects
            });
        }
    }

    /// Counts and tells that an object could not be read.
    pub(crate) fn unread(&self, object: &RawObject, reason: &str) {
        self.count(|summary| summary.unread_objects += 1);
        self.tell_unread(object, reason);
    }

    /// Tells that an object could not be read.
    pub(crate) fn tell_unread(&self, object: &RawObject, reason: &str) {
        self.monitor.report(Progress::Problem(format!(
            "{}: {reason}; it is tried again by the next run",
            object.address
        )));
        self.monitor.report(Progress::Done {
            objects: 1,
            bytes: object.size,
            rows: 0,
        });
    }

    /// Counts what a claim converted.
    pub(crate) fn converted(&self, claim: &Claim, objects: &[BatchObject]) {
        let (mut read, mut raw_bytes, mut delivered_bytes) = (0, 0, 0);
        let asked = |lane: &&Lane| self.options.range.has_lane(lane);
        for object in objects {
            // An object of many lanes counts in the first.
            let first = object.lanes.iter().find(asked).unwrap_or(&claim.lane);
            if let Content::Rows(rows) = &object.content
                && *first == claim.lane
            {
                read += 1;
                raw_bytes += rows.raw_bytes;
                delivered_bytes += object.object.size;
            }
        }
        let rows: u64 = claim.files.iter().map(|file| file.rows).sum();
        self.count(|summary| {
            summary.objects += read;
            summary.uncompressed_bytes += raw_bytes;
            summary.delivered_bytes += delivered_bytes;
            summary.records += claim.records();
            summary.rows += rows;
            summary.duplicates += claim.duplicates;
            summary.rejects += claim.rejects.as_ref().map_or(0, |rejects| rejects.records);
            summary.other_region_rows += claim.other_region_rows;
        });
        if let Some(rejects) = &claim.rejects {
            let url = self.destination.url(&rejects.key);
            let problem = format!(
                "{} records could not become rows; they are kept in {url}",
                rejects.records
            );
            self.monitor.report(Progress::Problem(problem));
        }
        self.monitor.report(Progress::Done {
            objects: read,
            bytes: delivered_bytes,
            rows,
        });
    }

    /// Counts the files of a receipt.
    pub(crate) fn committed(&self, receipt: &Receipt) {
        self.count(|summary| {
            summary.files += receipt.written.len() as u64;
            summary.parquet_bytes += receipt.written.iter().map(|file| file.bytes).sum::<u64>();
        });
    }

    /// Tells that a lane has to wait.
    pub(crate) fn unfinished(&self, what: String) {
        self.count(|summary| summary.unfinished_lanes += 1);
        self.monitor.report(Progress::Problem(what));
    }

    /// Finishes the lane's open claim. False if that cannot be done now: the lane waits.
    pub(crate) async fn try_finish(&self, log: &mut LaneLog) -> Result<bool, ConvertError> {
        match super::finish::finish_open(self, log).await {
            Ok(()) => Ok(true),
            Err(ConvertError::Unfinished(what)) => {
                self.unfinished(what);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the user gave the object up.
    pub(crate) fn is_given_up(&self, object: &RawObject) -> bool {
        let given_up = &self.options.give_up;
        given_up.contains(&object.key) || given_up.contains(&object.address)
    }

    /// The store that a claim's objects are in: the run's source, or its like at another root.
    pub(crate) fn source_of(&self, claim: &Claim) -> Result<Store, ConvertError> {
        self.source.rooted_at(&claim.source).ok_or_else(|| {
            ConvertError::Unfinished(format!(
                "the open claim {} reads from {}; run convert with that source to finish it",
                self.destination.url(&claim.key()),
                claim.source
            ))
        })
    }
}

/// An object of the source, as listed.
impl From<RawObject> for Entry {
    fn from(object: RawObject) -> Self {
        Self {
            key: object.key,
            size: object.size,
            etag: object.etag,
        }
    }
}
