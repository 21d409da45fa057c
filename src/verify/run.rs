//! One verification over all its lanes.

use super::digests::check_digests;
use super::lane::verify_settled_lane;
use super::outside::find_lanes;
use super::raw::RawSource;
use super::report::Report;
use super::verifier::{Level, Verifier, VerifyOptions};
use crate::failure::Failure;
use crate::monitor::{Monitor, Progress};
use crate::store::Store;
use crate::table::Schema;
use crate::work::{Budget, Cpu};
use futures::{TryStreamExt, stream};
use std::sync::{Arc, Mutex};

/// Lanes at once: most are a handful of small objects and a chain of round trips.
const CONCURRENT_LANES: usize = 16;

/// Looks at the table at `destination`, and tells what is not as it should be. The raw level
/// and the check of digests need the `source` of the raw objects.
///
/// # Errors
/// What keeps from looking at all: no access, a ledger of a newer program. What is wrong with the
/// table is in the [`Report`].
pub async fn verify(
    source: Option<Store>,
    destination: Store,
    options: VerifyOptions,
    monitor: Arc<dyn Monitor>,
) -> Result<Report, Failure> {
    let internal = |error: &dyn std::fmt::Display| Failure::Internal(error.to_string());
    let verifier = Verifier {
        schema: Arc::new(Schema::new(&[]).map_err(|error| internal(&error))?),
        cpu: Cpu::new(options.threads)?,
        budget: Budget::new(options.memory),
        report: Mutex::default(),
        destination,
        options,
        monitor,
    };
    let mut lanes = find_lanes(&verifier).await?;
    let is_raw = verifier.options.level >= Level::Raw;
    let is_read = is_raw || verifier.options.digests.is_some();
    let source = match source.filter(|_| is_read) {
        Some(source) => Some(RawSource::find(&verifier, source.as_source()).await?),
        None => None,
    };
    if let (Some(source), Some(options)) = (&source, &verifier.options.digests) {
        check_digests(&verifier, source, options).await?;
    }
    let source = source.filter(|_| is_raw);
    if let Some(source) = &source {
        lanes.extend(source.lanes().cloned());
    }
    let count = lanes.len() as u64;
    verifier.monitor.report(Progress::LanesFound(count));
    stream::iter(lanes.into_iter().map(Ok))
        .try_for_each_concurrent(CONCURRENT_LANES, async |lane| {
            verify_settled_lane(&verifier, &lane, source.as_ref()).await
        })
        .await?;
    if let Some(source) = source {
        source.check_unplaced(&verifier).await?;
    }
    let mut report = verifier.into_report();
    report.findings.sort();
    report.digests.sort();
    Ok(report)
}
