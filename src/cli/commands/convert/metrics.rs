//! The metrics of a run, in CloudWatch's embedded metric format: one line of JSON, which becomes
//! metrics wherever log lines go to CloudWatch Logs.

use super::summary::Ended;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Whether metrics are told.
#[derive(Debug, Args)]
pub(crate) struct MetricsArgs {
    /// Print metrics of the run as one line on standard output; with --json, as members of the
    /// document, which then is one line
    #[arg(long, value_enum, value_name = "FORM")]
    pub(super) metrics: Option<Form>,
}

/// The form of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// CloudWatch's embedded metric format: namespace cloudtrail2parquet, by Table or Destination
    Emf,
}

/// Problems in a document that is also metrics: CloudWatch Logs takes lines of 256 KiB.
pub(super) const PROBLEMS: usize = 100;

/// What the metrics are of.
pub(super) struct Dimension {
    /// `Table` or `Destination`.
    pub(super) name: &'static str,
    pub(super) value: String,
}

/// The metrics of a run that came to its end.
pub(super) fn of_run(dimension: &Dimension, ended: &Ended, now: Timestamp) -> Map<String, Value> {
    let summary = &ended.summary;
    let failures = summary.waiting_lanes
        + summary.passed_over
        + summary.unmet_arguments
        + u64::from(summary.nothing_found);
    let mut metrics = vec![
        ("Rows", "Count", summary.rows),
        ("Bytes", "Bytes", summary.delivered_bytes),
        ("Rejects", "Count", summary.rejects),
        ("Unread", "Count", summary.unread_objects),
        ("Failures", "Count", failures),
    ];
    // A run that wrote no event tells nothing of how late events are.
    if let Some(newest) = summary.newest_event {
        let lag = now.duration_since(newest).as_secs();
        metrics.push(("LagSeconds", "Seconds", u64::try_from(lag).unwrap_or(0)));
    }
    document(dimension, &metrics, now)
}

/// The metrics of a run that could not go on.
pub(super) fn of_failure(dimension: &Dimension, now: Timestamp) -> Map<String, Value> {
    document(dimension, &[("Failures", "Count", 1)], now)
}

fn document(
    dimension: &Dimension,
    metrics: &[(&str, &str, u64)],
    now: Timestamp,
) -> Map<String, Value> {
    let named = metrics
        .iter()
        .map(|(name, unit, _)| json!({"Name": name, "Unit": unit}));
    let directive = json!({
        "Timestamp": now.as_millisecond(),
        "CloudWatchMetrics": [{
            "Namespace": env!("CARGO_PKG_NAME"),
            "Dimensions": [[dimension.name]],
            "Metrics": named.collect::<Vec<_>>(),
        }],
    });
    let mut document = Map::new();
    document.insert("_aws".to_owned(), directive);
    document.insert(dimension.name.to_owned(), json!(dimension.value));
    for (name, _, value) in metrics {
        document.insert((*name).to_owned(), json!(value));
    }
    document
}
