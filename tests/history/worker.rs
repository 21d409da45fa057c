//! A run that sleeps, resumes, or is killed between any two of its store calls.

use cloudtrail2parquet::convert::{ConvertOptions, Summary, convert};
use cloudtrail2parquet::failure::Failure;
use cloudtrail2parquet::monitor::{Monitor, Problem, Progress};
use cloudtrail2parquet::store::{ErrorKind, Fault, Gate, Memory, Op, OpKind, Store};
use cloudtrail2parquet::upkeep::Upkeep;
use futures::future::{FutureExt as _, LocalBoxFuture, TryFutureExt as _};
use futures::task::{ArcWake, waker};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Permits that no run uses up.
const PLENTY: usize = 10_000_000;

/// Addresses of raw objects that cannot be read at the moment.
pub(crate) type Unreachable = Arc<Mutex<BTreeMap<String, ErrorKind>>>;

/// A fault of a worker's own: the `nth` call of a kind fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    pub(crate) call: Call,
    pub(crate) nth: u8,
}

/// A kind of call, and how it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// A put does not arrive.
    PutLost,
    /// A put arrives, its answer does not.
    AnswerLost,
    /// A put arrives, its answer does not, and it is tried again unseen.
    PutRetried,
    /// Something of the table or the ledger cannot be read.
    ReadFails,
    /// A raw object is denied.
    RawDenied,
    /// A raw object is out of reach.
    RawThrottled,
}

/// Which of a worker's two stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Raw,
    Table,
}

#[derive(Default)]
struct Log {
    calls: Vec<(Side, Op)>,
    counts: BTreeMap<(bool, bool), u8>,
    failed: bool,
    told: Vec<Progress>,
}

/// What a worker's gates and monitor share.
struct Shared {
    permits: Semaphore,
    planned: Vec<Planned>,
    unreachable: Unreachable,
    log: Mutex<Log>,
    /// Calls that wait for a permit.
    waiting: Mutex<BTreeMap<u64, Op>>,
}

impl Shared {
    fn waits(&self, op: &Op) -> u64 {
        let mut waiting = self.waiting.lock().unwrap();
        let number = waiting.last_key_value().map_or(0, |(last, _)| last + 1);
        waiting.insert(number, op.clone());
        number
    }

    fn fault(&self, side: Side, op: &Op) -> Fault {
        let mut log = self.log.lock().unwrap();
        log.calls.push((side, op.clone()));
        let is_put = matches!(op.kind, OpKind::Put | OpKind::Remove);
        if side == Side::Raw && op.kind != OpKind::Get {
            return Fault::None;
        }
        let count = log.counts.entry((side == Side::Raw, is_put)).or_default();
        let nth = *count;
        *count = count.saturating_add(1);
        if side == Side::Raw
            && let Some(kind) = self.unreachable.lock().unwrap().get(&op.url)
        {
            return Fault::Before(*kind);
        }
        for planned in self.planned.iter().filter(|planned| planned.nth == nth) {
            let fault = match (planned.call, side, is_put) {
                (Call::PutLost, Side::Table, true) => Fault::Before(ErrorKind::Transient),
                (Call::AnswerLost, Side::Table, true) => Fault::After(ErrorKind::Transient),
                (Call::PutRetried, Side::Table, true) => Fault::Twice,
                (Call::ReadFails, Side::Table, false) => Fault::Before(ErrorKind::Transient),
                (Call::RawDenied, Side::Raw, _) => Fault::Before(ErrorKind::Denied),
                (Call::RawThrottled, Side::Raw, _) => Fault::Before(ErrorKind::Transient),
                _ => continue,
            };
            log.failed |= side == Side::Table && fault != Fault::Twice;
            return fault;
        }
        Fault::None
    }
}

impl Monitor for Shared {
    fn report(&self, progress: Progress) {
        self.log.lock().unwrap().told.push(progress);
    }
}

struct Woken(AtomicBool);

impl ArcWake for Woken {
    fn wake_by_ref(arc: &Arc<Self>) {
        arc.0.store(true, SeqCst);
    }
}

/// How a worker stands.
#[derive(Debug)]
pub(crate) enum State {
    /// It waits for permits.
    Asleep,
    /// Its run is over.
    Ended(Box<Result<Summary, Failure>>),
}

type Run = LocalBoxFuture<'static, Result<Summary, Failure>>;

type Tidying = LocalBoxFuture<'static, Result<Upkeep, Failure>>;

/// A run under way.
pub(crate) struct Worker {
    run: Run,
    woken: Arc<Woken>,
    shared: Arc<Shared>,
    destination: Store,
    stop: CancellationToken,
}

impl Worker {
    /// A run that has not begun.
    pub(crate) fn new(
        raw: &Memory,
        table: &Memory,
        options: ConvertOptions,
        planned: &[Planned],
        unreachable: &Unreachable,
    ) -> Self {
        let shared = Arc::new(Shared {
            permits: Semaphore::new(0),
            planned: planned.to_vec(),
            unreachable: Arc::clone(unreachable),
            log: Mutex::default(),
            waiting: Mutex::default(),
        });
        let source = raw.store().with_gate(gate(Side::Raw, &shared));
        let begin = |destination, monitor, stop| {
            convert(source, destination, options, monitor, stop).boxed_local()
        };
        Self::begin(table, shared, begin)
    }

    /// Upkeep that has not begun; its summary has the lanes that wait.
    pub(crate) fn upkeep(
        table: &Memory,
        planned: &[Planned],
        begin: impl FnOnce(Store, Arc<dyn Monitor>, CancellationToken) -> Tidying,
    ) -> Self {
        let shared = Arc::new(Shared {
            permits: Semaphore::new(0),
            planned: planned.to_vec(),
            unreachable: Unreachable::default(),
            log: Mutex::default(),
            waiting: Mutex::default(),
        });
        let begin = |destination, monitor, stop| {
            let summed = begin(destination, monitor, stop).map_ok(|upkeep| Summary {
                waiting_lanes: upkeep.waiting,
                files: upkeep.files,
                ..Summary::default()
            });
            summed.boxed_local()
        };
        Self::begin(table, shared, begin)
    }

    fn begin(
        table: &Memory,
        shared: Arc<Shared>,
        begin: impl FnOnce(Store, Arc<dyn Monitor>, CancellationToken) -> Run,
    ) -> Self {
        let destination = table.store().with_gate(gate(Side::Table, &shared));
        let monitor: Arc<dyn Monitor> = Arc::clone(&shared) as _;
        let stop = CancellationToken::new();
        Self {
            run: begin(destination.clone(), monitor, stop.clone()),
            woken: Arc::new(Woken(AtomicBool::new(true))),
            shared,
            destination,
            stop,
        }
    }

    /// Lets it make so many more store calls.
    pub(crate) fn go(&mut self, calls: usize) -> State {
        self.shared.permits.add_permits(calls);
        let waker = waker(Arc::clone(&self.woken));
        let mut context = Context::from_waker(&waker);
        while self.woken.0.swap(false, SeqCst) {
            if let Poll::Ready(result) = self.run.poll_unpin(&mut context) {
                return State::Ended(Box::new(result));
            }
        }
        State::Asleep
    }

    /// Lets it run to its end, which must come.
    pub(crate) fn finish(&mut self) -> Result<Result<Summary, Failure>, String> {
        match self.go(PLENTY) {
            State::Ended(result) => Ok(*result),
            State::Asleep => Err("the run waits for something that never comes".into()),
        }
    }

    /// Lets it run until the call that `is` tells is next; false if the run ended before.
    pub(crate) fn go_until(&mut self, is: impl Fn(Side, &Op) -> bool) -> bool {
        loop {
            let before = self.calls().len();
            let state = self.go(1);
            let calls = self.calls();
            if calls[before..].iter().any(|(side, op)| is(*side, op)) {
                return true;
            }
            if matches!(state, State::Ended(_)) {
                return false;
            }
        }
    }

    /// Asks it to stop.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    /// The calls made so far, in order.
    pub(crate) fn calls(&self) -> Vec<(Side, Op)> {
        self.shared.log.lock().unwrap().calls.clone()
    }

    /// Whether a fault was injected that may end a run.
    pub(crate) fn may_fail(&self) -> bool {
        self.shared.log.lock().unwrap().failed
    }

    /// What it told as problems, in words.
    pub(crate) fn problem_texts(&self) -> String {
        let problems = self.problems().into_iter();
        let texts: Vec<String> = problems.map(|problem| problem.to_string()).collect();
        texts.join("\n")
    }

    /// What it told, in order.
    pub(crate) fn told(&self) -> Vec<Progress> {
        self.shared.log.lock().unwrap().told.clone()
    }

    /// What it told as problems.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let problem = |told| match told {
            Progress::Problem(problem) => Some(problem),
            _ => None,
        };
        self.told().into_iter().filter_map(problem).collect()
    }

    /// Whether it sleeps in the middle of putting a file of the table.
    pub(crate) fn is_putting(&self) -> bool {
        let waiting = self.shared.waiting.lock().unwrap();
        let is_file = |op: &Op| op.kind == OpKind::Put && op.key.ends_with(".parquet");
        waiting.values().any(is_file)
    }

    /// Bytes that it wrote; refused puts write none.
    pub(crate) fn written_bytes(&self) -> u64 {
        self.destination.calls().written_bytes
    }

    /// Puts that it tried.
    pub(crate) fn puts(&self) -> u64 {
        self.destination.calls().puts
    }
}

fn gate(side: Side, shared: &Arc<Shared>) -> Gate {
    let shared = Arc::clone(shared);
    Arc::new(move |op| {
        let (shared, op) = (Arc::clone(&shared), op.clone());
        async move {
            let number = shared.waits(&op);
            shared.permits.acquire().await.unwrap().forget();
            shared.waiting.lock().unwrap().remove(&number);
            shared.fault(side, &op)
        }
        .boxed()
    })
}
