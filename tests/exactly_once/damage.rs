//! A ledger or a table that somebody else has changed.

use crate::history::raw::{Form, Record, lane};
use crate::history::world::{Spec, World};
use crate::support::{asleep_after, checked, event, in_lane, is_claim, rows, run};
use cloudtrail2parquet::convert::{Summary, convert};
use cloudtrail2parquet::failure::Failure;
use cloudtrail2parquet::monitor::Silent;
use cloudtrail2parquet::store::{ErrorKind, Fault, Gate, OpKind};
use futures::FutureExt as _;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Two lanes, of which the first has two claims in two months.
fn table() -> World {
    let mut world = World::default();
    world.deliver(
        in_lane(0, 1),
        vec![event(0, 0), event(1, 0)],
        Form::Delivered,
    );
    run(&world, &Spec::all());
    world.deliver(in_lane(0, 2), vec![event(2, 0)], Form::Delivered);
    world.deliver(in_lane(2, 1), vec![event(0, 0)], Form::Delivered);
    run(&world, &Spec::all());
    world
}

/// Delivers news to both lanes and runs: the second goes on, the first must wait.
fn waits(world: &mut World, because: &str) -> Summary {
    world.deliver(
        in_lane(0, 2),
        vec![event(1, 0), event(3, 0)],
        Form::Delivered,
    );
    world.deliver(in_lane(2, 2), vec![event(3, 0)], Form::Delivered);
    let before = of_first_lane(world);
    let mut worker = world.start(&Spec::all());
    let summary = worker.finish().unwrap().unwrap();
    let problems = worker.problem_texts();
    assert_eq!(summary.waiting_lanes, 1, "{problems}");
    assert!(summary.has_failures());
    assert!(problems.contains(because), "{problems}");
    assert_eq!(of_first_lane(world), before, "nothing is written there");
    assert_eq!(summary.rows, 1, "the other lane goes on");
    summary
}

fn of_first_lane(world: &World) -> Vec<String> {
    let keys = world.table.keys().into_iter();
    keys.filter(|key| key.contains("111111111111")).collect()
}

fn remove(world: &World, is: impl Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
    let mut removed = Vec::new();
    for key in world.table.keys().into_iter().filter(|key| is(key)) {
        let body = futures::executor::block_on(world.table.store().get(&key)).unwrap();
        removed.push((key.clone(), body.to_vec()));
        world.table.remove(&key);
    }
    assert!(!removed.is_empty());
    removed
}

#[test]
fn a_table_whose_ledger_has_gone_is_not_touched() {
    let world = table();
    let removed = remove(&world, |key| key.starts_with("_ledger/"));
    let before = world.table.keys();
    let error = world.start(&Spec::all()).finish().unwrap().unwrap_err();
    assert!(matches!(error, Failure::Ledger(_)), "{error}");
    assert!(error.to_string().contains("_ledger/ is gone"), "{error}");
    assert_eq!(world.table.keys(), before);
    for (key, body) in removed {
        world.table.replace(&key, body);
    }
    run(&world, &Spec::all());
    assert_eq!(rows(&world), 4);
}

#[test]
fn a_lane_whose_ledger_has_gone_waits() {
    let mut world = table();
    remove(&world, |key| key.starts_with("_ledger/111111111111/"));
    waits(&mut world, "_ledger/111111111111/us-east-1/ is gone");
}

#[test]
fn a_lane_whose_log_has_gone_waits() {
    let mut world = table();
    remove(&world, |key| {
        key.starts_with("_ledger/111111111111/us-east-1/log/")
    });
    waits(&mut world, "log/000000000002 is gone");
}

#[test]
fn a_lane_whose_first_claim_has_gone_waits_when_it_is_missed() {
    let mut world = table();
    remove(&world, |key| key.ends_with("us-east-1/log/000000000002"));
    waits(&mut world, "is gone");
}

#[test]
fn a_lane_whose_receipts_of_a_month_have_gone_waits_before_its_rows_are_doubled() {
    let mut world = table();
    remove(&world, |key| {
        key.starts_with("_ledger/111111111111/us-east-1/2024-05/")
    });
    waits(&mut world, "2024-05/000000000001.20240531-20240531 is gone");
}

#[test]
fn a_receipt_that_has_gone_is_missed_also_by_a_run_that_first_finished_an_open_claim() {
    let mut world = World::default();
    let without_id = Record::Event {
        id: None,
        variant: 0,
        lane: 0,
        spelling: 0,
    };
    world.deliver(in_lane(0, 1), vec![without_id], Form::Delivered);
    run(&world, &Spec::all());
    world.deliver(in_lane(0, 1), vec![event(1, 0)], Form::Delivered);
    drop(asleep_after(&world, &Spec::all(), is_claim));
    let removed = remove(&world, |key| key.contains("/2024-05/000000000001."));
    let summary = world.start(&Spec::all()).finish().unwrap().unwrap();
    assert_eq!(summary.waiting_lanes, 1);
    for (key, body) in removed {
        world.table.replace(&key, body);
    }
    run(&world, &Spec::all());
    assert_eq!(rows(&world), 2);
}

#[test]
fn something_in_the_ledger_that_is_no_document_makes_its_lane_wait() {
    for name in [
        "log/notes.txt",
        "log/18446744073709551615",
        "2024-06/README",
        "2024-06/000000000009.20240701-20240702",
    ] {
        let mut world = table();
        let key = format!("_ledger/111111111111/us-east-1/{name}");
        world.table.replace(&key, "x");
        waits(&mut world, "is no document of the ledger");
    }
}

#[test]
fn a_log_with_a_number_far_ahead_makes_its_lane_wait() {
    let mut world = table();
    let key = "_ledger/111111111111/us-east-1/log/999999999999";
    world.table.replace(key, "{}");
    waits(&mut world, "log/000000000003 is gone");
}

#[test]
fn a_document_that_does_not_parse_makes_its_lane_wait() {
    let mut world = table();
    let receipts = |key: &str| key.starts_with("_ledger/111111111111/us-east-1/2024-06/");
    for (key, body) in remove(&world, receipts) {
        world.table.replace(&key, body[..body.len() / 2].to_vec());
    }
    waits(&mut world, "is damaged");
}

#[test]
fn a_file_of_another_program_in_a_partition_makes_its_lane_wait() {
    let mut world = table();
    let folder = "account=111111111111/region=us-east-1/date=2024-05-31";
    world
        .table
        .replace(&format!("{folder}/part-0000.parquet"), "x");
    waits(&mut world, "was not written by this program");
}

#[test]
fn a_file_of_a_claim_that_nobody_made_makes_its_lane_wait() {
    let mut world = table();
    let folder = "account=111111111111/region=us-east-1/date=2024-05-31";
    let name = "000000000007-000000-235959-00000000deadbeef.parquet";
    world.table.replace(&format!("{folder}/{name}"), "x");
    waits(&mut world, "log/000000000007 is gone");
}

#[test]
fn a_damaged_file_in_a_look_up_makes_its_lane_wait() {
    for damage in 0..40 {
        let mut world = table();
        let is_first =
            |key: &str| key.starts_with("account=111111111111") && key.contains("/000000000001-");
        for (key, mut body) in remove(&world, is_first) {
            match damage {
                0 => body.truncate(20),
                _ => {
                    let at = body.len() - damage * body.len() / 41;
                    let end = (at + 16).min(body.len());
                    body[at..end].fill(0xff);
                }
            }
            world.table.replace(&key, body);
        }
        world.deliver(in_lane(0, 2), vec![event(1, 0)], Form::Delivered);
        let mut worker = world.start(&Spec::all());
        // Damage beside the values that are looked at goes unseen; none ends the run.
        worker.finish().unwrap().unwrap();
    }
}

#[test]
fn what_is_restored_goes_on_where_it_was() {
    let mut world = table();
    let removed = remove(&world, |key| key.starts_with("_ledger/111111111111/"));
    waits(&mut world, "is gone");
    for (key, body) in removed {
        world.table.replace(&key, body);
    }
    assert_eq!(run(&world, &Spec::all()).waiting_lanes, 0);
    assert_eq!(checked(&world).claims[&lane(0)].len(), 3);
}

#[test]
fn rejects_whose_receipt_has_gone_are_not_kept_twice() {
    let mut world = World::default();
    world.deliver(
        in_lane(0, 1),
        vec![Record::Timeless { lane: 0 }],
        Form::Delivered,
    );
    run(&world, &Spec::all());
    world.deliver(in_lane(0, 2), vec![event(2, 0)], Form::Delivered);
    run(&world, &Spec::all());
    remove(&world, |key| key.contains("us-east-1/2024-05/"));
    let summary = run(&world, &Spec::all());
    assert_eq!((summary.waiting_lanes, summary.rejects), (1, 0));
    let rejects = |key: &String| key.starts_with("_rejects/");
    assert_eq!(world.table.keys().into_iter().filter(rejects).count(), 1);
}

#[test]
fn a_file_of_the_table_that_may_not_be_read_makes_its_lane_wait_and_not_the_run() {
    for kind in [ErrorKind::Denied, ErrorKind::Archived, ErrorKind::NotFound] {
        let mut world = table();
        world.deliver(in_lane(0, 2), vec![event(1, 0)], Form::Delivered);
        world.deliver(in_lane(2, 2), vec![event(3, 0)], Form::Delivered);
        let gate: Gate = Arc::new(move |op| {
            let is_it = op.kind != OpKind::Put
                && op.key.starts_with("account=111111111111")
                && op.key.ends_with(".parquet");
            let fault = if is_it {
                Fault::Before(kind)
            } else {
                Fault::None
            };
            async move { fault }.boxed()
        });
        let run = convert(
            world.raw.store(),
            world.table.store().with_gate(gate),
            world.options(&Spec::all(), BTreeSet::new()),
            Arc::new(Silent),
            CancellationToken::new(),
        );
        let summary = run.now_or_never().unwrap().unwrap();
        assert_eq!((summary.waiting_lanes, summary.rows), (1, 1), "{kind:?}");
    }
}
