//! Progress: a bar on a terminal, log lines elsewhere.

use super::log::LogArgs;
use super::numbers::{count, size};
use cloudtrail2parquet::monitor::{Monitor, Problem, Progress};
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tracing::{debug, info, warn};

/// How often a run without a terminal says how far it is.
const LOG_EVERY: Duration = Duration::from_secs(30);

/// Objects are listed as they are asked for. What is left is known, and can be told in time,
/// once none has been found for so long.
const FOUND_ALL_AFTER: Duration = Duration::from_secs(10);

/// Problems that are kept for the result; a run can have millions.
const PROBLEMS: usize = 1_000;

/// What a run told that is kept aside, left or lost.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    pub(crate) first: Vec<Problem>,
    pub(crate) left_off: u64,
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
    problems: Problems,
    /// When an object was found last.
    found: Instant,
    logged: Instant,
}

impl TermMonitor {
    /// A bar, where progress is shown.
    pub(crate) fn new(log: &LogArgs) -> Self {
        let target = if log.shows_progress() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {bytes_per_sec} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            bar,
            state: Mutex::new(State::new(Instant::now())),
        }
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// What was told so far.
    pub(crate) fn take_problems(&self) -> Problems {
        mem::take(&mut self.state().problems)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, progress: &Progress) {
        self.bar.suspend(|| match progress {
            Progress::Problem(what) => warn!("{what}"),
            Progress::Note(what) => info!("{what}"),
            Progress::LanesFound(lanes) => debug!("{} lanes found", count(*lanes)),
            Progress::LaneDone(lane) => debug!("{lane} is done"),
            Progress::Done {
                objects,
                bytes,
                rows,
            } => debug!(
                "{} files of {} went through: {} rows",
                count(*objects),
                size(*bytes),
                count(*rows)
            ),
            _ => {}
        });
    }
}

impl Monitor for TermMonitor {
    fn report(&self, progress: Progress) {
        self.tell(&progress);
        let now = Instant::now();
        let mut state = self.state();
        state.add(&progress, now);
        self.bar.set_length(state.bytes);
        self.bar.set_position(state.bytes_done);
        let message = state.message(now, self.bar.eta());
        if self.bar.is_hidden() && now.duration_since(state.logged) >= LOG_EVERY {
            state.logged = now;
            info!("{message}");
        }
        self.bar.set_message(message);
    }
}

impl State {
    fn new(now: Instant) -> Self {
        Self {
            lanes: 0,
            lanes_done: 0,
            objects: 0,
            objects_done: 0,
            bytes: 0,
            bytes_done: 0,
            rows: 0,
            problems: Problems::default(),
            found: now,
            logged: now,
        }
    }

    fn add(&mut self, progress: &Progress, now: Instant) {
        match progress {
            Progress::LanesFound(lanes) => {
                self.lanes += lanes;
                self.found = now;
            }
            Progress::LaneDone(_) => self.lanes_done += 1,
            Progress::Pending { objects, bytes } => {
                self.objects += objects;
                self.bytes += bytes;
                self.found = now;
            }
            Progress::Done {
                objects,
                bytes,
                rows,
            } => {
                self.objects_done += objects;
                self.bytes_done += bytes;
                self.rows += rows;
            }
            Progress::Problem(_) if self.problems.first.len() == PROBLEMS => {
                self.problems.left_off += 1;
            }
            Progress::Problem(problem) => self.problems.first.push(problem.clone()),
            _ => {}
        }
    }

    /// How far the run is, and, once all objects are found, how long it will take.
    fn message(&self, now: Instant, eta: Duration) -> String {
        let message = format!(
            "{} of {} found, {}/{} files, {} rows, {}/{} lanes",
            size(self.bytes_done),
            size(self.bytes),
            count(self.objects_done),
            count(self.objects),
            count(self.rows),
            count(self.lanes_done),
            count(self.lanes)
        );
        let found_all = now.duration_since(self.found) >= FOUND_ALL_AFTER;
        match found_all && (1..self.bytes).contains(&self.bytes_done) {
            true => format!("{message}, {} left", HumanDuration(eta)),
            false => message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_told_only_once_no_more_objects_are_found() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let pending = Progress::Pending {
            objects: 2,
            bytes: 2 << 20,
        };
        let done = Progress::Done {
            objects: 1,
            bytes: 1 << 20,
            rows: 5,
        };
        let mut state = State::new(start);
        state.add(&Progress::LanesFound(3), at(0));
        state.add(&pending, at(60));
        let eta = Duration::from_secs(30);
        assert!(
            !state.message(at(80), eta).contains("left"),
            "nothing is done"
        );
        state.add(&done, at(61));
        assert_eq!(
            state.message(at(62), eta),
            "1.00 MiB of 2.00 MiB found, 1/2 files, 5 rows, 0/3 lanes"
        );
        let told = state.message(at(70), eta);
        assert!(told.ends_with("lanes, 30 seconds left"), "{told}");
        state.add(&pending, at(71));
        assert!(!state.message(at(72), eta).contains("left"));
    }
}
