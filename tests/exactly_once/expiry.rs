//! Partitions that are removed, by workers that are killed, and what later runs make of them.

use crate::history::raw::Form;
use crate::history::world::{Spec, World};
use crate::support::{event, in_lane, run};
use cloudtrail2parquet::monitor::Silent;
use cloudtrail2parquet::scope::Lanes;
use cloudtrail2parquet::store::{Fault, Gate, Op, Store};
use cloudtrail2parquet::upkeep::{ExpireOptions, Upkeep, expire};
use futures::FutureExt as _;
use futures::executor::block_on;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tokio_util::sync::CancellationToken;

/// Two lanes with events of 2024-05-30 and 2024-05-31, a day ago.
fn converted() -> World {
    let mut world = World::default();
    for lane in [0, 2] {
        world.deliver(
            in_lane(lane, 1),
            vec![event(0, 4), event(1, 5)],
            Form::Delivered,
        );
        run(&world, &Spec::all());
        world.deliver(in_lane(lane, 1), vec![event(0, 6)], Form::Delivered);
        run(&world, &Spec::all());
    }
    world.pass_a_day();
    world
}

fn files(world: &World, date: &str) -> usize {
    let keys = world.table.keys().into_iter();
    keys.filter(|key| key.contains(&format!("date={date}/")))
        .count()
}

/// Expires what is older than 2024-05-31; with fewer calls than it takes, it is killed there.
fn expired(world: &World, calls: usize) -> Option<Upkeep> {
    let options = ExpireOptions {
        before: "2024-05-31".parse().unwrap(),
        lanes: Lanes::default(),
        dry_run: false,
    };
    let left = Arc::new(AtomicUsize::new(calls));
    let gate: Gate = Arc::new(move |_: &Op| match left.load(SeqCst) {
        0 => futures::future::pending().boxed(),
        calls => {
            left.store(calls - 1, SeqCst);
            std::future::ready(Fault::None).boxed()
        }
    });
    let table: Store = world.table.store().with_gate(gate);
    let run = expire(table, options, Arc::new(Silent), CancellationToken::new());
    run.now_or_never().map(Result::unwrap)
}

#[test]
fn expired_partitions_are_gone_others_stay_and_no_run_brings_them_back() {
    let world = converted();
    assert_eq!(
        (files(&world, "2024-05-30"), files(&world, "2024-05-31")),
        (4, 2)
    );
    let upkeep = expired(&world, usize::MAX).unwrap();
    assert_eq!(
        (upkeep.partitions, upkeep.replaced_files, upkeep.rows),
        (2, 4, 4)
    );
    assert_eq!(
        (files(&world, "2024-05-30"), files(&world, "2024-05-31")),
        (0, 2)
    );
    let keys = world.table.keys();
    assert_eq!(run(&world, &Spec::all()).files, 0);
    assert_eq!(expired(&world, usize::MAX).unwrap().replaced_files, 0);
    assert_eq!(world.table.keys(), keys);
}

#[test]
fn a_late_record_of_an_expired_date_is_counted_and_only_revived_if_that_is_asked() {
    for revive in [false, true] {
        let mut world = converted();
        expired(&world, usize::MAX).unwrap();
        world.deliver(
            in_lane(0, 1),
            vec![event(0, 9), event(1, 9)],
            Form::Delivered,
        );
        let mut options = world.options(&Spec::all(), Default::default());
        options.revive = revive;
        let summary = world.start_with(options).finish().unwrap().unwrap();
        let (rows, left_out) = if revive { (2, 0) } else { (1, 1) };
        assert_eq!(
            (summary.rows, summary.expired, summary.records),
            (rows, left_out, 2)
        );
        assert_eq!(files(&world, "2024-05-30"), usize::from(revive));
    }
}

#[test]
fn an_expiry_killed_before_any_store_call_is_completed_by_the_next_and_conversions_wait() {
    for calls in 0.. {
        let mut world = converted();
        let ended = expired(&world, calls).is_some();
        world.deliver(in_lane(0, 1), vec![event(1, 9)], Form::Delivered);
        let mut worker = world.start(&Spec::all());
        let summary = worker.finish().unwrap().unwrap();
        if summary.waiting_lanes > 0 {
            let told = worker.problem_texts();
            assert!(told.contains("run `expire`"), "{told}");
        }
        expired(&world, usize::MAX).unwrap();
        run(&world, &Spec::all());
        let left = (files(&world, "2024-05-30"), files(&world, "2024-05-31"));
        assert_eq!(left, (0, 3), "killed after {calls} calls");
        let log = block_on(world.table.store().list("_ledger/", None)).unwrap();
        let count = |part: &str| log.iter().filter(|entry| entry.key.contains(part)).count();
        assert_eq!(
            count("/log/") * 2 + 1,
            log.len(),
            "each claim has its receipt"
        );
        if ended {
            break;
        }
    }
}
