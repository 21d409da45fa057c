//! The hidden command `man`, by which a release gets its manual pages.

use clap::Args;
use std::fs;
use std::path::PathBuf;

/// Arguments of `man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The folder to write a page for each command into
    folder: PathBuf,
}

pub(crate) fn run(args: &ManArgs, program: clap::Command) -> anyhow::Result<()> {
    fs::create_dir_all(&args.folder)?;
    clap_mangen::generate_to(program, &args.folder)?;
    Ok(())
}
