//! Progress on a terminal, log lines elsewhere; the only user of indicatif.

use super::args::{LogFormat, OutputArgs};
use cloudtrail2parquet::monitor::{Monitor, Progress};
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tracing::{info, warn};
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

/// How often a run without a terminal says how far it is.
const LOG_EVERY: Duration = Duration::from_secs(30);

/// Sets up log lines on standard error.
pub(crate) fn init_logging(output: &OutputArgs) {
    let level = if output.quiet { "warn" } else { "info" };
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("error,cloudtrail2parquet={level}")));
    let lines = fmt::layer().with_writer(stderr).with_target(false);
    let registry = tracing_subscriber::registry().with(filter);
    match output.log_format {
        LogFormat::Json => registry.with(lines.json()).init(),
        LogFormat::Text => registry
            .with(lines.without_time().with_ansi(stderr().is_terminal()))
            .init(),
    }
}

/// Shows what a run tells.
pub(crate) struct TermMonitor {
    bar: ProgressBar,
    state: Mutex<State>,
}

struct State {
    lanes: u64,
    lanes_done: u64,
    objects: u64,
    objects_done: u64,
    bytes: u64,
    bytes_done: u64,
    rows: u64,
    logged: Instant,
}

impl TermMonitor {
    /// A bar on a terminal, unless the output is to be quiet or is read by a program.
    pub(crate) fn new(output: &OutputArgs) -> Self {
        let shown = stderr().is_terminal() && !output.quiet && output.log_format == LogFormat::Text;
        let target = if shown {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let template = "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {msg} ETA {eta}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        let state = State {
            lanes: 0,
            lanes_done: 0,
            objects: 0,
            objects_done: 0,
            bytes: 0,
            bytes_done: 0,
            rows: 0,
            logged: Instant::now(),
        };
        Self {
            bar,
            state: Mutex::new(state),
        }
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Monitor for TermMonitor {
    fn report(&self, progress: Progress) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Progress::LanesFound(lanes) => state.lanes += lanes,
            Progress::LaneDone(_) => state.lanes_done += 1,
            Progress::Pending { objects, bytes } => {
                state.objects += objects;
                state.bytes += bytes;
                self.bar.set_length(state.bytes);
            }
            Progress::Done {
                objects,
                bytes,
                rows,
            } => {
                state.objects_done += objects;
                state.bytes_done += bytes;
                state.rows += rows;
                self.bar.set_position(state.bytes_done);
            }
            Progress::Problem(what) => self.bar.suspend(|| warn!("{what}")),
            Progress::Note(what) => self.bar.suspend(|| info!("{what}")),
            _ => {}
        }
        let message = format!(
            "{}/{} files, {} rows, {}/{} lanes",
            HumanCount(state.objects_done),
            HumanCount(state.objects),
            HumanCount(state.rows),
            state.lanes_done,
            state.lanes
        );
        if self.bar.is_hidden() && state.logged.elapsed() >= LOG_EVERY {
            state.logged = Instant::now();
            info!("{message}");
        }
        self.bar.set_message(message);
    }
}
