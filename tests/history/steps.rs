//! Histories: what happens, and how it is played.

use super::chores::Chore;
use super::oracle::{check, check_complete};
use super::raw::{Form, Place, Record, UNWRAP};
use super::reports::check_reports;
use super::snapshot::{Cache, Snapshot};
use super::worker::{Planned, State, Worker};
use super::world::{Spec, TINY, World};
use cloudtrail2parquet::convert::Summary;
use cloudtrail2parquet::failure::Failure;
use cloudtrail2parquet::store::ErrorKind;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One thing that happens.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Deliver {
        place: Place,
        records: Vec<Record>,
        form: Form,
    },
    /// Another version of some object.
    Replace {
        which: u8,
        records: Vec<Record>,
        form: Form,
    },
    Remove {
        which: u8,
    },
    /// Some object gets a new version with the same bytes.
    Touch {
        which: u8,
    },
    /// Some object lies elsewhere from now on, or also there.
    Move {
        which: u8,
        stays: bool,
    },
    /// Some object's bytes are delivered again under another name.
    Copy {
        which: u8,
    },
    /// From now on some object cannot be reached, or can be again.
    Obstruct {
        which: u8,
        how: Option<ErrorKind>,
    },
    /// A run, to its end.
    Run(Spec),
    /// A run that sleeps after so many store calls.
    Start(Spec, u8),
    /// A run in small batches sleeps after so many calls, while another runs to its end.
    Overtaken(u8, Spec),
    /// Some sleeper makes so many more calls.
    Resume {
        which: u8,
        calls: u8,
    },
    /// Some sleeper makes all its calls.
    Finish {
        which: u8,
    },
    /// Some sleeper asked to stop makes all its calls.
    Stop {
        which: u8,
    },
    /// Some sleeper never wakes again.
    Kill {
        which: u8,
    },
    /// A run that gives up whatever open claims need and cannot have.
    GiveUp,
    /// Upkeep, to its end.
    Tidy(Chore, Vec<Planned>),
    /// Upkeep that sleeps after so many store calls.
    StartTidying(Chore, Vec<Planned>, u8),
    /// Upkeep sleeps after so many calls, while a run or other upkeep goes to its end.
    TidyOvertaken(Chore, u8, Box<Step>),
    /// A day passes: files are settled, and puts under way are over, whatever came of them.
    Day,
    /// A run while a document of the ledger is gone, or all of it.
    RunWithout(Option<u8>),
}

/// A history.
#[derive(Clone)]
pub(crate) struct History {
    pub(crate) keep_duplicates: bool,
    pub(crate) steps: Vec<Step>,
    /// Whether workers that still sleep at the end wake up again.
    pub(crate) wake: bool,
}

/// One line a step.
impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "keep_duplicates: {}, wake: {}",
            self.keep_duplicates, self.wake
        )?;
        for (number, step) in self.steps.iter().enumerate() {
            let line = format!("{step:?}");
            writeln!(f, "{number:3} {line}")?;
        }
        Ok(())
    }
}

struct Player {
    world: World,
    cache: Cache,
    sleepers: Vec<Worker>,
}

/// Plays a history; the error says after which step what was wrong.
pub(crate) fn play(history: &History) -> Result<(), String> {
    let world = World {
        keep_duplicates: history.keep_duplicates,
        ..World::default()
    };
    let mut player = Player {
        world,
        cache: Cache::default(),
        sleepers: Vec::new(),
    };
    for (number, step) in history.steps.iter().enumerate() {
        let checked = player.take(step).and_then(|()| player.check());
        checked.map_err(|what| format!("after step {number}: {what}"))?;
    }
    player
        .end(history.wake)
        .map_err(|what| format!("in the end: {what}"))
}

impl Player {
    fn take(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Deliver {
                place,
                records,
                form,
            } => {
                self.world.deliver(place.clone(), records.clone(), *form);
            }
            Step::Replace {
                which,
                records,
                form,
            } => {
                if let Some(key) = self.key(*which) {
                    self.world.replace(&key, records.clone(), *form);
                }
            }
            Step::Remove { which } => {
                if let Some(key) = self.key(*which) {
                    self.world.remove(&key);
                }
            }
            Step::Touch { which } => {
                if let Some(key) = self.key(*which) {
                    self.world.touch(&key);
                }
            }
            Step::Move { which, stays } => {
                if let Some(key) = self.key(*which) {
                    self.world.move_object(&key, *stays);
                }
            }
            Step::Copy { which } => {
                if let Some(key) = self.key(*which) {
                    self.world.copy(&key);
                }
            }
            Step::Obstruct { which, how } => {
                if let Some(key) = self.key(*which) {
                    self.world.obstruct(&key, *how);
                }
            }
            Step::Run(spec) => {
                let mut worker = self.world.start(spec);
                if let Some(summary) = judge(worker.finish()?, &worker)? {
                    let snapshot = self.check()?;
                    check_reports(&self.world, spec, &snapshot, &worker.problems(), &summary)?;
                }
            }
            Step::Start(spec, calls) => {
                let worker = self.world.start(spec);
                self.sleepers.push(worker);
                self.go(self.sleepers.len() - 1, usize::from(*calls))?;
            }
            Step::Overtaken(calls, other) => {
                let mut sleeper = self.world.start(&Spec::all().with_memory(TINY));
                let state = sleeper.go(usize::from(*calls));
                self.take(&Step::Run(other.clone()))?;
                if let State::Asleep = state {
                    self.check()?;
                    judge(sleeper.finish()?, &sleeper)?;
                }
            }
            Step::Resume { which, calls } => self.go_some(*which, usize::from(*calls))?,
            Step::Finish { which } => self.go_some(*which, usize::MAX)?,
            Step::Stop { which } => {
                if let Some(at) = self.sleeper(*which) {
                    self.sleepers[at].stop();
                    self.go(at, usize::MAX)?;
                }
            }
            Step::Kill { which } => {
                if let Some(at) = self.sleeper(*which) {
                    self.sleepers.remove(at);
                }
            }
            Step::GiveUp => {
                self.give_up()?;
            }
            Step::Tidy(chore, planned) => {
                let mut worker = self.world.chore(*chore, planned);
                judge(worker.finish()?, &worker)?;
            }
            Step::StartTidying(chore, planned, calls) => {
                let worker = self.world.chore(*chore, planned);
                self.sleepers.push(worker);
                self.go(self.sleepers.len() - 1, usize::from(*calls))?;
            }
            Step::TidyOvertaken(chore, calls, other) => {
                let mut sleeper = self.world.chore(*chore, &[]);
                let state = sleeper.go(usize::from(*calls));
                self.take(other)?;
                if let State::Asleep = state {
                    self.check()?;
                    judge(sleeper.finish()?, &sleeper)?;
                }
            }
            Step::Day => {
                self.sleepers.retain(|sleeper| !sleeper.is_putting());
                self.world.pass_a_day();
            }
            Step::RunWithout(which) => self.run_without(*which)?,
        }
        Ok(())
    }

    fn check(&mut self) -> Result<Snapshot, String> {
        check(&self.world, &mut self.cache)
    }

    fn key(&self, which: u8) -> Option<String> {
        let count = self.world.present.len().max(1);
        self.world
            .present
            .keys()
            .nth(usize::from(which) % count)
            .cloned()
    }

    fn sleeper(&self, which: u8) -> Option<usize> {
        (!self.sleepers.is_empty()).then(|| usize::from(which) % self.sleepers.len())
    }

    fn go_some(&mut self, which: u8, calls: usize) -> Result<(), String> {
        self.sleeper(which).map_or(Ok(()), |at| self.go(at, calls))
    }

    fn go(&mut self, at: usize, calls: usize) -> Result<(), String> {
        let worker = &mut self.sleepers[at];
        let state = match calls {
            usize::MAX => State::Ended(Box::new(worker.finish()?)),
            calls => worker.go(calls),
        };
        if let State::Ended(result) = state {
            let worker = self.sleepers.remove(at);
            judge(*result, &worker)?;
        }
        Ok(())
    }

    /// Gives up what open claims need and cannot have; true if there was something.
    fn give_up(&mut self) -> Result<bool, String> {
        let snapshot = self.check()?;
        let mut gone = BTreeSet::new();
        for (lane, claims) in &snapshot.claims {
            let Some((number, claim)) = claims.last_key_value() else {
                continue;
            };
            if snapshot
                .receipts
                .get(lane)
                .is_some_and(|receipts| receipts.contains_key(number))
            {
                continue;
            }
            for object in claim.objects() {
                let address = &object.address;
                let key = address.trim_start_matches(&self.world.address(""));
                let is_there = self.world.present.get(key) == Some(&object.etag)
                    && !self.world.unreachable.lock().unwrap().contains_key(address);
                if object.outcome.is_read() && !is_there {
                    gone.insert(address.clone());
                }
            }
        }
        let any = !gone.is_empty();
        if any {
            let mut worker = self.world.start_giving_up(&finding(), gone);
            judge(worker.finish()?, &worker)?;
        }
        Ok(any)
    }

    /// What is missed ends the run or makes lanes wait; what is not missed does no harm.
    fn run_without(&self, which: Option<u8>) -> Result<(), String> {
        let is_file = |key: &String| key.ends_with(".parquet");
        // A ledger that has nothing to show for itself begins anew.
        if which.is_none() && !self.world.table.keys().iter().any(is_file) {
            return Ok(());
        }
        let mut worker = self.world.start(&Spec::all());
        let ended = self.world.without(which, || worker.finish())??;
        match ended {
            Err(Failure::Ledger(_)) => Ok(()),
            Err(error) => Err(format!("a run failed: {error}")),
            Ok(_) if which.is_none() => Err("UNREPORTED: the ledger was gone".into()),
            Ok(_) => Ok(()),
        }
    }

    fn end(&mut self, wake: bool) -> Result<(), String> {
        while wake && !self.sleepers.is_empty() {
            self.go(0, usize::MAX)?;
            self.check()?;
        }
        self.sleepers.clear();
        self.settle()?;
        self.run_twice()?;
        self.world.pass_a_day();
        self.compact_twice()?;
        // What was out of reach comes back.
        self.world.clear();
        self.settle()?;
        let summary = self.run_twice()?;
        if summary.waiting_lanes > 0 {
            return Err(format!("a lane stays unfinished: {summary:?}"));
        }
        let snapshot = self.check()?;
        check_complete(&self.world, &snapshot)?;
        let present = self.world.present.iter().filter(|(key, etag)| {
            let version = self.world.version(key);
            let is_unread = version.is_some_and(|version| !version.form.is_readable(Some(UNWRAP)));
            is_unread
                && (snapshot.accepted(&self.world.address(key), etag))
                    .next()
                    .is_none()
        });
        let unreadable = present.count() as u64;
        if summary.unread_objects != unreadable {
            return Err(format!("{unreadable} objects cannot be read: {summary:?}"));
        }
        Ok(())
    }

    /// Runs, giving up what is gone for good, until no open claim needs what is gone.
    fn settle(&mut self) -> Result<(), String> {
        for _ in 0..20 {
            let mut worker = self.world.compacting();
            judge(worker.finish()?, &worker)?;
            let mut worker = self.world.start(&finding());
            judge(worker.finish()?, &worker)?;
            self.check()?;
            if !self.give_up()? {
                return Ok(());
            }
            self.check()?;
        }
        Err("objects have to be given up without end".into())
    }

    /// Everything becomes one file a partition, and a compaction after that writes nothing. Lanes
    /// that wait for a run stay.
    fn compact_twice(&mut self) -> Result<(), String> {
        let mut worker = self.world.compacting();
        judge(worker.finish()?, &worker)?.ok_or("a compaction without faults failed")?;
        let snapshot = self.check()?;
        let mut files: BTreeMap<String, u64> = BTreeMap::new();
        for file in &snapshot.files {
            let has_open_claim = snapshot.has_open_claim(&file.partition.lane);
            *files.entry(file.partition.path()).or_default() += u64::from(!has_open_claim);
        }
        if let Some((partition, files)) = files.iter().find(|(_, files)| **files > 1) {
            return Err(format!("{partition} has {files} files after a compaction"));
        }
        let mut worker = self.world.compacting();
        judge(worker.finish()?, &worker)?.ok_or("a compaction without faults failed")?;
        match worker.written_bytes() > 0 || worker.puts() != 1 {
            true => Err(format!(
                "a compaction that has nothing to do wrote: {:?}",
                worker.calls()
            )),
            false => Ok(()),
        }
    }

    /// A run after a run writes nothing.
    fn run_twice(&mut self) -> Result<Summary, String> {
        let mut worker = self.world.start(&finding());
        let summary = judge(worker.finish()?, &worker)?.ok_or("a run without faults failed")?;
        self.check()?;
        if worker.written_bytes() > 0 || worker.puts() != 1 {
            return Err(format!(
                "a run that has nothing to do wrote: {:?}",
                worker.calls()
            ));
        }
        Ok(summary)
    }
}

/// Everything, also what only a path finds.
fn finding() -> Spec {
    Spec {
        unwrap: Some(UNWRAP),
        ..Spec::all()
    }
}

/// A run fails only if a fault was injected that may end a run.
fn judge(result: Result<Summary, Failure>, worker: &Worker) -> Result<Option<Summary>, String> {
    match result {
        Ok(summary) => Ok(Some(summary)),
        Err(_) if worker.may_fail() => Ok(None),
        Err(error) => Err(format!("a run failed: {error}")),
    }
}
