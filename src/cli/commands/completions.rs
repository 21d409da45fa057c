//! The command `completions`.

use crate::cli::output::print_own;
use clap::Args;
use clap_complete::Shell;

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs, program: &mut clap::Command) -> anyhow::Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, program, env!("CARGO_PKG_NAME"), &mut text);
    print_own(&String::from_utf8_lossy(&text))
}
