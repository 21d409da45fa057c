//! Log lines on standard error.

use super::printable;
use super::run_id::run_id;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::fmt::{self as std_fmt, Debug};
use std::io::{IsTerminal, stderr};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer, debug_fn};
use tracing_subscriber::fmt::{self, FmtContext};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, prelude::*};

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
    /// One JSON object a line: timestamp, level, run and message; lane, claim, code, key and
    /// next_step where they apply
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
        let text = fmt::layer()
            .with_target(false)
            .with_writer(stderr)
            .with_ansi(terminal && !plain)
            .fmt_fields(printable_fields());
        match (self.log_format, terminal) {
            (LogFormat::Json, _) => registry
                .with(fmt::layer().event_format(JsonLines).with_writer(stderr))
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

/// Fields of this program's own lines that are for programs: the message says the same.
const FOR_PROGRAMS: [&str; 7] = [
    "lane",
    "claim",
    "code",
    "key",
    "next_step",
    "objects",
    "rows",
];

/// The message of a line and others' fields, each printable.
fn printable_fields() -> impl for<'w> FormatFields<'w> + 'static {
    let field = |out: &mut Writer<'_>, field: &Field, value: &dyn Debug| {
        let value = format!("{value:?}");
        match field.name() {
            "message" => write!(out, "{}", printable::line(&value)),
            name if FOR_PROGRAMS.contains(&name) => Ok(()),
            name => write!(out, " {name}={}", printable::line(&value)),
        }
    };
    debug_fn(field)
}

/// Lines that are JSON objects.
struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'l> LookupSpan<'l>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> std_fmt::Result {
        let mut line = Line(Map::new());
        line.set("timestamp", Timestamp::now().to_string());
        line.set("level", event.metadata().level().to_string());
        line.set("run", run_id());
        event.record(&mut line);
        let line = Value::Object(line.0).to_string();
        writeln!(out, "{}", printable::json(&line))
    }
}

/// The members of one line.
struct Line(Map<String, Value>);

impl Line {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field.name(), format!("{value:?}"));
    }
}
