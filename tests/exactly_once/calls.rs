//! What a run asks of its stores, and what of their answers.

use crate::history::raw::{Form, Record};
use crate::history::worker::{Call, Planned, Side};
use crate::history::world::{Spec, TINY, World};
use crate::support::{event, in_lane, respelled, run, varied};
use cloudtrail2parquet::convert::convert;
use cloudtrail2parquet::failure::Failure;
use cloudtrail2parquet::ledger::LedgerError;
use cloudtrail2parquet::monitor::Silent;
use cloudtrail2parquet::store::{Fault, Gate, Op, OpKind};
use futures::FutureExt as _;
use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

#[test]
fn a_second_run_writes_nothing() {
    let world = varied();
    let first = run(&world, &Spec::all());
    assert_eq!(
        (
            first.rows,
            first.duplicates,
            first.rejects,
            first.unread_objects
        ),
        (6, 2, 3, 1)
    );
    let mut second = world.start(&Spec::all());
    let summary = second.finish().unwrap().unwrap();
    assert_eq!((second.puts(), second.written_bytes()), (1, 0));
    assert_eq!(
        (
            summary.rows,
            summary.skipped_objects,
            summary.unread_objects
        ),
        (0, 4, 1)
    );
}

#[test]
fn a_table_in_the_source_itself_is_no_input() {
    let mut world = World::default();
    world.deliver(
        in_lane(0, 0),
        vec![event(0, 0), Record::Timeless { lane: 0 }],
        Form::Delivered,
    );
    world.table = world.raw.clone();
    let first = run(&world, &Spec::all());
    assert_eq!((first.rows, first.rejects), (1, 1));
    let again = run(&world, &Spec::all());
    assert_eq!((again.objects, again.rows, again.rejects), (0, 0, 0));
}

#[test]
fn a_store_that_takes_the_same_put_twice_is_refused_before_anything_is_claimed() {
    let mut world = World::default();
    world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    let table = world.table.clone();
    let forgetful: Gate = Arc::new(move |op| {
        if op.kind == OpKind::Put {
            table.remove(&op.key);
        }
        async { Fault::None }.boxed()
    });
    let (source, table) = (world.raw.store(), world.table.store().with_gate(forgetful));
    let options = world.options(&Spec::all(), BTreeSet::new());
    let run = convert(
        source,
        table,
        options,
        Arc::new(Silent),
        CancellationToken::new(),
    );
    let error = run.now_or_never().unwrap().unwrap_err();
    let refused = matches!(error, Failure::Ledger(LedgerError::NotExclusive { .. }));
    assert!(refused, "{error}");
    assert_eq!(world.table.keys(), ["_ledger/format-2"]);
}

#[test]
fn a_table_that_cannot_be_reached_is_not_said_to_be_damaged() {
    let mut world = World::default();
    world.deliver(in_lane(0, 1), vec![event(0, 0)], Form::Delivered);
    run(&world, &Spec::all());
    world.deliver(in_lane(0, 1), vec![respelled(0, 0)], Form::Delivered);
    let mut calls = world.start(&Spec::all());
    assert!(calls.go_until(|side, op| side == Side::Table && op.key.ends_with(".parquet")));
    let reads = |(side, op): &&(Side, Op)| *side == Side::Table && op.kind != OpKind::Put;
    let nth = calls.calls().iter().filter(reads).count() as u8 - 1;
    let planned = vec![Planned {
        call: Call::ReadFails,
        nth,
    }];
    let mut worker = world.start(&Spec {
        planned,
        ..Spec::all()
    });
    let error = worker.finish().unwrap().unwrap_err();
    assert!(matches!(error, Failure::Store(_)), "{error}");
}

#[test]
fn a_run_over_a_window_lists_that_windows_prefixes_and_receipts_only() {
    let mut world = World::default();
    for day in 0..4 {
        world.deliver(in_lane(0, day), vec![event(day, 0)], Form::Delivered);
        run(&world, &Spec::all());
    }
    let mut worker = world.start(&Spec {
        days: Some(("2024-06-02", "2024-06-02")),
        ..Spec::all()
    });
    worker.finish().unwrap().unwrap();
    let calls: Vec<String> = worker
        .calls()
        .into_iter()
        .map(|(side, op)| format!("{side:?} {:?} {}", op.kind, op.key))
        .collect();
    assert_eq!(
        calls,
        [
            "Table List _ledger/format",
            "Table Put _ledger/format-2",
            "Table List _ledger/",
            "Table List _ledger/111111111111/",
            "Raw List ",
            "Raw List AWSLogs/",
            "Raw List AWSLogs/111111111111/",
            "Raw List AWSLogs/111111111111/CloudTrail/",
            "Table List _ledger/111111111111/us-east-1/2024-06/",
            "Table List _ledger/111111111111/us-east-1/log/",
            "Raw List AWSLogs/111111111111/CloudTrail/us-east-1/",
            "Table List _ledger/111111111111/us-east-1/2024-06/",
            "Table Get _ledger/111111111111/us-east-1/2024-06/000000000004.20240602-20240602",
        ]
    );
}

#[test]
fn what_a_run_asks_for_in_a_lane_that_is_new() {
    // The ledger did not have it when the run began: what another worker has put since is refused
    // its claim.
    let world = three_lanes();
    assert_eq!(
        of_the_last_lane(&world),
        [
            "Raw List AWSLogs/222222222222/",
            "Raw List AWSLogs/222222222222/CloudTrail/",
            "Table List account=222222222222/region=us-east-1/",
            "Raw List AWSLogs/222222222222/CloudTrail/us-east-1/",
            "Raw Get AWSLogs/222222222222/CloudTrail/us-east-1/2024/05/30/",
            "Table Put _ledger/222222222222/us-east-1/log/",
            "Table Put account=222222222222/region=us-east-1/date=2024-05-30/",
            "Table Put _ledger/222222222222/us-east-1/2024-05/",
        ]
    );
}

#[test]
fn what_a_run_asks_for_in_a_lane_without_news() {
    let world = three_lanes();
    run(&world, &Spec::all());
    // The month is listed again once the end of the log is known: between the two another worker
    // may have put receipts.
    assert_eq!(
        of_the_last_lane(&world),
        [
            "Table List _ledger/222222222222/",
            "Raw List AWSLogs/222222222222/",
            "Raw List AWSLogs/222222222222/CloudTrail/",
            "Table List _ledger/222222222222/us-east-1/2024-06/",
            "Table List _ledger/222222222222/us-east-1/",
            "Table List _ledger/222222222222/us-east-1/2024-05/",
            "Table List _ledger/222222222222/us-east-1/log/",
            "Raw List AWSLogs/222222222222/CloudTrail/us-east-1/",
            "Table List _ledger/222222222222/us-east-1/2024-05/",
            "Table Get _ledger/222222222222/us-east-1/2024-05/",
        ]
    );
}

/// Three lanes with an object each; the last is the only one of its account.
fn three_lanes() -> World {
    let mut world = World::default();
    for lane in 0..3 {
        world.deliver(in_lane(lane, 0), vec![event(0, 0)], Form::Delivered);
    }
    world
}

/// What a run asks for in the lane that is the only one of its account; of objects the folders.
fn of_the_last_lane(world: &World) -> Vec<String> {
    let mut worker = world.start(&Spec::all());
    worker.finish().unwrap().unwrap();
    let calls = worker.calls().into_iter();
    let texts = calls.map(|(side, op)| {
        let folder = op.key.rfind('/').map_or(0, |slash| slash + 1);
        format!("{side:?} {:?} {}", op.kind, &op.key[..folder])
    });
    texts.filter(|text| text.contains("222222222222")).collect()
}

#[test]
fn a_month_of_more_receipts_than_a_page_of_a_listing_is_known_whole() {
    let mut world = World::default();
    for _ in 0..1_010 {
        let timeless = vec![Record::Timeless { lane: 0 }; 6];
        world.deliver(in_lane(0, 0), timeless, Form::Delivered);
    }
    world.deliver(in_lane(0, 1), vec![event(0, 0)], Form::Delivered);
    let first = run(&world, &Spec::all().with_memory(TINY));
    assert_eq!((first.objects, first.rejects, first.rows), (1_011, 6, 1));
    let receipts = |key: &String| key.contains("/us-east-1/2024-05/");
    assert_eq!(
        world.table.keys().into_iter().filter(receipts).count(),
        1_011
    );
    let mut idle = world.start(&Spec::all());
    let summary = idle.finish().unwrap().unwrap();
    assert_eq!((summary.skipped_objects, idle.written_bytes()), (1_011, 0));
}

#[test]
fn a_batch_whose_files_are_encoded_leaves_its_memory_to_others_while_they_are_put() {
    let mut world = World::default();
    let events: Vec<Record> = (0..=u8::MAX).map(|id| event(id, 0)).collect();
    for lane in [0, 1] {
        world.deliver(in_lane(lane, 0), events.clone(), Form::Lines);
    }
    let stuck: Gate = Arc::new(|op| {
        let is_file = op.kind == OpKind::Put && op.key.ends_with(".parquet");
        match is_file {
            true => std::future::pending().boxed(),
            false => async { Fault::None }.boxed(),
        }
    });
    let raw = world.raw.store().list("", None).now_or_never();
    let largest = raw.unwrap().unwrap().iter().map(|entry| entry.size).max();
    // Three bytes for each of the eight that a delivered one may inflate to, and two for its files: too
    // little for both.
    let spec = Spec::all().with_memory(largest.unwrap() * (3 * 8 + 2));
    let mut run = pin!(convert(
        world.raw.store(),
        world.table.store().with_gate(stuck),
        world.options(&spec, BTreeSet::new()),
        Arc::new(Silent),
        CancellationToken::new(),
    ));
    for _ in 0..100 {
        assert!(run.as_mut().now_or_never().is_none());
    }
    let claims = world.table.keys().into_iter();
    assert_eq!(claims.filter(|key| key.contains("/log/")).count(), 2);
}
