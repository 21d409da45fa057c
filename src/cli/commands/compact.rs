//! The command `compact`.

use crate::cli::exit::Exit;
use crate::cli::groups::upkeep::{ReplaceArgs, ended};
use crate::cli::log::LogArgs;
use crate::cli::numbers::parse_size;
use clap::Args;
use cloudtrail2parquet::upkeep::compact;

/// Arguments of `compact`.
#[derive(Debug, Args)]
pub(crate) struct CompactArgs {
    /// What `rewrite` has too
    #[command(flatten)]
    replace: ReplaceArgs,
    /// Size of a merged file, about; a third of the memory if that is less
    #[arg(long, value_name = "BYTES", default_value = "256MB", value_parser = parse_size)]
    target_size: u64,
}

pub(crate) async fn run(args: &CompactArgs, log: &LogArgs) -> anyhow::Result<Exit> {
    let (destination, options) = args.replace.asked(args.target_size).await?;
    let run = |monitor, stop| compact(destination, options, monitor, stop);
    let (upkeep, exit) = ended(log, run).await?;
    args.replace
        .print(upkeep.as_ref(), ["to merge", "merged"])?;
    Ok(exit)
}
