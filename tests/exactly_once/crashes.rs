//! Runs that are killed, sleep, overlap or stop.

use crate::history::raw::{Form, lane};
use crate::history::worker::{Call, Planned, Side, State};
use crate::history::world::{Spec, TINY, World};
use crate::support::{
    asleep_after, checked, complete, event, in_lane, is_claim, rows, run, varied,
};
use cloudtrail2parquet::ledger::ClaimedFile;
use cloudtrail2parquet::store::{Op, OpKind};

#[test]
fn a_run_killed_before_or_after_any_store_call_is_completed_by_the_next_run() {
    let calls = {
        let world = varied();
        let mut worker = world.start(&Spec::all().with_memory(TINY));
        worker.finish().unwrap().unwrap();
        worker.calls().len()
    };
    assert!(calls > 40, "{calls}");
    for killed_after in 0..=calls {
        let world = varied();
        let mut worker = world.start(&Spec::all().with_memory(TINY));
        worker.go(killed_after);
        drop(worker);
        checked(&world);
        run(&world, &Spec::all());
        complete(&world);
        assert_eq!(rows(&world), 6, "killed after {killed_after} calls");
    }
}

#[test]
fn a_run_that_sleeps_at_any_store_call_while_another_runs_to_its_end_does_no_harm() {
    for sleeps_after in 0.. {
        let world = varied();
        let mut worker = world.start(&Spec::all().with_memory(TINY));
        let state = worker.go(sleeps_after);
        run(&world, &Spec::all());
        complete(&world);
        if matches!(state, State::Ended(_)) {
            break;
        }
        worker.finish().unwrap().unwrap();
        complete(&world);
        assert_eq!(rows(&world), 6, "slept after {sleeps_after} calls");
    }
}

#[test]
fn of_two_runs_at_one_claim_the_loser_plans_again_and_counts_each_object_once() {
    let mut world = World::default();
    world.deliver(in_lane(0, 0), vec![event(0, 1)], Form::Truncated);
    world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    // Asleep with a batch read, just before the claim.
    let before_claim = |op: &Op| op.kind == OpKind::Get && op.key.ends_with(".json.gz");
    let mut loser = asleep_after(&world, &Spec::all(), |side, op| {
        side == Side::Raw && before_claim(op) && op.key.ends_with("_0001.json.gz")
    });
    world.deliver(in_lane(0, 1), vec![event(2, 0)], Form::Delivered);
    run(&world, &Spec::all());
    let summary = loser.finish().unwrap().unwrap();
    assert_eq!(
        (
            summary.objects,
            summary.skipped_objects,
            summary.unread_objects
        ),
        (0, 2, 1)
    );
    complete(&world);
    assert_eq!(checked(&world).claims[&lane(0)].len(), 1);
}

#[test]
fn a_batch_is_compared_with_a_file_that_another_worker_wrote_for_this_ones_claim() {
    let mut world = World::default();
    // All of one event date, so that its folder is listed before the first claim.
    world.deliver(in_lane(0, 1), vec![event(0, 0)], Form::Delivered);
    let spec = Spec::all().with_memory(TINY);
    run(&world, &spec);
    world.deliver(
        in_lane(0, 2),
        vec![event(0, 0), event(0, 1)],
        Form::Delivered,
    );
    world.deliver(in_lane(0, 3), vec![event(0, 1)], Form::Delivered);
    let mut owner = asleep_after(&world, &spec, is_claim);
    // Its range holds nothing, so it only finishes what is open.
    run(
        &world,
        &Spec {
            days: Some(("2024-05-30", "2024-05-30")),
            ..spec
        },
    );
    owner.finish().unwrap().unwrap();
    complete(&world);
    assert_eq!(rows(&world), 2);
}

#[test]
fn a_put_whose_answer_is_lost_and_that_is_tried_again_unseen_is_ones_own() {
    for nth in 0..6 {
        let world = varied();
        let planned = vec![Planned {
            call: Call::PutRetried,
            nth,
        }];
        run(
            &world,
            &Spec {
                planned,
                ..Spec::all()
            },
        );
        complete(&world);
    }
}

#[test]
fn a_put_whose_success_is_lost_ends_the_run_and_the_next_completes_it() {
    for nth in 0..6 {
        let world = varied();
        let planned = vec![Planned {
            call: Call::AnswerLost,
            nth,
        }];
        let mut worker = world.start(&Spec {
            planned,
            ..Spec::all()
        });
        worker.finish().unwrap().unwrap_err();
        checked(&world);
        run(&world, &Spec::all());
        complete(&world);
    }
}

#[test]
fn a_file_that_is_lost_while_the_one_beside_it_arrives_is_put_by_the_next_run() {
    let mut out_of_order = 0;
    for nth in 0..8 {
        let mut world = World::default();
        // One claim of a file a date.
        let events = (0..3).map(|id| event(id, 0)).collect();
        world.deliver(in_lane(0, 2), events, Form::Delivered);
        let planned = vec![Planned {
            call: Call::PutLost,
            nth,
        }];
        let mut worker = world.start(&Spec {
            planned,
            ..Spec::all()
        });
        // Call by call, so that the second file is under way when the first one's put fails.
        assert!(!worker.go_until(|_, _| false), "it comes to its end");
        let snapshot = checked(&world);
        let claims = snapshot.claims.get(&lane(0)).into_iter().flatten();
        for (_, claim) in claims {
            let stands = |file: &ClaimedFile| {
                let mut standing = snapshot.files.iter();
                standing.any(|other| other.partition.date == file.date && other.name == file.name)
            };
            let first_missing = claim.files.iter().position(|file| !stands(file));
            let last = claim.files.iter().rposition(stands);
            out_of_order += usize::from(first_missing.is_some() && first_missing < last);
        }
        run(&world, &Spec::all());
        complete(&world);
        assert_eq!(rows(&world), 3, "put {nth} lost");
    }
    assert!(out_of_order > 0, "no file stood without one before it");
}

#[test]
fn a_run_that_is_asked_to_stop_finishes_its_claim_and_makes_no_other() {
    let mut world = World::default();
    for day in 0..4 {
        world.deliver(in_lane(0, day), vec![event(day, 0)], Form::Delivered);
    }
    let mut worker = asleep_after(&world, &Spec::all().with_memory(TINY), is_claim);
    worker.stop();
    assert!(worker.finish().unwrap().unwrap().interrupted);
    let snapshot = checked(&world);
    assert_eq!(
        (
            snapshot.claims[&lane(0)].len(),
            snapshot.receipts[&lane(0)].len()
        ),
        (1, 1)
    );
}
