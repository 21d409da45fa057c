//! The raw objects of one claim against the table.

use super::comparison::Comparison;
use super::raw::RawSource;
use super::raw_object::{Fetched, fetch, named};
use super::retried_claim::check_retried;
use super::table_side::TableSide;
use super::verifier::Verifier;
use crate::convert::{LaneRows, source_file};
use crate::failure::Failure;
use crate::ledger::{ClaimedObject, Convert, Outcome, Receipt, Replaced, Work};
use crate::monitor::Progress;
use futures::{StreamExt, TryStreamExt, stream};
use std::collections::HashSet;
use std::sync::Arc;

/// Raw objects of a claim read at once.
const READ_AHEAD: usize = 8;

/// Compares one claim of the lane with its raw objects.
pub(super) async fn check_claim(
    verifier: &Verifier,
    source: &RawSource,
    replaced: &Replaced,
    receipt: &Receipt,
) -> Result<(), Failure> {
    match &receipt.claim.work {
        Work::Convert(convert) => {
            check_converted(verifier, source, replaced, (receipt, convert)).await
        }
        Work::RetryRejects(retry) => check_retried(verifier, replaced, receipt, retry).await,
        // What stands for other files is compared by the claims of those.
        Work::Compact(_)
        | Work::Sort(_)
        | Work::SortByTime(_)
        | Work::Rewrite(_)
        | Work::Expire(_) => Ok(()),
    }
}

async fn check_converted(
    verifier: &Verifier,
    source: &RawSource,
    replaced: &Replaced,
    (receipt, convert): (&Receipt, &Convert),
) -> Result<(), Failure> {
    let outcomes = convert.objects.iter().map(|object| &object.outcome);
    let read = outcomes.map(Outcome::uncompressed_bytes).sum();
    let _share = verifier.budget.reserve(read).await;
    let addresses = convert.objects.iter().map(|object| &object.address);
    let sources = addresses.map(|address| source_file(convert, address));
    let table = TableSide::read(verifier, replaced, receipt, &sources.collect()).await?;
    let Some(table) = table else {
        return Ok(());
    };
    let hasher = Arc::clone(&table.hasher);
    let mut comparison = Comparison::new(verifier, replaced, receipt, table);
    let is_lost = |object: &ClaimedObject| receipt.lost.contains(&object.address);
    let is_compared = |object: &&ClaimedObject| {
        let is_in = matches!(object.outcome, Outcome::Read { .. } | Outcome::Copy { .. });
        is_in && !is_lost(object)
    };
    let mut fetching = stream::iter(convert.objects.iter().filter(is_compared))
        .map(async |claimed| {
            let fetched =
                fetch(verifier, source, &receipt.claim, convert, claimed, &hasher).await?;
            Ok::<_, Failure>((claimed, fetched))
        })
        .buffered(READ_AHEAD);
    let lost = convert.objects.iter().filter(|object| is_lost(object));
    let mut unseen: HashSet<String> = lost
        .map(|object| named(convert, object).source_file)
        .collect();
    while let Some((claimed, fetched)) = fetching.try_next().await? {
        match fetched {
            Fetched::Rows(rows, hashes) => {
                count(verifier, &rows);
                let is_copy = matches!(claimed.outcome, Outcome::Copy { .. });
                comparison.add(&claimed.address, is_copy, &rows, &hashes);
            }
            Fetched::Gone => {
                verifier.report().raw_gone += 1;
                unseen.insert(named(convert, claimed).source_file);
            }
            Fetched::Wrong => _ = unseen.insert(named(convert, claimed).source_file),
        }
        verifier.monitor.report(Progress::Done {
            objects: 1,
            bytes: claimed.size,
            rows: 0,
        });
    }
    drop(fetching);
    comparison.finish(&unseen).await
}

fn count(verifier: &Verifier, rows: &LaneRows) {
    let mut report = verifier.report();
    report.raw_objects += 1;
    report.raw_records += rows.records();
    report.raw_uncompressed_bytes += rows.uncompressed_bytes;
}
