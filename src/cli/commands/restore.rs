//! The command `restore`.

use crate::cli::error::usage;
use crate::cli::exit::Exit;
use crate::cli::groups::range::DeliveryArgs;
use crate::cli::groups::resources::ResourceArgs;
use crate::cli::groups::s3::{DestArgs, OutArgs, S3Args};
use crate::cli::log::LogArgs;
use crate::cli::numbers::{count, size};
use crate::cli::output::{ResultArgs, lines};
use crate::cli::progress::TermMonitor;
use crate::cli::text::Text;
use clap::Args;
use cloudtrail2parquet::restore::{self, RestoreOptions, Restored, Target};
use cloudtrail2parquet::table::Needle;
use serde_json::{Value, json};
use std::sync::Arc;
use tracing::{info, warn};

/// What stands for standard output.
const STANDARD_OUTPUT: &str = "-";

/// Arguments of `restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The table's place: s3://BUCKET/PREFIX or a folder
    dest: String,
    /// Where the logs go: s3://BUCKET/PREFIX or a folder; `-` prints one record a line
    out: String,
    /// Only the record with this eventID; may be repeated
    #[arg(long, value_name = "ID")]
    where_event_id: Vec<String>,
    /// Only records of this access key; may be repeated
    #[arg(long, value_name = "KEY")]
    where_access_key: Vec<String>,
    /// Only records with this sourceIPAddress; may be repeated
    #[arg(long, value_name = "IP")]
    where_ip: Vec<String>,
    /// Restore the records, too, that could not become rows
    #[arg(long, conflicts_with_all = ["where_event_id", "where_access_key", "where_ip"])]
    rejects: bool,
    /// Threads and memory
    #[command(flatten)]
    resources: ResourceArgs,
    /// The form of the result
    #[command(flatten)]
    result: ResultArgs,
    /// What was delivered when, of which lanes
    #[command(flatten)]
    range: DeliveryArgs,
    /// How to reach S3
    #[command(flatten)]
    s3: S3Args,
    /// How to read the table
    #[command(flatten)]
    dest_s3: DestArgs,
    /// How to write the logs
    #[command(flatten)]
    out_s3: OutArgs,
}

pub(crate) async fn run(args: &RestoreArgs, log: &LogArgs) -> anyhow::Result<Exit> {
    let options = args.options()?;
    let destination = args.dest_s3.open(&args.dest, &args.s3).await?;
    let is_printed = args.out == STANDARD_OUTPUT;
    if is_printed && args.result.json {
        return Err(usage(
            "standard output has the records: --json needs another OUT",
        ));
    }
    let target = match is_printed {
        true => Target::Lines(lines()),
        false => {
            let out = args.out_s3.open(&args.out, &args.s3).await?;
            if out.url("").starts_with(&destination.url("")) {
                return Err(usage("OUT is in the table's place: name another"));
            }
            Target::Logs(out)
        }
    };
    let monitor = Arc::new(TermMonitor::new(log));
    let restored = restore::restore(destination, target, options, monitor.clone()).await;
    monitor.finish();
    let restored = restored?;
    match is_printed {
        true => info!("{} records", count(restored.records + restored.rejects)),
        false => args
            .result
            .print(|| Ok(document(&restored)), || text(&restored))?,
    }
    if restored.open_claims > 0 {
        let lanes = count(restored.open_claims);
        warn!("{lanes} lanes have an open claim, which is not restored: run convert first");
    }
    Ok(match restored.failures + restored.open_claims {
        0 => Exit::Done,
        _ => Exit::KeptAside,
    })
}

impl RestoreArgs {
    fn options(&self) -> anyhow::Result<RestoreOptions> {
        let sought = [
            ("eventid", &self.where_event_id),
            ("useridentity_accesskeyid", &self.where_access_key),
            ("sourceipaddress", &self.where_ip),
        ];
        let sought = sought.into_iter().filter(|(_, values)| !values.is_empty());
        let needles = sought.map(|(column, values)| Needle {
            column,
            values: values.iter().cloned().collect(),
        });
        Ok(RestoreOptions {
            scope: self.range.scope()?,
            needles: needles.collect(),
            rejects: self.rejects,
            threads: self.resources.threads(),
            memory: self.resources.memory(),
        })
    }
}

fn document(restored: &Restored) -> Value {
    json!({
        "records": restored.records,
        "rejects": restored.rejects,
        "files": restored.files,
        "bytes": restored.bytes,
        "standing_files": restored.standing_files,
        "failures": restored.failures,
        "open_claims": restored.open_claims,
    })
}

fn text(restored: &Restored) -> Text {
    let mut text = Text::default();
    text.field("records", count(restored.records));
    if restored.rejects > 0 {
        text.field("rejects", count(restored.rejects));
    }
    let (files, bytes) = (count(restored.files), size(restored.bytes));
    text.field("written", format!("{files} files of {bytes}"));
    if restored.standing_files > 0 {
        let standing = count(restored.standing_files);
        text.line(format!(
            "{standing} files were there already, with the same records."
        ));
    }
    if restored.failures > 0 {
        let failures = count(restored.failures);
        text.line(format!(
            "{failures} parts of the table could not be read: see the log."
        ));
    }
    text
}
