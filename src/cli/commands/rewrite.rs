//! The command `rewrite`.

use crate::cli::exit::Exit;
use crate::cli::groups::columns::SchemaArgs;
use crate::cli::groups::range::EventArgs;
use crate::cli::groups::s3::{DestWriteArgs, S3Args};
use crate::cli::groups::upkeep::{document, ended, text};
use crate::cli::limits;
use crate::cli::log::LogArgs;
use crate::cli::numbers::parse_size;
use crate::cli::output::ResultArgs;
use clap::Args;
use cloudtrail2parquet::scope::Shard;
use cloudtrail2parquet::table::{Compression, EncodeOptions};
use cloudtrail2parquet::upkeep::{CompactOptions, TARGET_BYTES, rewrite};
use std::sync::Arc;

/// Arguments of `rewrite`.
#[derive(Debug, Args)]
pub(crate) struct RewriteArgs {
    /// The table's place: s3://BUCKET/PREFIX or a folder
    dest: String,
    /// Print what would be rewritten, and rewrite nothing
    #[arg(long)]
    dry_run: bool,
    /// Further flattened columns
    #[command(flatten)]
    columns: SchemaArgs,
    /// How Parquet is compressed: snappy, zstd, gzip or none
    #[arg(long, value_name = "CODEC", default_value = "snappy")]
    compression: Compression,
    /// Threads that decode and encode [default: the cores of the machine or container]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Memory for the files under way [default: half of the machine's or container's, 2 GiB at most]
    #[arg(long, value_name = "BYTES", value_parser = parse_size)]
    memory: Option<u64>,
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

pub(crate) async fn run(args: &RewriteArgs, log: &LogArgs) -> anyhow::Result<Exit> {
    let destination = args.dest_s3.open(&args.dest, &args.s3).await?;
    let options = CompactOptions {
        schema: Arc::new(args.columns.schema()?),
        encode: EncodeOptions {
            compression: args.compression,
        },
        lanes: args.range.lanes(),
        shard: args.shard.clone().unwrap_or(Shard::ALL),
        dates: args.range.dates()?,
        target_bytes: TARGET_BYTES,
        dry_run: args.dry_run,
        threads: args.threads.map_or_else(limits::threads, usize::from),
        memory: args.memory.unwrap_or_else(limits::upkeep_memory),
    };
    let run = |monitor, stop| rewrite(destination, options, monitor, stop);
    let (upkeep, exit) = ended(log, run).await?;
    let Some(upkeep) = upkeep else {
        return Ok(exit);
    };
    let verb = match args.dry_run {
        true => "to rewrite",
        false => "rewritten",
    };
    args.result
        .print(|| Ok(document(&upkeep)), || text(&upkeep, verb))?;
    Ok(exit)
}
