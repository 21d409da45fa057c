//! Log lines on standard error.

use super::printable;
use clap::{Args, ValueEnum};
use std::fmt::Debug;
use std::io::{self, IsTerminal, Write, stderr};
use tracing::field::Field;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{FormatFields, Writer, debug_fn};
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

/// How to talk.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// Show neither progress nor notes, only problems
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Show each step too
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// The form of log lines
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORM",
        default_value = "text"
    )]
    pub(crate) log_format: LogFormat,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people; with the time, unless it is a terminal that shows them
    Text,
    /// One JSON object a line
    Json,
}

impl LogArgs {
    /// Sets up log lines.
    pub(crate) fn init(&self) {
        let level = match (self.quiet, self.verbose) {
            (true, _) => "warn",
            (_, true) => "debug",
            _ => "info",
        };
        let filter = EnvFilter::try_from_default_env()
            .unwrap_or_else(|_| EnvFilter::new(format!("error,cloudtrail2parquet={level}")));
        let registry = tracing_subscriber::registry().with(filter);
        let terminal = stderr().is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty());
        let lines = fmt::layer().with_target(false);
        let text = fmt::layer()
            .with_target(false)
            .with_writer(stderr)
            .with_ansi(terminal && !plain)
            .fmt_fields(printable_fields());
        match (self.log_format, terminal) {
            (LogFormat::Json, _) => registry
                .with(lines.json().with_writer(|| PrintableJson(stderr())))
                .init(),
            (LogFormat::Text, true) => registry.with(text.without_time()).init(),
            (LogFormat::Text, false) => registry.with(text).init(),
        }
        std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
    }

    /// Whether to draw progress: on a terminal, unless the output is to be quiet or is read
    /// by a program.
    pub(crate) fn shows_progress(&self) -> bool {
        stderr().is_terminal() && !self.quiet && self.log_format == LogFormat::Text
    }
}

/// The message of a line and its fields, each printable.
fn printable_fields() -> impl for<'w> FormatFields<'w> + 'static {
    let field = |out: &mut Writer<'_>, field: &Field, value: &dyn Debug| {
        let value = format!("{value:?}");
        match field.name() {
            "message" => write!(out, "{}", printable::line(&value)),
            name => write!(out, "{name}={}", printable::line(&value)),
        }
    };
    debug_fn(field).delimited(" ")
}

/// A writer of lines that are JSON objects, one a call.
struct PrintableJson<W>(W);

impl<W: Write> Write for PrintableJson<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0
            .write_all(printable::json(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
