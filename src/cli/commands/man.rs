//! The hidden command `man`, by which a release gets its manual pages.

use crate::cli::{EXAMPLES, EXIT_CODES};
use clap::Args;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

/// Arguments of `man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The folder to write a page for each command into
    folder: PathBuf,
}

pub(crate) fn run(args: &ManArgs, program: clap::Command) -> anyhow::Result<()> {
    fs::create_dir_all(&args.folder)?;
    // What help ends with would be one section, named EXTRA, whose lines are filled.
    let program = program.after_help(None::<&'static str>);
    clap_mangen::generate_to(program, &args.folder)?;
    let page = args.folder.join(concat!(env!("CARGO_PKG_NAME"), ".1"));
    let mut page = fs::OpenOptions::new().append(true).open(page)?;
    page.write_all(section("EXAMPLES", EXAMPLES).as_bytes())?;
    page.write_all(section("EXIT STATUS", EXIT_CODES).as_bytes())?;
    Ok(())
}

/// A section whose lines stay as they are.
fn section(name: &str, lines: &str) -> String {
    let lines = lines.replace('\\', "\\e").replace('-', "\\-");
    format!(".SH {name}\n.nf\n{lines}\n.fi\n")
}
