//! Claims that another run has left open.

use crate::history::raw::{Form, Place, Record, lane};
use crate::history::worker::Worker;
use crate::history::world::{Spec, World};
use crate::support::{
    asleep_after, checked, complete, event, in_lane, is_claim, is_file, is_receipt, rows, run,
};
use cloudtrail2parquet::failure::Failure;
use cloudtrail2parquet::store::ErrorKind;

#[test]
fn an_open_claim_is_finished_even_outside_the_range() {
    let mut world = World::default();
    world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    world.deliver(in_lane(0, 3), vec![event(3, 0)], Form::Delivered);
    drop(asleep_after(&world, &Spec::all(), is_claim));
    run(
        &world,
        &Spec {
            days: Some(("2024-06-02", "2024-06-02")),
            ..Spec::all()
        },
    );
    complete(&world);
}

#[test]
fn other_lanes_come_before_the_claim_of_another_worker_is_finished() {
    let mut world = World::default();
    world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    drop(asleep_after(&world, &Spec::all(), is_claim));
    world.deliver(in_lane(1, 0), vec![event(0, 0)], Form::Delivered);
    world.deliver(in_lane(2, 0), vec![event(0, 0)], Form::Delivered);
    let mut worker = world.start(&Spec::all());
    worker.finish().unwrap().unwrap();
    let calls = worker.calls();
    let receipts: Vec<&str> = calls
        .iter()
        .filter(|(side, op)| is_receipt(*side, op))
        .map(|(_, op)| op.key.as_str())
        .collect();
    assert_eq!(receipts.len(), 3);
    assert!(
        receipts[2].starts_with("_ledger/111111111111/us-east-1/"),
        "{receipts:?}"
    );
    complete(&world);
}

#[test]
fn a_claim_whose_object_has_gone_is_not_finished_and_other_lanes_go_on() {
    let mut world = World::default();
    let gone = world.deliver(
        in_lane(0, 0),
        vec![event(0, 0), event(0, 2)],
        Form::Delivered,
    );
    world.deliver(
        in_lane(0, 1),
        vec![event(1, 0), event(1, 2)],
        Form::Delivered,
    );
    drop(asleep_after(&world, &Spec::all(), is_claim));
    world.remove(&gone);
    world.deliver(in_lane(1, 0), vec![event(0, 0)], Form::Delivered);
    let mut worker = world.start(&Spec::all());
    let summary = worker.finish().unwrap().unwrap();
    assert_eq!((summary.waiting_lanes, summary.rows), (1, 1));
    assert!(summary.has_failures());
    let problems = worker.problem_texts();
    assert!(
        problems.contains(&gone) && problems.contains("--give-up"),
        "{problems}"
    );
    let snapshot = checked(&world);
    assert!(
        snapshot
            .files
            .iter()
            .all(|file| file.partition.lane == lane(1))
    );

    let mut giving_up = world.start_giving_up(&Spec::all(), [gone.clone()].into());
    let summary = giving_up.finish().unwrap().unwrap();
    assert_eq!(summary.waiting_lanes, 0);
    assert!(giving_up.problem_texts().contains("lost for good"));
    complete(&world);
    assert_eq!(
        checked(&world).receipts[&lane(0)][&1].lost,
        [world.address(&gone)]
    );
    assert_eq!(rows(&world), 3);
}

#[test]
fn a_lane_whose_objects_have_all_gone_can_be_given_up() {
    let mut world = World::default();
    let gone = world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    drop(asleep_after(&world, &Spec::all(), is_claim));
    world.remove(&gone);
    world
        .start_giving_up(&Spec::all(), [gone].into())
        .finish()
        .unwrap()
        .unwrap();
    complete(&world);
    // The event comes again, and is no duplicate of one that is lost.
    world.deliver(in_lane(0, 1), vec![event(0, 0)], Form::Delivered);
    run(&world, &Spec::all());
    complete(&world);
    assert_eq!(rows(&world), 1);
}

#[test]
fn a_sleeper_cannot_write_what_was_given_up_meanwhile() {
    let mut world = World::default();
    let gone = world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    let mut sleeper = asleep_after(&world, &Spec::all(), is_claim);
    world.remove(&gone);
    world
        .start_giving_up(&Spec::all(), [gone].into())
        .finish()
        .unwrap()
        .unwrap();
    world.deliver(in_lane(0, 1), vec![event(0, 0)], Form::Delivered);
    run(&world, &Spec::all());
    assert_eq!(sleeper.finish().unwrap().unwrap().waiting_lanes, 1);
    complete(&world);
    assert_eq!(rows(&world), 1);
}

#[test]
fn an_object_given_up_halfway_may_be_given_up_again_although_it_is_back() {
    let mut world = World::default();
    let records = vec![event(0, 0), event(0, 2)];
    let gone = world.deliver(in_lane(0, 0), records.clone(), Form::Delivered);
    world.deliver(
        in_lane(0, 1),
        vec![event(1, 0), event(1, 2)],
        Form::Delivered,
    );
    drop(asleep_after(&world, &Spec::all(), is_claim));
    world.obstruct(&gone, Some(ErrorKind::Denied));
    let mut giving_up = world.start_giving_up(&Spec::all(), [gone.clone()].into());
    assert!(giving_up.go_until(is_file));
    drop(giving_up);
    world.clear();
    assert_eq!(run(&world, &Spec::all()).waiting_lanes, 1);
    world
        .start_giving_up(&Spec::all(), [gone].into())
        .finish()
        .unwrap()
        .unwrap();
    complete(&world);
}

#[test]
fn a_claim_that_does_not_give_its_rows_is_not_written() {
    let mut world = World::default();
    world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    drop(asleep_after(&world, &Spec::all(), is_claim));
    // As if another version had counted otherwise.
    let key = world
        .table
        .keys()
        .into_iter()
        .find(|key| key.contains("/log/"))
        .unwrap();
    let claim = futures::executor::block_on(world.table.store().get(&key)).unwrap();
    let claim = String::from_utf8(claim.to_vec()).unwrap();
    let (unsealed, _) = claim.rsplit_once(",\"sha256\":\"").unwrap();
    let claim = format!("{unsealed}}}").replace("\"rows\":1", "\"rows\":2");
    world.table.replace(&key, claim);
    let mut worker = world.start(&Spec::all());
    let summary = worker.finish().unwrap().unwrap();
    assert_eq!(summary.waiting_lanes, 1);
    assert!(worker.problem_texts().contains("version"));
    assert!(checked(&world).files.is_empty());
}

#[test]
fn what_no_open_claim_has_cannot_be_given_up() {
    let mut world = World::default();
    let key = world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    let mut worker = world.start_giving_up(&Spec::all(), [key.clone()].into());
    let error = worker.finish().unwrap().unwrap_err();
    assert!(
        matches!(&error, Failure::NothingToGiveUp(what) if *what == key),
        "{error}"
    );
    assert_eq!(rows(&world), 0, "nothing is begun");
}

#[test]
fn a_claim_can_be_given_up_by_its_own_address() {
    let mut world = World::default();
    let gone = world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    let there = world.deliver(in_lane(0, 0), vec![event(1, 0)], Form::Delivered);
    drop(asleep_after(&world, &Spec::all(), is_claim));
    world.remove(&gone);
    let claim = world
        .table
        .store()
        .url("_ledger/111111111111/us-east-1/log/000000000001");
    let mut worker = world.start_giving_up(&Spec::all(), [claim].into());
    assert_eq!(worker.finish().unwrap().unwrap().rows, 1);
    complete(&world);
    let lost = checked(&world).receipts[&lane(0)][&1].lost.clone();
    assert_eq!(lost, [world.address(&gone)], "{there} is not lost");
}

#[test]
fn an_object_that_is_only_out_of_reach_is_not_given_up_as_missing() {
    let mut world = World::default();
    let key = world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    drop(asleep_after(&world, &Spec::all(), is_claim));
    world.obstruct(&key, Some(ErrorKind::Transient));
    let missing = Spec {
        give_up_missing: true,
        ..Spec::all()
    };
    assert_eq!(run(&world, &missing).waiting_lanes, 1);
    world.clear();
    assert_eq!(run(&world, &missing).rows, 1);
    complete(&world);
}

#[test]
fn an_open_claim_of_a_lane_that_the_source_no_longer_shows_is_finished_or_named() {
    let mut world = World::default();
    let key = world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    drop(asleep_after(&world, &Spec::all(), is_claim));
    world.remove(&key);
    for account in [None, Some("222222222222")] {
        let spec = Spec {
            account,
            ..Spec::all()
        };
        let mut worker = world.start(&spec);
        let summary = worker.finish().unwrap().unwrap();
        assert_eq!((summary.waiting_lanes, summary.has_failures()), (1, true));
        assert!(worker.problem_texts().contains(&key));
    }
}

#[test]
fn a_claim_is_finished_with_the_options_of_whoever_made_it() {
    let options = [
        Spec {
            keep_duplicates: Some(true),
            ..Spec::all()
        },
        Spec {
            max_object_bytes: Some(100),
            ..Spec::all()
        },
        Spec {
            now: "2024-05-01T00:00:00Z",
            ..Spec::all()
        },
    ];
    for other in options {
        for place in [in_lane(0, 0), Place::Dump] {
            let mut world = World::default();
            world.deliver(place, vec![event(0, 0), event(0, 0)], Form::Delivered);
            drop(asleep_after(&world, &Spec::all(), is_claim));
            let summary = run(&world, &other);
            assert_eq!((summary.rows, summary.waiting_lanes), (1, 0), "{other:?}");
            complete(&world);
        }
    }
}

#[test]
fn a_claim_of_which_all_stands_is_finished_although_its_objects_have_gone() {
    let mut world = World::default();
    let records = vec![event(0, 0), event(0, 2), Record::Timeless { lane: 0 }];
    let gone = world.deliver(in_lane(0, 2), records, Form::Delivered);
    drop(asleep_before_receipt(&world));
    world.remove(&gone);
    let summary = run(&world, &Spec::all());
    assert_eq!(
        (summary.waiting_lanes, summary.rows, summary.rejects),
        (0, 2, 1)
    );
    complete(&world);
    assert_eq!(
        checked(&world).receipts[&lane(0)][&1].lost,
        [] as [String; 0]
    );
}

/// Asleep when its last file was put.
fn asleep_before_receipt(world: &World) -> Worker {
    let mut worker = world.start(&Spec::all());
    assert!(worker.go_until(is_receipt));
    // The put of the receipt was asked for last, and did not come to pass.
    let key = worker.calls().pop().unwrap().1.key;
    world.table.remove(&key);
    worker
}

#[test]
fn a_claimed_object_that_has_gone_is_read_from_a_copy_of_it() {
    let mut world = World::default();
    let without_id = Record::Event {
        id: None,
        variant: 0,
        lane: 0,
        spelling: 1,
    };
    let gone = world.deliver(
        in_lane(0, 2),
        vec![event(0, 0), without_id],
        Form::Delivered,
    );
    world.copy(&gone).unwrap();
    drop(asleep_after(&world, &Spec::all(), is_claim));
    world.remove(&gone);
    let summary = run(&world, &Spec::all());
    assert_eq!(
        (summary.rows, summary.duplicates, summary.waiting_lanes),
        (2, 2, 0)
    );
    complete(&world);
}
