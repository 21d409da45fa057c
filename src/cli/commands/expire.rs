//! The command `expire`.

use crate::cli::exit::Exit;
use crate::cli::groups::range::LaneArgs;
use crate::cli::groups::s3::{DestWriteArgs, S3Args};
use crate::cli::groups::upkeep::{document, ended, text};
use crate::cli::log::LogArgs;
use crate::cli::output::ResultArgs;
use clap::Args;
use cloudtrail2parquet::upkeep::{ExpireOptions, expire};
use jiff::civil::Date;

/// Arguments of `expire`.
#[derive(Debug, Args)]
pub(crate) struct ExpireArgs {
    /// The table's place: s3://BUCKET/PREFIX or a folder
    dest: String,
    /// Remove the partitions of earlier dates than this, as YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    before: Date,
    /// Print what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// The form of the result
    #[command(flatten)]
    result: ResultArgs,
    /// Which lanes
    #[command(flatten)]
    lanes: LaneArgs,
    /// How to reach S3
    #[command(flatten)]
    s3: S3Args,
    /// How to write the destination
    #[command(flatten)]
    dest_s3: DestWriteArgs,
}

pub(crate) async fn run(args: &ExpireArgs, log: &LogArgs) -> anyhow::Result<Exit> {
    let destination = args.dest_s3.open(&args.dest, &args.s3).await?;
    let options = ExpireOptions {
        before: args.before,
        lanes: args.lanes.lanes(),
        dry_run: args.dry_run,
    };
    let run = |monitor, stop| expire(destination, options, monitor, stop);
    let (upkeep, exit) = ended(log, run).await?;
    let Some(upkeep) = upkeep else {
        return Ok(exit);
    };
    let verb = match args.dry_run {
        true => "to remove",
        false => "removed",
    };
    args.result
        .print(|| Ok(document(&upkeep)), || text(&upkeep, verb))?;
    Ok(exit)
}
