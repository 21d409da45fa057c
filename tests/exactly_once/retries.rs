//! Rejects judged again, and objects that are accepted to be unreadable.

use crate::history::raw::{Form, Place, Record};
use crate::history::worker::State;
use crate::history::world::{Spec, World};
use crate::support::{asleep_after, checked, complete, event, in_lane, is_claim, rows, run};
use cloudtrail2parquet::monitor::Problem;

/// Read when the clock was a month behind.
const EARLY: &str = "2024-05-01T00:00:00Z";

fn rejected() -> World {
    let mut world = World::default();
    let records = vec![
        event(0, 0),
        event(1, 0),
        Record::Number(7),
        Record::Timeless { lane: 0 },
    ];
    world.deliver(Place::Dump, records, Form::Delivered);
    let summary = run(
        &world,
        &Spec {
            now: EARLY,
            ..Spec::all()
        },
    );
    assert_eq!((summary.rows, summary.rejects), (0, 4));
    world
}

fn retrying() -> Spec {
    Spec {
        retry_rejects: true,
        ..Spec::all()
    }
}

#[test]
fn retry_rejects_adds_those_that_are_rows_by_now_exactly_once() {
    let world = rejected();
    assert_eq!(
        run(&world, &Spec::all()).rows,
        0,
        "unless asked nothing is retried"
    );
    let summary = run(&world, &retrying());
    assert_eq!((summary.rows, summary.retried_rejects), (2, 2));
    let mut again = world.start(&retrying());
    again.finish().unwrap().unwrap();
    assert_eq!(again.written_bytes(), 0);
    complete(&world);
    assert_eq!(rows(&world), 2);
}

#[test]
fn a_retried_reject_that_was_delivered_again_meanwhile_is_a_duplicate() {
    let mut world = rejected();
    world.deliver(in_lane(0, 3), vec![event(0, 0)], Form::Delivered);
    let summary = run(&world, &retrying());
    assert_eq!(
        (summary.rows, summary.duplicates, summary.retried_rejects),
        (2, 1, 2)
    );
    complete(&world);
    assert_eq!(rows(&world), 2);
}

#[test]
fn a_retry_killed_at_any_store_call_is_completed_by_the_next_run() {
    for killed_after in 0.. {
        let world = rejected();
        let mut worker = world.start(&retrying());
        let state = worker.go(killed_after);
        drop(worker);
        checked(&world);
        // A clock that is behind finishes the claim as it was made.
        run(
            &world,
            &Spec {
                now: EARLY,
                ..Spec::all()
            },
        );
        checked(&world);
        run(&world, &retrying());
        complete(&world);
        assert_eq!(rows(&world), 2, "killed after {killed_after} calls");
        if matches!(state, State::Ended(_)) {
            break;
        }
    }
}

#[test]
fn a_retry_whose_rejects_have_gone_waits_until_they_are_given_up() {
    let world = rejected();
    drop(asleep_after(&world, &retrying(), is_claim));
    let is_rejects = |key: &String| key.starts_with("_rejects/");
    let keys = world.table.keys();
    for key in keys.iter().filter(|key| is_rejects(key)) {
        world.table.remove(key);
    }
    let mut waiting = world.start(&Spec::all());
    let summary = waiting.finish().unwrap().unwrap();
    assert!(summary.waiting_lanes > 0);
    let told = waiting.problem_texts();
    let mut rejects = keys.iter().filter(|key| is_rejects(key));
    assert!(rejects.any(|key| told.contains(key.as_str())), "{told}");

    let give_up = Spec {
        give_up_missing: true,
        ..Spec::all()
    };
    let summary = run(&world, &give_up);
    assert_eq!(summary.waiting_lanes, 0);
    assert!(!run(&world, &Spec::all()).has_failures());
}

#[test]
fn an_object_that_is_accepted_as_unreadable_is_a_failure_no_more_until_it_changes() {
    for place in [in_lane(0, 0), Place::Dump] {
        let mut world = World::default();
        let key = world.deliver(place, vec![event(0, 0)], Form::Truncated);
        assert!(run(&world, &Spec::all()).has_failures());
        let summary = run(
            &world,
            &Spec {
                accept_unread: true,
                ..Spec::all()
            },
        );
        assert_eq!(
            (summary.accepted_objects, summary.has_failures()),
            (1, false)
        );
        let mut idle = world.start(&Spec::all());
        assert!(!idle.finish().unwrap().unwrap().has_failures());
        assert_eq!(idle.written_bytes(), 0);
        world.replace(&key, vec![event(0, 0)], Form::Delivered);
        assert_eq!(run(&world, &Spec::all()).rows, 1);
        complete(&world);
    }
}

#[test]
fn an_object_to_be_accepted_that_is_not_met_is_told() {
    let mut world = World::default();
    world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    let mut options = world.options(&Spec::all(), Default::default());
    options
        .accept_unread
        .named
        .insert("no/such.json.gz".to_owned());
    let mut worker = world.start_with(options);
    let summary = worker.finish().unwrap().unwrap();
    assert_eq!(summary.unmet_arguments, 1);
    let problems = worker.problems();
    assert!(
        matches!(&problems[..], [Problem::NotFound { argument }] if argument.contains("no/such.json.gz")),
        "{problems:?}"
    );
}
