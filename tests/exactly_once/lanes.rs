//! Which lane and which worker a record belongs to.

use crate::history::raw::{Form, LANES, Place, Record, lane};
use crate::history::worker::{State, Worker};
use crate::history::world::TINY;
use crate::history::world::{Spec, World};
use crate::support::{checked, complete, event, in_lane, respelled, rows, run, varied};
use cloudtrail2parquet::monitor::Progress;

#[test]
fn an_event_delivered_under_two_regions_is_one_row_in_each() {
    let mut world = World::default();
    world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    world.deliver(
        in_lane(1, 0),
        vec![event(0, 0), event(0, 0)],
        Form::Delivered,
    );
    let summary = run(&world, &Spec::all());
    assert_eq!(
        (summary.rows, summary.duplicates, summary.other_region_rows),
        (2, 1, 1)
    );
    complete(&world);
}

#[test]
fn an_object_without_a_lane_is_claimed_in_the_log_of_each_lane_that_its_records_name() {
    let mut world = World::default();
    let elsewhere = Record::Event {
        id: Some(0),
        variant: 0,
        lane: 2,
        spelling: 0,
    };
    world.deliver(
        Place::Dump,
        vec![event(0, 0), elsewhere, Record::Number(7)],
        Form::Delivered,
    );
    run(&world, &Spec::all());
    complete(&world);
    let snapshot = checked(&world);
    assert_eq!(snapshot.receipts.len(), 3);
    let lanes = &snapshot.receipts[&lane(2)][&1].claim.objects()[0].lanes;
    assert_eq!(lanes.len(), 3);
}

#[test]
fn a_dump_repeats_no_event_that_its_lane_has_and_the_lane_none_of_the_dump() {
    let mut world = World::default();
    world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    run(&world, &Spec::all());
    world.deliver(
        Place::Dump,
        vec![respelled(0, 0), event(0, 1)],
        Form::Delivered,
    );
    run(&world, &Spec::all());
    world.deliver(in_lane(0, 0), vec![event(0, 1)], Form::Delivered);
    run(&world, &Spec::all());
    complete(&world);
    assert_eq!(rows(&world), 2);
}

#[test]
fn an_object_below_a_lane_without_a_date_is_converted_whichever_shard_finds_it() {
    let mut world = World::default();
    for index in 0..LANES.len() as u8 {
        world.deliver(
            Place::Stray { lane: index },
            vec![event(index, 0)],
            Form::Delivered,
        );
    }
    for index in 1..=3 {
        run(
            &world,
            &Spec {
                shard: (index, 3),
                ..Spec::all()
            },
        );
    }
    complete(&world);
}

#[test]
fn shards_that_run_at_once_convert_everything_once() {
    let world = varied();
    let mut workers: Vec<Worker> = (1..=3)
        .map(|index| {
            world.start(&Spec {
                shard: (index, 3),
                ..Spec::all()
            })
        })
        .collect();
    while !workers.is_empty() {
        workers.retain_mut(|worker| matches!(worker.go(3), State::Asleep));
        checked(&world);
    }
    complete(&world);
}

#[test]
fn a_lane_is_listed_ahead_so_that_it_is_known_early_how_much_there_is() {
    let mut world = World::default();
    for number in 0..40 {
        let records = vec![event(number % 5, 4 + number % 24)];
        world.deliver(in_lane(0, 0), records, Form::Delivered);
    }
    let mut worker = world.start(&Spec::all().with_memory(TINY));
    worker.finish().unwrap().unwrap();
    let told = worker.told();
    let is_listed = |told: &Progress| *told == Progress::LaneListed(lane(0));
    let before = told.split(is_listed).next().unwrap();
    let is_committed = |told: &&Progress| matches!(told, Progress::Committed { .. });
    let early = before.iter().filter(is_committed).count();
    assert!(
        early < 20,
        "{early} of 40 batches are committed before the lane is listed"
    );
}
