//! Objects that were moved, copied or touched.

use crate::history::raw::{Form, Place, Record, lane};
use crate::history::world::{Spec, TINY, World};
use crate::support::{asleep_after, checked, complete, event, in_lane, is_claim, rows, run};

/// A record with an id, one without, and one that is no row.
fn mixed() -> Vec<Record> {
    let without_id = Record::Event {
        id: None,
        variant: 0,
        lane: 0,
        spelling: 1,
    };
    vec![event(0, 0), without_id, Record::Timeless { lane: 0 }]
}

fn second_run_after(change: impl Fn(&mut World, &str), place: Place) -> World {
    let mut world = World::default();
    let key = world.deliver(place, mixed(), Form::Delivered);
    run(&world, &Spec::all());
    change(&mut world, &key);
    let summary = run(&world, &Spec::all());
    assert_eq!(
        (
            summary.known_objects,
            summary.objects,
            summary.rows,
            summary.rejects
        ),
        (1, 0, 0, 0)
    );
    let mut idle = world.start(&Spec::all());
    idle.finish().unwrap().unwrap();
    assert_eq!(idle.written_bytes(), 0, "it is known from now on");
    complete(&world);
    assert_eq!(rows(&world), 2);
    assert_eq!(checked(&world).rejects.len(), 1);
    world
}

#[test]
fn an_object_that_was_touched_adds_nothing() {
    second_run_after(|world, key| world.touch(key), in_lane(0, 2));
    second_run_after(|world, key| world.touch(key), Place::Dump);
}

#[test]
fn a_source_that_was_moved_or_copied_adds_nothing() {
    for stays in [false, true] {
        for place in [in_lane(0, 2), Place::Dump, Place::Stray { lane: 0 }] {
            let change = |world: &mut World, key: &str| {
                world.move_object(key, stays).unwrap();
            };
            second_run_after(change, place);
        }
    }
}

#[test]
fn an_object_delivered_twice_under_two_names_repeats_each_of_its_records() {
    let mut world = World::default();
    let key = world.deliver(in_lane(0, 2), mixed(), Form::Delivered);
    world.copy(&key).unwrap();
    let summary = run(&world, &Spec::all());
    assert_eq!(
        (summary.rows, summary.duplicates, summary.rejects),
        (2, 3, 1)
    );
    // And also in a later run.
    world.copy(&key).unwrap();
    let summary = run(&world, &Spec::all());
    assert_eq!(
        (summary.rows, summary.duplicates, summary.rejects),
        (0, 3, 0)
    );
    complete(&world);
    assert_eq!(rows(&world), 2);
}

#[test]
fn keep_duplicates_keeps_what_was_delivered_twice_but_not_what_was_moved() {
    let mut world = World {
        keep_duplicates: true,
        ..World::default()
    };
    let key = world.deliver(in_lane(0, 2), mixed(), Form::Delivered);
    run(&world, &Spec::all());
    world.copy(&key).unwrap();
    world.move_object(&key, false).unwrap();
    let summary = run(&world, &Spec::all());
    assert_eq!((summary.rows, summary.known_objects), (2, 1));
    complete(&world);
    assert_eq!(rows(&world), 4);
}

#[test]
fn other_bytes_under_the_same_name_are_another_object() {
    let mut world = World::default();
    let key = world.deliver(in_lane(0, 2), mixed(), Form::Delivered);
    run(&world, &Spec::all());
    let moved = world.move_object(&key, true).unwrap();
    world.replace(&moved, vec![event(1, 0)], Form::Delivered);
    assert_eq!(run(&world, &Spec::all()).rows, 1);
    complete(&world);
}

#[test]
fn an_open_claim_is_finished_from_where_its_objects_were_moved_to() {
    for place in [in_lane(0, 2), in_lane(0, 0)] {
        let mut world = World::default();
        let key = world.deliver(place, mixed(), Form::Delivered);
        drop(asleep_after(&world, &Spec::all(), is_claim));
        world.move_object(&key, false).unwrap();
        let summary = run(&world, &Spec::all());
        assert_eq!((summary.waiting_lanes, summary.rows), (0, 2));
        complete(&world);
    }
}

#[test]
fn what_was_given_up_is_not_known_when_it_comes_back_elsewhere() {
    let mut world = World::default();
    let key = world.deliver(in_lane(0, 2), mixed(), Form::Delivered);
    let version = world.version(&key).cloned().unwrap();
    drop(asleep_after(&world, &Spec::all(), is_claim));
    world.remove(&key);
    run(
        &world,
        &Spec {
            give_up_missing: true,
            ..Spec::all()
        },
    );
    assert_eq!(checked(&world).receipts[&lane(0)][&1].lost.len(), 1);
    world.deliver(in_lane(0, 2), version.records, version.form);
    assert_eq!(run(&world, &Spec::all()).rows, 2);
    complete(&world);
}

#[test]
fn copies_in_later_batches_are_found_as_those_in_one() {
    let mut world = World::default();
    let key = world.deliver(in_lane(0, 2), mixed(), Form::Delivered);
    for _ in 0..3 {
        world.copy(&key).unwrap();
    }
    let summary = run(&world, &Spec::all().with_memory(TINY));
    assert_eq!((summary.rows, summary.duplicates), (2, 9));
    complete(&world);
}

#[test]
fn an_object_of_two_lanes_is_not_known_whole_by_the_lane_that_has_its_part() {
    let mut world = World::default();
    let elsewhere = Record::Event {
        id: Some(1),
        variant: 0,
        lane: 2,
        spelling: 1,
    };
    let records = vec![event(0, 0), elsewhere];
    let dump = world.deliver(Place::Dump, records.clone(), Form::Delivered);
    // Only the first lane's part.
    run(
        &world,
        &Spec {
            account: Some("111111111111"),
            ..Spec::all()
        },
    );
    assert_eq!(rows(&world), 1);
    world.remove(&dump);
    let name = dump.rsplit('/').next().unwrap();
    let placed = world.deliver(in_lane(0, 2), records, Form::Delivered);
    let place = world.version(&placed).cloned().unwrap().place;
    world.remove(&placed);
    let folder = placed.rsplit_once('/').unwrap().0;
    world.deliver_as(
        &format!("{folder}/{name}"),
        place,
        vec![
            event(0, 0),
            Record::Event {
                id: Some(1),
                variant: 0,
                lane: 2,
                spelling: 1,
            },
        ],
    );
    run(&world, &Spec::all());
    complete(&world);
    assert_eq!(rows(&world), 2, "the second record is nowhere else");
}
