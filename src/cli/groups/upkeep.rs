//! What commands that replace files have in common: what they are asked, how they end, and what they say.

use super::codec::codec;
use super::columns::SchemaArgs;
use super::range::EventArgs;
use super::resources::ResourceArgs;
use super::s3::{DestWriteArgs, S3Args};
use crate::cli::exit::Exit;
use crate::cli::log::LogArgs;
use crate::cli::numbers::{count, size};
use crate::cli::output::ResultArgs;
use crate::cli::progress::TermMonitor;
use crate::cli::stop::Stop;
use crate::cli::text::Text;
use clap::Args;
use cloudtrail2parquet::failure::Failure;
use cloudtrail2parquet::monitor::Monitor;
use cloudtrail2parquet::scope::Shard;
use cloudtrail2parquet::store::Store;
use cloudtrail2parquet::table::{Compression, EncodeOptions};
use cloudtrail2parquet::upkeep::{CompactOptions, Upkeep};
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// Arguments of commands that make one file of several.
#[derive(Debug, Args)]
pub(crate) struct ReplaceArgs {
    /// The table's place: s3://BUCKET/PREFIX or a folder
    dest: String,
    /// Print what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Further flattened columns: `compact` takes their order, and keeps those of the files in any case
    #[command(flatten)]
    columns: SchemaArgs,
    /// How Parquet is compressed
    #[arg(long, value_name = "CODEC", value_parser = codec(), default_value = "snappy")]
    compression: Compression,
    /// Threads and memory
    #[command(flatten)]
    resources: ResourceArgs,
    /// The form of the result
    #[command(flatten)]
    result: ResultArgs,
    /// Which partitions
    #[command(flatten)]
    range: EventArgs,
    /// Only part K of N of the lanes, K from 1
    #[arg(long, value_name = "K/N", help_heading = "Range")]
    shard: Option<Shard>,
    /// How to reach S3
    #[command(flatten)]
    s3: S3Args,
    /// How to write the destination
    #[command(flatten)]
    dest_s3: DestWriteArgs,
}

impl ReplaceArgs {
    /// The table's place, and what is asked of it.
    pub(crate) async fn asked(&self, target_bytes: u64) -> anyhow::Result<(Store, CompactOptions)> {
        let destination = self.dest_s3.open(&self.dest, &self.s3).await?;
        let options = CompactOptions {
            schema: Arc::new(self.columns.schema()?),
            encode: EncodeOptions {
                compression: self.compression,
            },
            lanes: self.range.lanes(),
            shard: self.shard.clone().unwrap_or(Shard::ALL),
            dates: self.range.dates()?,
            target_bytes,
            dry_run: self.dry_run,
            threads: self.resources.threads(),
            memory: self.resources.upkeep_memory(),
        };
        Ok((destination, options))
    }

    /// Prints what came of it; of the words the first is that of a dry run.
    pub(crate) fn print(
        &self,
        upkeep: Option<&Upkeep>,
        [planned, done]: [&str; 2],
    ) -> anyhow::Result<()> {
        let Some(upkeep) = upkeep else {
            return Ok(());
        };
        let verb = match self.dry_run {
            true => planned,
            false => done,
        };
        self.result
            .print(|| Ok(document(upkeep)), || text(upkeep, verb))
    }
}

/// Runs upkeep to its end, if need be after a signal; nothing is left to say where that cut it off.
pub(crate) async fn ended<F: Future<Output = Result<Upkeep, Failure>>>(
    log: &LogArgs,
    run: impl FnOnce(Arc<dyn Monitor>, CancellationToken) -> F,
) -> anyhow::Result<(Option<Upkeep>, Exit)> {
    let monitor = Arc::new(TermMonitor::new(log));
    let (stop, received) = (CancellationToken::new(), OnceLock::new());
    let told: Arc<dyn Monitor> = monitor.clone();
    let ended = tokio::select! {
        upkeep = run(told, stop.clone()) => Ok(upkeep),
        exit = Stop::new()?.enforce(&stop, &received) => Err(exit),
    };
    monitor.finish();
    match ended {
        Ok(upkeep) => {
            let upkeep = upkeep?;
            let exit = match received.get() {
                Some(exit) => *exit,
                None if upkeep.waiting > 0 => Exit::KeptAside,
                None => Exit::Done,
            };
            Ok((Some(upkeep), exit))
        }
        Err(exit) => {
            warn!("ended before all claims were finished; the next run finishes them");
            Ok((None, exit))
        }
    }
}

/// The result as JSON.
pub(crate) fn document(upkeep: &Upkeep) -> Value {
    json!(upkeep)
}

/// The result as text; `verb` says what became of the files.
pub(crate) fn text(upkeep: &Upkeep, verb: &str) -> Text {
    let mut text = Text::default();
    text.field("lanes", count(upkeep.lanes));
    fields(&mut text, upkeep, verb);
    if upkeep.replaced_files == 0 {
        text.line("Nothing to do: nothing was written.");
    }
    text
}

/// The result as fields of a text.
pub(crate) fn fields(text: &mut Text, upkeep: &Upkeep, verb: &str) {
    let (files, bytes) = (count(upkeep.replaced_files), size(upkeep.replaced_bytes));
    let partitions = count(upkeep.partitions);
    text.field(
        verb,
        format!("{files} files of {bytes} in {partitions} partitions"),
    );
    text.field("rows", count(upkeep.rows));
    if upkeep.files > 0 {
        let files = count(upkeep.files);
        text.field(
            "into",
            match upkeep.bytes {
                0 => format!("{files} files"),
                bytes => format!("{files} files of {}", size(bytes)),
            },
        );
    }
    if upkeep.finished_claims > 0 {
        let claims = count(upkeep.finished_claims);
        text.line(format!("{claims} claims of earlier runs were finished."));
    }
    if upkeep.young_files > 0 {
        let young = count(upkeep.young_files);
        text.line(format!(
            "{young} files are left for now: they are younger than a day."
        ));
    }
    if upkeep.waiting > 0 {
        let waiting = count(upkeep.waiting);
        text.line(format!(
            "In {waiting} places nothing could be done: see the log."
        ));
    }
}
