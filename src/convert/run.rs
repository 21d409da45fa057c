//! One run over all its lanes.

use super::discover::{Discovered, Walk, discover, own_prefixes};
use super::lane::{LaneEnd, LaneSource, convert_lane};
use super::list::RawObject;
use super::open_claims::check_give_up;
use super::options::ConvertOptions;
use super::summary::Summary;
use super::tally::Tally;
use super::task::{Task, concurrent_gets};
use super::unplaced::convert_unplaced;
use crate::commit::Patience;
use crate::digests::DigestReader;
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::{ensure_format, ledger_lanes};
use crate::monitor::{Monitor, Problem, Progress};
use crate::store::{Remover, Store};
use crate::work::{Budget, Context, Cpu};
use futures::{StreamExt, TryStreamExt, future::try_join3, stream};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Converts what the source holds and the destination lacks.
///
/// `stop` asks the run to end: claims that are made are finished, none is made any more.
///
/// # Errors
/// What makes every lane fail: no access, no bucket, a store without conditional puts, a ledger
/// of a newer program. What is wrong with one object or one lane is in the [`Summary`] and told
/// to `monitor`.
pub async fn convert(
    source: Store,
    destination: Store,
    options: ConvertOptions,
    monitor: Arc<dyn Monitor>,
    stop: CancellationToken,
) -> Result<Summary, Failure> {
    let (cpu, source) = (Cpu::new(options.threads)?, source.as_source());
    let task = Task {
        digests: (options.digests.as_ref())
            .map(|check| DigestReader::new(&source, check.keys.clone(), &cpu)),
        gets: Arc::new(Semaphore::new(concurrent_gets(&source, options.threads))),
        tally: Tally::new(Arc::clone(&monitor), options.scope.lanes.clone()),
        context: Context {
            cpu,
            budget: Budget::new(options.memory),
            schema: Arc::clone(&options.schema),
            encode: options.encode,
            remover: options.finish_upkeep.then(|| Remover::of(&destination)),
            destination,
            monitor,
            stop,
        },
        source,
        options,
    };
    let Lanes {
        sources,
        mut unplaced,
        has_logs,
    } = find_lanes(&task).await?;
    unplaced.extend(convert_lanes(&task, sources).await?);
    convert_unplaced(&task, unplaced).await?;
    check_found(&task, has_logs);
    tell_passed_over(&task);
    check_arguments(&task);
    let interrupted = task.context.stop.is_cancelled();
    task.tally
        .count(|summary| summary.interrupted = interrupted);
    Ok(task.tally.into_summary())
}

/// What there is to be worked on.
struct Lanes {
    sources: Vec<LaneSource>,
    /// Objects whose key names no lane.
    unplaced: Vec<RawObject>,
    /// Whether the source shows something that may be a log.
    has_logs: bool,
}

/// The lanes to be worked on, and objects whose key names none: what the source shows, and
/// every lane of the ledger in the shard, where a claim may be open. Nothing is claimed before the
/// ledger's format is known.
async fn find_lanes(task: &Task) -> Result<Lanes, Failure> {
    let destination = &task.context.destination;
    let shard = &task.options.shard;
    let own: Arc<[String]> = own_prefixes(&task.source, destination).into();
    let walk = Walk {
        source: &task.source,
        lanes: &task.options.scope.lanes,
        names: &task.options.scope.names,
        shard,
        own: &own,
        digests: task.digests.is_some(),
    };
    let format = async {
        let format = ensure_format(destination).await;
        format.map_err(Failure::of_all_lanes)
    };
    let ledger = async { Ok(ledger_lanes(destination).await?) };
    let source = async { Ok(discover(&walk).await?) };
    let ((), ledger, discovered) = try_join3(format, ledger, source).await?;
    for url in ledger.strays {
        task.tally.problem(Problem::Stray { url });
    }
    let known = ledger.lanes;
    // Of several workers another may have finished the claim by now.
    if shard.is_whole() {
        check_give_up(destination, &known, &task.options.give_up).await?;
    }
    let Discovered {
        lanes: mut found,
        unplaced,
        ignored,
        ignored_folders,
        has_logs,
        digest_folders,
    } = discovered;
    let count = found.len() as u64;
    task.tally.count(|summary| {
        summary.lanes = count;
        summary.ignored_objects = ignored;
        summary.ignored_folders = ignored_folders;
    });
    let monitor = &task.context.monitor;
    monitor.report(Progress::LanesFound(count));
    monitor.report(Progress::UnplacedFound(unplaced.len() as u64));
    let known: BTreeSet<Lane> = known.into_iter().collect();
    for lane in known.iter().filter(|lane| shard.has_lane(lane)) {
        found.entry(lane.clone()).or_default();
    }
    let mut of_digests = match &task.digests {
        Some(reader) => reader.lanes(&digest_folders).await?,
        None => BTreeMap::new(),
    };
    // What digests list may all be gone.
    let is_asked = |lane: &&Lane| task.options.scope.lanes.has(lane) && shard.has_lane(lane);
    for lane in of_digests.keys().filter(is_asked) {
        found.entry(lane.clone()).or_default();
    }
    let source = |(lane, prefixes)| LaneSource {
        digest_folders: of_digests.remove(&lane).unwrap_or_default(),
        is_known: known.contains(&lane),
        lane,
        prefixes,
        own: Arc::clone(&own),
    };
    Ok(Lanes {
        sources: found.into_iter().map(source).collect(),
        unplaced,
        has_logs,
    })
}

/// Tells of a source without logs: by the names of its files, or since none holds a record. One
/// worker of several sees only a part.
fn check_found(task: &Task, has_logs: bool) {
    let is_whole = task.options.shard.is_whole();
    let is_empty = !has_logs || (is_whole && task.tally.has_only_left());
    if is_empty && !task.options.allow_empty {
        task.tally.nothing_found(&task.source);
    }
}

/// Converts lane after lane, some at once; gives the objects met in them whose key names
/// no lane, or another.
async fn convert_lanes(task: &Task, sources: Vec<LaneSource>) -> Result<Vec<RawObject>, Failure> {
    let mut unplaced = Vec::new();
    let mut waiting = sources;
    // Lanes with an open claim come second: its owner may be about to finish it.
    for patience in [Patience::Defer, Patience::Finish] {
        let mut ends = stream::iter(waiting)
            .map(async |source| {
                let end = Failure::waits(convert_lane(task, &source, patience).await)?;
                Ok::<_, Failure>((source, end))
            })
            .buffer_unordered(task.concurrent_lanes());
        let mut deferred = Vec::new();
        while let Some((source, end)) = ends.try_next().await? {
            match end {
                Ok(LaneEnd::Deferred) => {
                    deferred.push(source);
                    continue;
                }
                Ok(LaneEnd::Done(aside)) => {
                    unplaced.extend(aside.unplaced);
                    task.tally
                        .count(|summary| summary.ignored_objects.extend(aside.ignored));
                }
                Err(waiting) => task.tally.waits(&source.lane, waiting),
            }
            if !source.prefixes.is_empty() {
                task.context.monitor.report(Progress::LaneDone(source.lane));
            }
        }
        drop(ends);
        waiting = deferred;
    }
    Ok(unplaced)
}

/// Tells what could not be looked at.
fn tell_passed_over(task: &Task) {
    for passed in task.source.passed_over() {
        let (url, why) = (passed.url, passed.reason);
        if passed.is_failure {
            task.tally.problem(Problem::PassedOver { url, why });
        } else {
            let note = format!("{url} is passed over: {why}");
            task.context.monitor.report(Progress::Note(note));
        }
    }
}

/// Tells of arguments that nothing was found for. One worker of several cannot know.
fn check_arguments(task: &Task) {
    if !task.options.shard.is_whole() {
        return;
    }
    for argument in task.tally.unmet(&task.options.accept_unread.named) {
        let argument = format!("--accept-unread {argument}");
        task.tally.problem(Problem::NotFound { argument });
    }
}
