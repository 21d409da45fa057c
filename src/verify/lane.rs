//! One lane: its documents, its listing, its files, its rows, its raw objects.

use super::content::{check_file, check_rejects_object};
use super::documents::{Promises, check_documents};
use super::doubled::{FileIds, check_doubled, is_compared_at_once};
use super::listing::{ListedFile, check_listing, check_rejects};
use super::raw::RawSource;
use super::verifier::{Level, Verifier};
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::Inventory;
use crate::monitor::Progress;
use crate::store::Entry;
use futures::{StreamExt, TryStreamExt, stream};

/// Files of a partition looked at at once, and partitions of a lane.
const CONCURRENT_FILES: usize = 4;

/// Looks at a lane so often: others may work on it meanwhile.
const LOOKS: usize = 5;

/// Looks at one lane as far as the level asks for. What is wrong counts only if the lane's
/// documents are still the same afterwards: files that were merged or expired meanwhile are not missing.
pub(super) async fn verify_settled_lane(
    verifier: &Verifier,
    lane: &Lane,
    source: Option<&RawSource>,
) -> Result<(), Failure> {
    for look in 1.. {
        let of_lane = verifier.with_report_of_its_own();
        let before = inventory(verifier, lane).await?;
        let looked = verify_lane(&of_lane, lane, &before, source).await;
        let is_wrong = looked.is_err() || !of_lane.report().findings.is_empty();
        if is_wrong && look < LOOKS && inventory(verifier, lane).await? != before {
            let note = format!("{lane} was worked on meanwhile, and is looked at again");
            verifier.monitor.report(Progress::Note(note));
            continue;
        }
        looked?;
        verifier.report().absorb(of_lane.into_report());
        break;
    }
    verifier.monitor.report(Progress::LaneDone(lane.clone()));
    Ok(())
}

async fn inventory(verifier: &Verifier, lane: &Lane) -> Result<Inventory, Failure> {
    let inventory = Inventory::of(&verifier.destination, lane).await;
    inventory.map_err(Failure::of_all_lanes)
}

async fn verify_lane(
    verifier: &Verifier,
    lane: &Lane,
    inventory: &Inventory,
    source: Option<&RawSource>,
) -> Result<(), Failure> {
    let level = verifier.options.level;
    let mut promises = check_documents(verifier, lane, inventory).await?;
    let files = check_listing(verifier, lane, inventory, &mut promises).await?;
    let rejects = check_rejects(verifier, lane, inventory, &mut promises).await?;
    if level >= Level::Files {
        let all = files.values().flatten();
        let (objects, bytes) = (
            all.clone().count() as u64,
            all.map(|file| file.entry.size).sum(),
        );
        verifier
            .monitor
            .report(Progress::Pending { objects, bytes });
        verifier.monitor.report(Progress::LaneListed(lane.clone()));
        stream::iter(files.into_values().map(Ok))
            .try_for_each_concurrent(CONCURRENT_FILES, async |files| {
                verify_partition(verifier, lane, files).await
            })
            .await?;
    }
    if level >= Level::Rows {
        verify_rejects(verifier, lane, &promises, &rejects).await?;
    }
    if let Some(source) = source.filter(|_| level >= Level::Raw) {
        source.check_lane(verifier, lane, inventory).await?;
    }
    verifier.report().lanes += 1;
    Ok(())
}

async fn verify_partition(
    verifier: &Verifier,
    lane: &Lane,
    files: Vec<ListedFile>,
) -> Result<(), Failure> {
    let at_once = is_compared_at_once(files.iter().map(|file| file.promised.rows).sum());
    let mut checked = Vec::new();
    let mut checking = stream::iter(files)
        .map(async |file| {
            let ids = check_file(verifier, lane, &file).await?;
            Ok::<_, Failure>((file, ids))
        })
        .buffered(CONCURRENT_FILES);
    while let Some((file, ids)) = checking.try_next().await? {
        // What is damaged is told already.
        if let Some(ids) = ids {
            let ids = at_once.then_some(ids);
            checked.push(FileIds { file, ids });
        }
    }
    match verifier.options.level >= Level::Rows {
        true => check_doubled(verifier, lane, &checked).await,
        false => Ok(()),
    }
}

async fn verify_rejects(
    verifier: &Verifier,
    lane: &Lane,
    promises: &Promises,
    rejects: &[Entry],
) -> Result<(), Failure> {
    for entry in rejects {
        if let Some(promised) = promises.rejects.get(&entry.key) {
            let (records, receipt) = (promised.records, promised.receipt);
            check_rejects_object(verifier, lane, entry, records, receipt).await?;
        }
    }
    Ok(())
}
