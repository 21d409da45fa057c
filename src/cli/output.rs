//! The one way to standard output.

use super::printable;
use super::text::Text;
use clap::Args;
use serde_json::Value;
use std::io::{self, Write as _};

/// The form of a result.
#[derive(Debug, Args)]
pub(crate) struct ResultArgs {
    /// Print the result as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

impl ResultArgs {
    /// Prints one of the two.
    pub(crate) fn print(
        &self,
        json: impl FnOnce() -> serde_json::Result<Value>,
        text: impl FnOnce() -> Text,
    ) -> anyhow::Result<()> {
        match self.json {
            true => print_json(&json()?),
            false => print_text(&text()),
        }
    }
}

/// Prints a result for people.
pub(crate) fn print_text(text: &Text) -> anyhow::Result<()> {
    print_own(text.as_str())
}

/// Prints a result for programs.
pub(crate) fn print_json(document: &Value) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(document)? + "\n";
    print_own(&printable::json(&text))
}

/// Prints a document in one line, as log collectors take it.
pub(crate) fn print_json_line(document: &Value) -> anyhow::Result<()> {
    print_own(&printable::json(&format!("{document}\n")))
}

/// Prints text that has nothing of anyone else's in it, as it is.
pub(crate) fn print_own(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Standard output for lines that are others' own bytes.
pub(crate) fn lines() -> Box<dyn io::Write + Send> {
    Box::new(io::BufWriter::new(io::stdout()))
}

/// Whether the reader of standard output has gone, as `head` does: no failure.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
