//! A verification while others work on the table.

use crate::support::{World, event, key, records, wait};
use cloudtrail2parquet::monitor::Silent;
use cloudtrail2parquet::scope::Scope;
use cloudtrail2parquet::store::{Fault, Gate, Op};
use cloudtrail2parquet::verify::{FindingKind, Level, Report, VerifyOptions, verify};
use futures::FutureExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

/// Two settled files in each of two partitions.
fn settled() -> World {
    let world = World::default();
    for (name, ids) in [("one", ["a", "b"]), ("two", ["c", "a"])] {
        let of_days = [event(ids[0], 1), event(ids[1], 2)];
        world.raw.replace(&key(2, name), records(&of_days));
        world.convert();
    }
    world.table.advance(Duration::from_secs(25 * 60 * 60));
    world
}

/// Verifies; something happens before a call, whose number is given. None if there are fewer.
fn verified(
    world: &World,
    call: usize,
    happens: impl Fn() + Send + Sync + 'static,
) -> Option<Report> {
    let made = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&made);
    let gate: Gate = Arc::new(move |_: &Op| {
        if counter.fetch_add(1, SeqCst) == call {
            happens();
        }
        std::future::ready(Fault::None).boxed()
    });
    let options = VerifyOptions {
        level: Level::Raw,
        scope: Scope::default(),
        threads: 2,
        memory: 64 << 20,
        digests: None,
    };
    let table = world.table.store().with_gate(gate);
    let verifying = verify(Some(world.raw.store()), table, options, Arc::new(Silent));
    let report = wait(verifying).unwrap();
    (made.load(SeqCst) > call).then_some(report)
}

/// Lets another thread work, and waits for it.
fn elsewhere(work: impl FnOnce() + Send) {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap());
}

#[test]
fn nothing_is_missing_or_foreign_that_was_merged_while_it_was_looked_for() {
    for call in 0.. {
        let world = settled();
        let merging = world.clone();
        let merge = move || elsewhere(|| assert!(merging.compact().files > 1));
        let Some(report) = verified(&world, call, merge) else {
            assert!(call > 20, "{call} calls");
            return;
        };
        assert_eq!(report.findings, [], "merged before call {call}");
        assert_eq!(report.raw_records, 4, "merged before call {call}");
    }
}

#[test]
fn a_file_that_goes_while_others_work_is_found_all_the_same() {
    let world = settled();
    let working = world.clone();
    let happens = move || {
        working.table.remove(&working.keys(".parquet")[0]);
        let late = records(&[event("late", 1)]);
        working.raw.replace(&key(2, "late"), late);
        elsewhere(|| working.convert());
    };
    let report = verified(&world, 3, happens).unwrap();
    let kinds: Vec<_> = report.findings.iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, [FindingKind::MissingFile]);
}
