//! Objects that are late, replaced, repeated or unreadable.

use crate::history::raw::{Form, Place, Record, lane};
use crate::history::worker::Side;
use crate::history::world::{AMPLE, Spec, TINY, World};
use crate::support::{
    asleep_after, checked, complete, event, in_lane, is_claim, respelled, rows, run,
};
use cloudtrail2parquet::store::{ErrorKind, Op, OpKind};
use std::collections::BTreeSet;

#[test]
fn a_file_that_arrives_late_under_an_older_name_is_not_skipped() {
    let mut world = World::default();
    world.deliver(in_lane(0, 3), vec![event(0, 0)], Form::Delivered);
    run(&world, &Spec::all());
    world.deliver(in_lane(0, 0), vec![event(1, 0)], Form::Delivered);
    world.deliver(in_lane(0, 3), vec![event(2, 0)], Form::Delivered);
    run(&world, &Spec::all());
    complete(&world);
    assert_eq!(rows(&world), 3);
}

#[test]
fn a_replaced_object_adds_its_new_records_and_keeps_the_old() {
    let mut world = World::default();
    let key = world.deliver(
        in_lane(0, 3),
        vec![event(0, 0), event(1, 0)],
        Form::Delivered,
    );
    run(&world, &Spec::all());
    world.replace(&key, vec![event(1, 0), event(2, 0)], Form::Delivered);
    let summary = run(&world, &Spec::all());
    assert_eq!((summary.rows, summary.duplicates), (1, 1));
    complete(&world);
    assert_eq!(rows(&world), 3);
}

#[test]
fn an_unreadable_object_is_recorded_once_and_again_only_when_the_reason_changes() {
    let mut world = World::default();
    let key = world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    // The listing goes on into another month, whose receipts say nothing of the object.
    world.deliver(in_lane(0, 2), vec![event(3, 0)], Form::Delivered);
    let claims = |world: &World| checked(world).claims[&lane(0)].len();
    world.obstruct(&key, Some(ErrorKind::Denied));
    assert_eq!(run(&world, &Spec::all()).unread_objects, 1);
    assert_eq!(claims(&world), 2);
    assert_eq!(run(&world, &Spec::all()).unread_objects, 1);
    assert_eq!(claims(&world), 2);
    world.obstruct(&key, Some(ErrorKind::Transient));
    assert_eq!(run(&world, &Spec::all()).unread_objects, 1);
    assert_eq!(
        claims(&world),
        2,
        "what is only out of reach is not recorded"
    );
    world.obstruct(&key, Some(ErrorKind::Archived));
    assert_eq!(run(&world, &Spec::all()).unread_objects, 1);
    assert_eq!(claims(&world), 3);
    world.clear();
    assert_eq!(run(&world, &Spec::all()).unread_objects, 0);
    complete(&world);
}

#[test]
fn keep_duplicates_keeps_every_copy_once() {
    let mut world = World {
        keep_duplicates: true,
        ..World::default()
    };
    for day in 0..3 {
        world.deliver(
            in_lane(0, day),
            vec![event(0, 0), respelled(0, 0)],
            Form::Delivered,
        );
    }
    run(&world, &Spec::all().with_memory(TINY));
    run(&world, &Spec::all());
    complete(&world);
    assert_eq!(rows(&world), 6);
}

#[test]
fn an_object_over_the_size_cap_is_unread_until_the_cap_is_raised() {
    let mut world = World {
        max_object_bytes: Some(200),
        ..World::default()
    };
    let key = world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    let mut worker = world.start(&Spec::all());
    assert_eq!(worker.finish().unwrap().unwrap().unread_objects, 1);
    assert!(worker.problem_texts().contains(&key));
    world.max_object_bytes = None;
    assert_eq!(run(&world, &Spec::all()).rows, 1);
    complete(&world);
}

#[test]
fn many_copies_in_large_batches_are_found_as_well() {
    let mut world = World::default();
    let events: Vec<Record> = (0..200)
        .map(|id| Record::Event {
            id: Some(id),
            variant: 0,
            lane: 0,
            spelling: 1,
        })
        .collect();
    world.deliver(in_lane(0, 3), events.clone(), Form::Delivered);
    run(&world, &Spec::all());
    world.deliver(in_lane(0, 3), events, Form::Delivered);
    let summary = run(&world, &Spec::all().with_memory(AMPLE));
    assert_eq!((summary.rows, summary.duplicates), (0, 200));
    complete(&world);
}

#[test]
fn what_was_converted_before_is_counted_apart_from_what_is_new() {
    let mut world = World::default();
    for id in 0..3 {
        world.deliver(in_lane(0, 2), vec![event(id, 0)], Form::Delivered);
    }
    run(&world, &Spec::all().with_memory(TINY));
    for id in 3..5 {
        world.deliver(in_lane(0, 2), vec![event(id, 0)], Form::Delivered);
    }
    let summary = run(&world, &Spec::all().with_memory(TINY));
    assert_eq!((summary.objects, summary.skipped_objects), (2, 3));
}

#[test]
fn a_file_without_a_record_is_read_once_and_recorded_once_whoever_crashes() {
    let mut world = World::default();
    world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    let note = world.deliver(Place::Dump, Vec::new(), Form::Note);
    // Of two workers one records it, also if the first dies before its receipt.
    drop(asleep_after(&world, &Spec::all(), |side, op| {
        is_claim(side, op) && op.key.contains("/unknown/")
    }));
    let second = run(&world, &Spec::all());
    assert_eq!((second.left_objects, second.unread_objects), (1, 0));
    let claims = |world: &World| {
        let objects = checked(world).receipts.into_values().flatten();
        let objects = objects.flat_map(|(_, receipt)| receipt.claim.objects().to_vec());
        let address = world.address(&note);
        objects.filter(|object| object.address == address).count()
    };
    assert_eq!(claims(&world), 1);

    let mut idle = world.start(&Spec::all());
    let summary = idle.finish().unwrap().unwrap();
    assert_eq!((idle.puts(), idle.written_bytes()), (1, 0));
    let reads = |(side, op): &(Side, Op)| *side == Side::Raw && op.kind == OpKind::Get;
    assert!(!idle.calls().iter().any(reads), "nothing is read again");
    assert_eq!((summary.left_objects, summary.has_failures()), (0, false));
    let counted: u64 = summary
        .ignored_objects
        .kinds()
        .map(|(_, some)| some.count)
        .sum();
    assert_eq!(counted, 1);

    // Another path may find something, and is tried once.
    let by_path = |path: &str| {
        let mut options = world.options(&Spec::all(), BTreeSet::new());
        options.rows.unwrap = path.parse().ok();
        world.start_with(options).finish().unwrap().unwrap()
    };
    for left in [1, 0] {
        assert_eq!(by_path("a.b").left_objects, left);
    }
    assert_eq!(run(&world, &Spec::all()).left_objects, 0);
    assert_eq!((claims(&world), rows(&world)), (2, 1));
    complete(&world);
}
