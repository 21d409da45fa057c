//! The command `verify`.

mod digests;

use crate::cli::error::usage;
use crate::cli::exit::Exit;
use crate::cli::groups::digests::DigestKeyArgs;
use crate::cli::groups::range::DeliveryArgs;
use crate::cli::groups::resources::ResourceArgs;
use crate::cli::groups::s3::{DestArgs, S3Args};
use crate::cli::groups::source::SourceArgs;
use crate::cli::log::LogArgs;
use crate::cli::numbers::{count, size};
use crate::cli::output::ResultArgs;
use crate::cli::progress::TermMonitor;
use crate::cli::text::Text;
use clap::{Args, ValueEnum};
use cloudtrail2parquet::verify::{self, DigestOptions, Finding, Report, VerifyOptions};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(crate) struct VerifyArgs {
    /// Raw logs, which the level `raw` reads again: s3://BUCKET[/PREFIX], a folder or one file
    source: Option<String>,
    /// The table's place: s3://BUCKET/PREFIX or a folder
    dest: String,
    /// How much is looked at [default: raw with SOURCE, rows without]
    #[arg(long, value_name = "LEVEL")]
    level: Option<Level>,
    /// Threads and memory
    #[command(flatten)]
    resources: ResourceArgs,
    /// Check the raw logs of SOURCE against CloudTrail's signed digests, which lie beside them
    #[arg(long)]
    digests: bool,
    /// Where the public keys of digests come from
    #[command(flatten)]
    digest_keys: DigestKeyArgs,
    /// The form of the result
    #[command(flatten)]
    result: ResultArgs,
    /// What was delivered when, of which lanes
    #[command(flatten)]
    range: DeliveryArgs,
    /// How to reach S3
    #[command(flatten)]
    s3: S3Args,
    /// How to read the source
    #[command(flatten)]
    source_s3: SourceArgs,
    /// How to read the destination
    #[command(flatten)]
    dest_s3: DestArgs,
}

/// How much is looked at; each level does what those before it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Level {
    /// Documents, numbers, receipts against listings. Costs two small reads a claim, and listings
    Ledger,
    /// Footers and row counts against receipts. Costs one small read a file more
    Files,
    /// Hashes, event times, repeated and rebuilt records. Reads every byte of the table
    Rows,
    /// Every raw record is a row, a duplicate or a reject. Reads every raw object too
    Raw,
}

impl From<Level> for verify::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Ledger => Self::Ledger,
            Level::Files => Self::Files,
            Level::Rows => Self::Rows,
            Level::Raw => Self::Raw,
        }
    }
}

pub(crate) async fn run(args: &VerifyArgs, log: &LogArgs) -> anyhow::Result<Exit> {
    let level = match (args.level, &args.source) {
        (None, Some(_)) => Level::Raw,
        (None, None) => Level::Rows,
        (Some(Level::Raw), None) => {
            return Err(usage(
                "--level raw reads the raw logs: name SOURCE before DEST",
            ));
        }
        (Some(level), _) => level,
    };
    if args.digests && args.source.is_none() {
        return Err(usage(
            "--digests checks the raw logs: name SOURCE before DEST",
        ));
    }
    let source = match (&args.source, level) {
        (Some(source), level) if args.digests || level == Level::Raw => {
            Some(args.source_s3.open(source, &args.s3).await?)
        }
        _ => None,
    };
    let mut scope = args.range.scope()?;
    let source = source.map(|source| {
        scope.names = source.names;
        source.store
    });
    let destination = args.dest_s3.open(&args.dest, &args.s3).await?;
    let options = VerifyOptions {
        level: level.into(),
        scope,
        threads: args.resources.threads(),
        memory: args.resources.memory(),
        digests: match args.digests {
            true => Some(DigestOptions {
                keys: args.digest_keys.source().await?,
                now: Timestamp::now(),
            }),
            false => None,
        },
    };
    let monitor = Arc::new(TermMonitor::new(log));
    let report = verify::verify(source, destination, options, monitor.clone()).await;
    monitor.finish();
    let report = report?;
    args.result
        .print(|| Ok(document(&report, args.digests)), || text(&report))?;
    Ok(match report.findings.is_empty() {
        true => Exit::Done,
        false => Exit::KeptAside,
    })
}

fn document(report: &Report, is_asked: bool) -> Value {
    let findings: Vec<Value> = report.findings.iter().map(finding).collect();
    let mut document = json!({
        "lanes": report.lanes,
        "documents": report.documents,
        "files": report.files,
        "parquet_bytes": report.file_bytes,
        "rows": report.rows,
        "raw_objects": report.raw_objects,
        "raw_uncompressed_bytes": report.raw_uncompressed_bytes,
        "raw_records": report.raw_records,
        "raw_objects_gone": report.raw_gone,
        "findings": findings,
        "findings_left_off": report.findings_left_off,
    });
    if is_asked {
        document["digests"] = report.digests.iter().map(digests::document).collect();
    }
    document
}

fn finding(finding: &Finding) -> Value {
    json!({
        "kind": finding.kind.code(),
        "account": finding.lane.as_ref().map(|lane| lane.account),
        "region": finding.lane.as_ref().map(|lane| lane.region.clone()),
        "date": finding.date,
        "url": finding.url,
        "expected": finding.expected,
        "found": finding.found,
        "what_to_do": finding.kind.what_to_do(),
    })
}

fn text(report: &Report) -> Text {
    let mut text = Text::default();
    text.field("lanes", count(report.lanes));
    text.field("documents", count(report.documents));
    let (files, bytes) = (count(report.files), size(report.file_bytes));
    text.field("files", format!("{files} of {bytes}"));
    text.field("rows", count(report.rows));
    if report.raw_objects + report.raw_gone > 0 {
        let (objects, records) = (count(report.raw_objects), count(report.raw_records));
        let bytes = size(report.raw_uncompressed_bytes);
        text.field(
            "raw",
            format!("{objects} files of {records} records, {bytes} of JSON"),
        );
    }
    if report.raw_gone > 0 {
        let gone = count(report.raw_gone);
        text.line(format!(
            "{gone} raw files are gone or replaced since they were converted: they are not compared."
        ));
    }
    digests::text(&report.digests, &mut text);
    for finding in &report.findings {
        let lane = finding.lane.as_ref().map(|lane| format!("{lane} "));
        let date = finding.date.map(|date| format!("{date} "));
        text.line(format!(
            "{}{}{}: {}: expected {}, found {}; {}",
            lane.unwrap_or_default(),
            date.unwrap_or_default(),
            finding.kind.code(),
            finding.url,
            finding.expected,
            finding.found,
            finding.kind.what_to_do()
        ));
    }
    if report.findings_left_off > 0 {
        let more = count(report.findings_left_off);
        text.line(format!(
            "{more} more findings are left off: verify a smaller range."
        ));
    }
    text.line(match report.findings.is_empty() {
        true => "Nothing is wrong.",
        false if report.digests.is_empty() => "The table is not whole.",
        false => "The table, or the raw logs, are not whole.",
    });
    text
}
