//! The sharp cases of the protocol, one sentence each.

mod history;

use cloudtrail2parquet::convert::Summary;
use cloudtrail2parquet::store::{ErrorKind, Op, OpKind};
use history::oracle::{check, check_complete};
use history::raw::{Form, LANES, Place, Record, lane};
use history::snapshot::{Cache, Snapshot};
use history::worker::{Call, Planned, Side, State, Worker};
use history::world::{AMPLE, Spec, TINY, World};

fn event(id: u8, variant: u8) -> Record {
    Record::Event {
        id: Some(id),
        variant,
        lane: 0,
        spelling: 1,
    }
}

/// The same event with its members in another order.
fn respelled(id: u8, variant: u8) -> Record {
    Record::Event {
        id: Some(id),
        variant,
        lane: 0,
        spelling: 3,
    }
}

fn in_lane(lane: u8, day: u8) -> Place {
    Place::Lane {
        lane,
        tree: 0,
        insight: false,
        day,
    }
}

fn run(world: &World, spec: &Spec) -> Summary {
    world.start(spec).finish().unwrap().unwrap()
}

fn checked(world: &World) -> Snapshot {
    check(world, &mut Cache::default()).unwrap()
}

fn complete(world: &World) {
    check_complete(world, &checked(world)).unwrap();
}

fn rows(world: &World) -> usize {
    checked(world)
        .files
        .iter()
        .map(|file| file.rows.len())
        .sum()
}

fn is_claim(side: Side, op: &Op) -> bool {
    side == Side::Table && op.kind == OpKind::Put && op.key.contains("/log/")
}

fn is_file(side: Side, op: &Op) -> bool {
    side == Side::Table && op.kind == OpKind::Put && op.key.ends_with(".parquet")
}

fn is_receipt(side: Side, op: &Op) -> bool {
    let is_ledger = op.key.starts_with("_ledger/") && op.key != "_ledger/format";
    side == Side::Table && op.kind == OpKind::Put && is_ledger && !op.key.contains("/log/")
}

/// Lets a worker go until the call is made, and no further.
fn asleep_after(world: &World, spec: &Spec, is: impl Fn(Side, &Op) -> bool) -> Worker {
    let mut worker = world.start(spec);
    assert!(worker.go_until(is), "the call is never made");
    worker
}

/// Two days, two batches, rejects, duplicates, and a dump of two lanes.
fn varied() -> World {
    let mut world = World::default();
    world.deliver(
        in_lane(0, 0),
        vec![event(0, 0), event(1, 0), Record::Timeless { lane: 0 }],
        Form::Delivered,
    );
    world.deliver(
        in_lane(0, 1),
        vec![respelled(0, 0), event(2, 2), Record::Number(1)],
        Form::Delivered,
    );
    world.deliver(
        in_lane(0, 2),
        vec![event(1, 0), event(1, 1)],
        Form::Truncated,
    );
    world.deliver(
        in_lane(2, 2),
        vec![event(1, 0), event(1, 1)],
        Form::Delivered,
    );
    let elsewhere = Record::Event {
        id: Some(3),
        variant: 0,
        lane: 1,
        spelling: 0,
    };
    world.deliver(
        Place::Dump,
        vec![event(1, 0), event(4, 0), elsewhere],
        Form::Delivered,
    );
    world
}

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
fn of_two_runs_at_one_claim_the_loser_plans_again() {
    let mut world = World::default();
    world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    // Asleep with a batch read, just before the claim.
    let before_claim = |op: &Op| op.kind == OpKind::Get && op.key.ends_with(".json.gz");
    let mut loser = asleep_after(&world, &Spec::all(), |side, op| {
        side == Side::Raw && before_claim(op)
    });
    world.deliver(in_lane(0, 1), vec![event(2, 0)], Form::Delivered);
    run(&world, &Spec::all());
    let summary = loser.finish().unwrap().unwrap();
    assert_eq!(summary.rows, 0);
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
    assert_eq!((summary.unfinished_lanes, summary.rows), (1, 1));
    assert!(summary.has_failures());
    let problems = worker.problems().join("\n");
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
    assert_eq!(summary.unfinished_lanes, 0);
    assert!(giving_up.problems().join("\n").contains("lost for good"));
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
    assert_eq!(sleeper.finish().unwrap().unwrap().unfinished_lanes, 1);
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
    assert_eq!(run(&world, &Spec::all()).unfinished_lanes, 1);
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
    let claim = futures::executor::block_on(world.table.store().get(&key, None)).unwrap();
    let claim = String::from_utf8(claim.to_vec()).unwrap();
    world
        .table
        .replace(&key, claim.replace("\"rows\":1", "\"rows\":2"));
    let mut worker = world.start(&Spec::all());
    let summary = worker.finish().unwrap().unwrap();
    assert_eq!(summary.unfinished_lanes, 1);
    assert!(worker.problems().join("\n").contains("version"));
    assert!(checked(&world).files.is_empty());
}

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
    let lanes = &snapshot.receipts[&lane(2)][&1].claim.objects[0].lanes;
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
fn an_object_over_the_size_cap_is_unread_until_the_cap_is_raised() {
    let mut world = World {
        max_object_bytes: Some(200),
        ..World::default()
    };
    let key = world.deliver(in_lane(0, 0), vec![event(0, 0)], Form::Delivered);
    let mut worker = world.start(&Spec::all());
    assert_eq!(worker.finish().unwrap().unwrap().unread_objects, 1);
    assert!(worker.problems().join("\n").contains(&key));
    world.max_object_bytes = None;
    assert_eq!(run(&world, &Spec::all()).rows, 1);
    complete(&world);
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
            "Table Put _ledger/format",
            "Table Get _ledger/format",
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
