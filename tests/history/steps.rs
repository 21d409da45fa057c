//! Random histories: what happens, how it is drawn, how it is played.

use super::oracle::{check, check_complete};
use super::raw::{DAYS, Form, LANES, Place, Record};
use super::snapshot::{Cache, Snapshot};
use super::worker::{Call, Planned, State, Worker};
use super::world::{AMPLE, Spec, TINY, World};
use cloudtrail2parquet::convert::{ConvertError, Summary};
use cloudtrail2parquet::ledger::Outcome;
use cloudtrail2parquet::store::ErrorKind;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::collections::BTreeSet;
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
    /// From now on some object cannot be reached, or can be again.
    Obstruct {
        which: u8,
        how: Option<ErrorKind>,
    },
    /// A run, to its end.
    Run(Spec),
    /// A run that sleeps after so many store calls.
    Start(Spec, u8),
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

/// Any history of up to `length` steps.
pub(crate) fn histories(length: usize) -> impl Strategy<Value = History> {
    (
        prop::bool::weighted(0.15),
        vec(step(), 1..length),
        any::<bool>(),
    )
        .prop_map(|(keep_duplicates, steps, wake)| History {
            keep_duplicates,
            steps,
            wake,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let how = prop_oneof![
        Just(None),
        Just(Some(ErrorKind::Denied)),
        Just(Some(ErrorKind::Transient))
    ];
    prop_oneof![
        10 => (place(), records(), form()).prop_map(|(place, records, form)| Step::Deliver { place, records, form }),
        2 => (any::<u8>(), records(), form()).prop_map(|(which, records, form)| Step::Replace { which, records, form }),
        1 => any::<u8>().prop_map(|which| Step::Remove { which }),
        2 => (any::<u8>(), how).prop_map(|(which, how)| Step::Obstruct { which, how }),
        3 => spec().prop_map(Step::Run),
        6 => (spec(), 10u8..120).prop_map(|(spec, calls)| Step::Start(spec, calls)),
        4 => (any::<u8>(), 1u8..40).prop_map(|(which, calls)| Step::Resume { which, calls }),
        2 => any::<u8>().prop_map(|which| Step::Finish { which }),
        1 => any::<u8>().prop_map(|which| Step::Stop { which }),
        2 => any::<u8>().prop_map(|which| Step::Kill { which }),
        1 => Just(Step::GiveUp),
    ]
}

fn place() -> impl Strategy<Value = Place> {
    let lane = || few(LANES.len() as u8);
    prop_oneof![
        8 => (lane(), few(3), prop::bool::weighted(0.2), 0..DAYS.len() as u8)
            .prop_map(|(lane, tree, insight, day)| Place::Lane { lane, tree, insight, day }),
        1 => lane().prop_map(|lane| Place::Stray { lane }),
        2 => Just(Place::Dump),
    ]
}

/// Mostly the first, so that much meets there.
fn few(count: u8) -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(0), 1 => 0..count]
}

fn records() -> impl Strategy<Value = Vec<Record>> {
    vec(record(), 0..5)
}

fn record() -> impl Strategy<Value = Record> {
    let id =
        prop_oneof![4 => (0u8..2).prop_map(Some), 2 => (2u8..5).prop_map(Some), 1 => Just(None)];
    let lane = || few(LANES.len() as u8);
    prop_oneof![
        12 => (id, 0u8..4, lane(), 0u8..9)
            .prop_map(|(id, variant, lane, spelling)| Record::Event { id, variant, lane, spelling }),
        1 => lane().prop_map(|lane| Record::Timeless { lane }),
        1 => (0u8..3).prop_map(Record::Number),
    ]
}

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![8 => Just(Form::Delivered), 2 => Just(Form::Lines), 1 => Just(Form::Truncated), 1 => Just(Form::Garbage)]
}

fn spec() -> impl Strategy<Value = Spec> {
    let memory = prop_oneof![1 => Just(AMPLE), 1 => Just(6_000), 2 => Just(TINY)];
    let shard = prop_oneof![4 => Just((1, 1)), 1 => Just((1, 2)), 1 => Just((2, 2))];
    let days = option::weighted(
        0.3,
        prop_oneof![
            Just((DAYS[0], DAYS[1])),
            Just((DAYS[2], DAYS[3])),
            Just((DAYS[1], DAYS[2])),
            Just((DAYS[3], DAYS[3])),
        ],
    );
    let account = option::weighted(0.1, Just(LANES[2].0));
    let call = prop_oneof![
        1 => Just(Call::PutLost), 1 => Just(Call::AnswerLost), 3 => Just(Call::PutRetried), 1 => Just(Call::ReadFails),
        2 => Just(Call::RawDenied), 2 => Just(Call::RawThrottled),
    ];
    let planned = (call, 0u8..12).prop_map(|(call, nth)| Planned { call, nth });
    (memory, shard, days, account, vec(planned, 0..3)).prop_map(
        |(memory, shard, days, account, planned)| Spec {
            memory,
            shard,
            days,
            account,
            planned,
        },
    )
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
            Step::Obstruct { which, how } => {
                if let Some(key) = self.key(*which) {
                    self.world.obstruct(&key, *how);
                }
            }
            Step::Run(spec) => {
                let mut worker = self.world.start(spec);
                judge(worker.finish()?, &worker)?;
            }
            Step::Start(spec, calls) => {
                let worker = self.world.start(spec);
                self.sleepers.push(worker);
                self.go(self.sleepers.len() - 1, usize::from(*calls))?;
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
            usize::MAX => State::Ended(worker.finish()?),
            calls => worker.go(calls),
        };
        if let State::Ended(result) = state {
            let worker = self.sleepers.remove(at);
            judge(result, &worker)?;
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
            for object in &claim.objects {
                let key = object
                    .address
                    .trim_start_matches(&self.world.address(""))
                    .to_owned();
                let is_there = self.world.present.get(&key) == Some(&object.etag)
                    && !self.world.unreachable.lock().unwrap().contains_key(&key);
                if matches!(object.outcome, Outcome::Read { .. }) && !is_there {
                    gone.insert(key);
                }
            }
        }
        let any = !gone.is_empty();
        if any {
            let mut worker = self.world.start_giving_up(&Spec::all(), gone);
            judge(worker.finish()?, &worker)?;
        }
        Ok(any)
    }

    fn end(&mut self, wake: bool) -> Result<(), String> {
        while wake && !self.sleepers.is_empty() {
            self.go(0, usize::MAX)?;
            self.check()?;
        }
        self.sleepers.clear();
        self.settle()?;
        self.run_twice()?;
        // What was out of reach comes back.
        self.world.clear();
        self.settle()?;
        let summary = self.run_twice()?;
        if summary.unfinished_lanes > 0 {
            return Err(format!("a lane stays unfinished: {summary:?}"));
        }
        let snapshot = self.check()?;
        check_complete(&self.world, &snapshot)?;
        let unreadable = self
            .world
            .present
            .keys()
            .filter_map(|key| self.world.version(key));
        let unreadable = unreadable
            .filter(|version| !version.form.is_readable())
            .count() as u64;
        if summary.unread_objects != unreadable {
            return Err(format!("{unreadable} objects cannot be read: {summary:?}"));
        }
        Ok(())
    }

    /// Runs, giving up what is gone for good, until no open claim needs what is gone.
    fn settle(&mut self) -> Result<(), String> {
        for _ in 0..20 {
            let mut worker = self.world.start(&Spec::all());
            judge(worker.finish()?, &worker)?;
            self.check()?;
            if !self.give_up()? {
                return Ok(());
            }
            self.check()?;
        }
        Err("objects have to be given up without end".into())
    }

    /// A run after a run writes nothing.
    fn run_twice(&mut self) -> Result<Summary, String> {
        let mut worker = self.world.start(&Spec::all());
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

/// A run fails only if a fault was injected that may end a run.
fn judge(
    result: Result<Summary, ConvertError>,
    worker: &Worker,
) -> Result<Option<Summary>, String> {
    match result {
        Ok(summary) => Ok(Some(summary)),
        Err(_) if worker.may_fail() => Ok(None),
        Err(error) => Err(format!("a run failed: {error}")),
    }
}
