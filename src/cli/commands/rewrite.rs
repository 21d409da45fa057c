//! The command `rewrite`.

use crate::cli::exit::Exit;
use crate::cli::groups::upkeep::{ReplaceArgs, ended};
use crate::cli::log::LogArgs;
use clap::Args;
use cloudtrail2parquet::upkeep::{TARGET_BYTES, rewrite};

/// Arguments of `rewrite`.
#[derive(Debug, Args)]
pub(crate) struct RewriteArgs {
    /// What `compact` has too
    #[command(flatten)]
    replace: ReplaceArgs,
}

pub(crate) async fn run(args: &RewriteArgs, log: &LogArgs) -> anyhow::Result<Exit> {
    let (destination, options) = args.replace.asked(TARGET_BYTES).await?;
    let run = |monitor, stop| rewrite(destination, options, monitor, stop);
    let (upkeep, exit) = ended(log, run).await?;
    args.replace
        .print(upkeep.as_ref(), ["to rewrite", "rewritten"])?;
    Ok(exit)
}
