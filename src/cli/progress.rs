//! Progress: a bar on a terminal, log lines elsewhere.

use super::aside::problem_line;
use super::log::LogArgs;
use super::numbers::{count, size};
use cloudtrail2parquet::lane::Lane;
use cloudtrail2parquet::monitor::{Monitor, Problem, Progress};
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeSet;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tracing::{debug, info, warn};

/// How often a run without a terminal says how far it is.
const LOG_EVERY: Duration = Duration::from_secs(30);

/// How long a run has to have worked before its pace tells how long it will take.
const PACE_AFTER: Duration = Duration::from_secs(5);

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
    /// Lanes of which it is known what is to be done.
    listed: BTreeSet<Lane>,
    /// Whether there are objects of no lane of which that is not known yet.
    has_unlisted: bool,
    objects: u64,
    objects_done: u64,
    bytes: u64,
    bytes_done: u64,
    rows: u64,
    problems: Problems,
    began: Instant,
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
            Progress::Problem(problem) => tell_problem(problem),
            Progress::Note(what) => info!("{what}"),
            Progress::LanesFound(lanes) => debug!("{} lanes found", count(*lanes)),
            Progress::UnplacedFound(objects) if *objects > 0 => {
                debug!(objects, "{} files found outside of lanes", count(*objects));
            }
            Progress::LaneListed(lane) => debug!(%lane, "{lane} is listed"),
            Progress::LaneDone(lane) => debug!(%lane, "{lane} is done"),
            Progress::Claimed { lane, claim, rows } => {
                debug!(%lane, claim, rows, "{claim} claims {} rows", count(*rows));
            }
            Progress::Committed {
                lane,
                claim,
                rows,
                by_another: true,
                ..
            } => info!(%lane, claim, rows, "finished the open claim {claim}"),
            Progress::Committed {
                lane,
                claim,
                rows,
                files,
                ..
            } => debug!(%lane, claim, rows, "{claim} is committed: {} files", count(*files)),
            Progress::Done {
                objects,
                bytes,
                rows,
            } => debug!(
                objects,
                rows,
                "{} files of {} went through: {} rows",
                count(*objects),
                size(*bytes),
                count(*rows)
            ),
            _ => {}
        });
    }
}

fn tell_problem(problem: &Problem) {
    let (lane, key, step) = (problem.lane(), problem.about(), problem.next_step());
    warn!(
        lane = lane.map(tracing::field::display),
        claim = problem.claim(),
        code = problem.code(),
        key,
        next_step = step,
        "{}",
        problem_line(problem)
    );
}

impl Monitor for TermMonitor {
    fn report(&self, progress: Progress) {
        self.tell(&progress);
        let now = Instant::now();
        let mut state = self.state();
        state.add(&progress);
        let is_hidden = self.bar.is_hidden();
        if is_hidden && now.duration_since(state.logged) < LOG_EVERY {
            return;
        }
        self.bar.set_length(state.bytes);
        self.bar.set_position(state.bytes_done);
        let message = state.message(now, self.bar.eta());
        if is_hidden {
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
            listed: BTreeSet::new(),
            has_unlisted: false,
            objects: 0,
            objects_done: 0,
            bytes: 0,
            bytes_done: 0,
            rows: 0,
            problems: Problems::default(),
            began: now,
            logged: now,
        }
    }

    fn add(&mut self, progress: &Progress) {
        match progress {
            Progress::LanesFound(lanes) => self.lanes += lanes,
            Progress::UnplacedFound(objects) => self.has_unlisted = *objects > 0,
            Progress::UnplacedListed => self.has_unlisted = false,
            Progress::LaneListed(lane) => _ = self.listed.insert(lane.clone()),
            Progress::LaneDone(lane) => {
                self.lanes_done += 1;
                self.listed.insert(lane.clone());
            }
            Progress::Pending { objects, bytes } => {
                self.objects += objects;
                self.bytes += bytes;
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

    /// How far the run is, and, once all that is to be done is listed, how long it will take.
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
        let has_pace = now.duration_since(self.began) >= PACE_AFTER;
        match has_pace && self.is_listed() && (1..self.bytes).contains(&self.bytes_done) {
            true => format!("{message}, {} left", HumanDuration(eta)),
            false => message,
        }
    }

    /// Whether all that is to be done is known.
    fn is_listed(&self) -> bool {
        !self.has_unlisted && self.listed.len() as u64 >= self.lanes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(region: &str) -> Lane {
        Lane::parse("111122223333", region).unwrap()
    }

    fn half_done(state: &mut State) {
        state.add(&Progress::Pending {
            objects: 2,
            bytes: 2 << 20,
        });
        state.add(&Progress::Done {
            objects: 1,
            bytes: 1 << 20,
            rows: 5,
        });
    }

    #[test]
    fn the_time_left_is_told_only_once_every_lane_is_listed_and_there_is_a_pace() {
        let start = Instant::now();
        let told = |state: &State, seconds| {
            state.message(
                start + Duration::from_secs(seconds),
                Duration::from_secs(30),
            )
        };
        let mut state = State::new(start);
        state.add(&Progress::LanesFound(2));
        half_done(&mut state);
        state.add(&Progress::LaneListed(lane("eu-west-1")));
        assert_eq!(
            told(&state, 3_600),
            "1.00 MiB of 2.00 MiB found, 1/2 files, 5 rows, 0/2 lanes",
            "one lane is not listed, however long nothing has been found"
        );
        state.add(&Progress::LaneDone(lane("us-east-1")));
        assert!(!told(&state, 1).contains("left"), "one second is no pace");
        let told = told(&state, 10);
        assert!(told.ends_with("1/2 lanes, 30 seconds left"), "{told}");
    }

    #[test]
    fn no_time_left_is_told_while_files_of_no_lane_are_still_to_be_looked_at() {
        let start = Instant::now();
        let later = start + Duration::from_secs(60);
        let mut state = State::new(start);
        state.add(&Progress::UnplacedFound(3));
        half_done(&mut state);
        let eta = Duration::from_secs(30);
        assert!(!state.message(later, eta).contains("left"));
        state.add(&Progress::UnplacedListed);
        assert!(state.message(later, eta).ends_with("30 seconds left"));
    }
}
