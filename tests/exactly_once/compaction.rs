//! Files that are merged, by workers that are killed, sleep, or meet others.

use crate::history::raw::{DAYS, Form, Record, lane};
use crate::history::worker::{Side, State, Worker};
use crate::history::world::{Spec, TINY, World};
use crate::support::{
    asleep, asleep_after, checked, complete, event, in_lane, is_claim, rows, run,
};
use cloudtrail2parquet::failure::Waiting;
use cloudtrail2parquet::monitor::Problem;
use cloudtrail2parquet::store::{Op, OpKind};
use futures::FutureExt as _;

fn compact(world: &World) -> Worker {
    let mut worker = world.compacting();
    worker.finish().unwrap().unwrap();
    worker
}

fn files(world: &World) -> usize {
    checked(world).files.len()
}

/// Three files of one partition, and one of another, all of them a day old.
fn converted() -> World {
    let mut world = World::default();
    for hour in 4..7 {
        let records = vec![event(0, hour), Record::Timeless { lane: 0 }];
        world.deliver(in_lane(0, 0), records, Form::Delivered);
        run(&world, &Spec::all().with_memory(TINY));
    }
    world.deliver(in_lane(0, 1), vec![event(1, 1)], Form::Delivered);
    run(&world, &Spec::all());
    world.pass_a_day();
    world
}

#[test]
fn the_files_of_a_partition_become_one_with_all_rows_and_the_next_compaction_writes_nothing() {
    let world = converted();
    let count = rows(&world);
    assert_eq!(files(&world), 4);
    compact(&world);
    assert_eq!((files(&world), rows(&world)), (2, count));
    complete(&world);
    assert_eq!(compact(&world).written_bytes(), 0);
    let again = world.start(&Spec::all()).finish().unwrap().unwrap();
    assert_eq!((again.objects, again.files), (0, 0));
}

#[test]
fn files_that_are_younger_than_a_day_are_left() {
    let mut world = converted();
    world.deliver(in_lane(0, 0), vec![event(0, 21)], Form::Delivered);
    run(&world, &Spec::all());
    compact(&world);
    assert_eq!(files(&world), 3);
    world.pass_a_day();
    compact(&world);
    assert_eq!(files(&world), 2);
    complete(&world);
}

#[test]
fn a_compaction_killed_before_or_after_any_store_call_is_completed_by_the_next() {
    let world = converted();
    let mut worker = world.compacting();
    worker.finish().unwrap().unwrap();
    let (calls, merged, count) = (worker.calls().len(), files(&world), rows(&world));
    assert!(calls > 15, "{calls}");
    for killed_after in 0..=calls {
        let world = converted();
        let mut worker = world.compacting();
        worker.go(killed_after);
        drop(worker);
        checked(&world);
        compact(&world);
        complete(&world);
        assert_eq!(
            (files(&world), rows(&world)),
            (merged, count),
            "killed after {killed_after}"
        );
        assert_eq!(
            compact(&world).written_bytes(),
            0,
            "killed after {killed_after}"
        );
    }
}

/// A dozen files of one partition, and a size of which they make several.
fn converted_often() -> (World, u64) {
    let mut world = World::default();
    for id in 0..12 {
        let records = (4..24).map(|hour| event(id * DAYS.len() as u8, hour));
        world.deliver(in_lane(0, 0), records.collect(), Form::Delivered);
        run(&world, &Spec::all());
    }
    world.pass_a_day();
    let store = world.table.store();
    let listed = store.list("account=", None).now_or_never().unwrap();
    let sizes = listed.unwrap().into_iter().map(|entry| entry.size);
    (world, sizes.max().unwrap() * 2 + 1)
}

/// The rows of each file, by name.
fn rows_of_files(world: &World) -> Vec<usize> {
    let files = checked(world).files;
    files.iter().map(|file| file.rows.len()).collect()
}

#[test]
fn a_compaction_into_several_files_killed_after_any_store_call_is_completed_by_the_next() {
    let (world, target) = converted_often();
    let compact = |world: &World| {
        let mut worker = world.compacting_into(target);
        worker.finish().unwrap().unwrap();
        worker
    };
    let calls = compact(&world).calls().len();
    let merged = rows_of_files(&world);
    assert!((2..6).contains(&merged.len()), "{merged:?}");
    assert_eq!(merged.iter().sum::<usize>(), 240);
    for killed_after in 0..=calls {
        let (world, _) = converted_often();
        let mut worker = world.compacting_into(target);
        worker.go(killed_after);
        drop(worker);
        checked(&world);
        compact(&world);
        complete(&world);
        assert_eq!(rows_of_files(&world), merged, "killed after {killed_after}");
        assert_eq!(
            compact(&world).written_bytes(),
            0,
            "killed after {killed_after}"
        );
    }
}

/// What is between two quotation marks after a member's name; nothing if it is not there.
fn text_after<'r>(record: &'r str, name: &str) -> &'r str {
    let after = record
        .split_once(&format!("\"{name}\":\""))
        .map_or("", |(_, after)| after);
    after.split_once('"').map_or("", |(text, _)| text)
}

/// What decides the order of the rows of the last claim's files, one after another.
fn sort_keys<const N: usize>(world: &World, names: [&str; N]) -> Vec<[String; N]> {
    let files = checked(world).files;
    let last = files.iter().map(|file| &file.name[..12]).max();
    let files = files.iter().filter(|file| file.name.get(..12) == last);
    let rows = files.flat_map(|file| &file.rows);
    rows.map(|row| names.map(|name| text_after(row, name).to_owned()))
        .collect()
}

#[test]
fn a_partition_that_becomes_several_files_is_sorted_as_a_whole() {
    let (world, target) = converted_often();
    world.compacting_into(target).finish().unwrap().unwrap();
    assert!(sort_keys(&world, ["eventName", "arn", "eventTime"]).is_sorted());
    assert!(!sort_keys(&world, ["eventName", "eventTime"]).is_sorted());
}

#[test]
fn a_claim_of_a_program_that_sorted_by_time_is_finished_in_that_order() {
    let claimed = || {
        let (world, target) = converted_often();
        drop(asleep(world.compacting_into(target), is_claim));
        let keys = world.table.keys();
        let key = keys.iter().rfind(|key| key.contains("/log/")).unwrap();
        let claim = world.table.store().get(key).now_or_never();
        let claim = String::from_utf8(claim.unwrap().unwrap().to_vec()).unwrap();
        assert!(claim.contains("sort_by_identity"));
        let (unsealed, _) = claim.rsplit_once(",\"sha256\":\"").unwrap();
        let earlier = format!("{unsealed}}}").replace("sort_by_identity", "sort");
        world.table.replace(key, earlier);
        (world, target)
    };
    for killed_after in 0.. {
        let (world, target) = claimed();
        let mut worker = world.compacting_into(target);
        let is_done = matches!(worker.go(killed_after), State::Ended(_));
        drop(worker);
        world.compacting_into(target).finish().unwrap().unwrap();
        complete(&world);
        assert!(sort_keys(&world, ["eventName", "eventTime"]).is_sorted());
        if is_done {
            break;
        }
    }
}

#[test]
fn a_compaction_into_several_files_sleeps_at_any_store_call_while_another_finishes_it() {
    for sleeps_after in 0.. {
        let (mut world, target) = converted_often();
        let mut sleeper = world.compacting_into(target);
        let state = sleeper.go(sleeps_after);
        let is_putting = sleeper.is_putting();
        world.compacting_into(target).finish().unwrap().unwrap();
        checked(&world);
        if matches!(state, State::Ended(_)) {
            break;
        }
        // What was converted before is still found, wherever its rows stand.
        world.deliver(in_lane(0, 0), vec![event(0, 5)], Form::Delivered);
        run(&world, &Spec::all());
        if !is_putting {
            sleeper.finish().unwrap().unwrap();
        }
        complete(&world);
        assert_eq!(rows(&world), 240, "slept after {sleeps_after}");
    }
}

#[test]
fn a_compaction_that_sleeps_at_any_store_call_while_others_run_does_no_harm() {
    let others: [&dyn Fn(&mut World); 3] = [
        &|world| _ = compact(world),
        &|world| {
            world.deliver(
                in_lane(0, 0),
                vec![event(0, 4), event(0, 20)],
                Form::Delivered,
            );
            run(world, &Spec::all());
        },
        &|world| {
            compact(world);
            world.deliver(in_lane(0, 0), vec![event(0, 20)], Form::Delivered);
            run(world, &Spec::all());
            world.pass_a_day();
            compact(world);
        },
    ];
    for other in others {
        for sleeps_after in 0.. {
            let mut world = converted();
            let mut sleeper = world.compacting();
            let state = sleeper.go(sleeps_after);
            let is_putting = sleeper.is_putting();
            other(&mut world);
            checked(&world);
            if matches!(state, State::Ended(_)) {
                break;
            }
            // A put that is under way is over long before a day has passed.
            if !is_putting {
                sleeper.finish().unwrap().unwrap();
            }
            checked(&world);
            compact(&world);
            run(&world, &Spec::all());
            complete(&world);
        }
    }
}

#[test]
fn a_conversion_that_sleeps_while_the_files_it_compares_with_are_merged_plans_again() {
    for sleeps_after in 0.. {
        let mut world = converted();
        world.deliver(
            in_lane(0, 0),
            vec![event(0, 4), event(0, 20)],
            Form::Delivered,
        );
        let mut sleeper = world.start(&Spec::all());
        let state = sleeper.go(sleeps_after);
        if matches!(state, State::Ended(_)) {
            break;
        }
        compact(&world);
        let summary = sleeper.finish().unwrap().unwrap();
        assert_eq!(summary.waiting_lanes, 0, "{}", sleeper.problem_texts());
        complete(&world);
    }
}

#[test]
fn a_conversion_that_wakes_after_its_files_were_merged_brings_none_back() {
    let mut world = World::default();
    let records = vec![event(0, 0), Record::Timeless { lane: 0 }];
    world.deliver(in_lane(0, 0), records, Form::Delivered);
    let is_rejects =
        |side, op: &Op| side == Side::Table && op.kind == OpKind::Put && op.key.contains("/log/");
    // Its claim is made; what it rejects and its file are still to be put.
    let mut sleeper = asleep_after(&world, &Spec::all(), is_rejects);
    run(&world, &Spec::all());
    world.deliver(in_lane(0, 0), vec![event(0, 9)], Form::Delivered);
    run(&world, &Spec::all());
    world.pass_a_day();
    compact(&world);
    assert_eq!(files(&world), 1);
    assert!(!sleeper.is_putting());
    sleeper.finish().unwrap().unwrap();
    complete(&world);
    assert_eq!((files(&world), rows(&world)), (1, 2));
}

#[test]
fn a_conversion_that_may_not_delete_names_an_open_compaction_and_leaves_the_lane() {
    let mut world = converted();
    let mut killed = world.compacting();
    let is_removal = |_, op: &Op| op.kind == OpKind::Remove;
    assert!(killed.go_until(is_removal));
    drop(killed);
    world.deliver(in_lane(0, 0), vec![event(0, 20)], Form::Delivered);
    let mut worker = world.start(&Spec::all());
    let summary = worker.finish().unwrap().unwrap();
    assert_eq!((summary.waiting_lanes, summary.rows), (1, 0));
    let told = worker.problems().remove(0);
    assert!(told.to_string().contains("run `compact`"), "{told}");
    let mut options = world.options(&Spec::all(), Default::default());
    options.finish_upkeep = true;
    let summary = world.start_with(options).finish().unwrap().unwrap();
    assert_eq!((summary.waiting_lanes, summary.rows), (0, 1));
    complete(&world);
}

#[test]
fn a_compaction_names_an_open_conversion_and_leaves_the_lane() {
    let mut world = converted();
    world.deliver(in_lane(0, 0), vec![event(0, 20)], Form::Delivered);
    drop(asleep_after(&world, &Spec::all(), crate::support::is_claim));
    let before = files(&world);
    let worker = compact(&world);
    let told = worker.problems();
    let is_told = |problem: &Problem| matches!(problem, Problem::LaneWaits { lane: of, why: Waiting::OpenClaim { .. } } if *of == lane(0));
    assert!(told.iter().any(is_told), "{told:?}");
    assert_eq!(files(&world), before);
    run(&world, &Spec::all());
    compact(&world);
    complete(&world);
}

#[test]
fn a_damaged_file_is_named_and_not_merged_and_other_partitions_are() {
    let world = converted();
    let snapshot = checked(&world);
    let file = &snapshot.files[0];
    let key = format!("{}{}", file.partition.path(), file.name);
    let intact = world
        .table
        .store()
        .get(&key)
        .now_or_never()
        .unwrap()
        .unwrap();
    let mut damaged = intact.to_vec();
    damaged[40] ^= 1;
    world.table.replace(&key, damaged);
    world.pass_a_day();
    let told = compact(&world).problem_texts();
    assert!(told.contains(&key), "{told}");
    world.table.replace(&key, intact);
    world.pass_a_day();
    compact(&world);
    complete(&world);
}

#[test]
fn a_receipt_that_is_gone_is_missed_also_when_its_file_was_merged() {
    let mut world = World::default();
    let nameless = Record::Event {
        id: None,
        variant: 0,
        lane: 0,
        spelling: 0,
    };
    world.deliver(in_lane(0, 0), vec![nameless], Form::Delivered);
    run(&world, &Spec::all());
    world.deliver(in_lane(0, 0), vec![event(1, 4)], Form::Delivered);
    run(&world, &Spec::all());
    world.pass_a_day();
    compact(&world);
    let keys = world.table.keys();
    let receipt = keys.iter().find(|key| key.contains("/000000000001.2024"));
    assert!(world.table.remove(receipt.unwrap()));
    let mut worker = world.start(&Spec::all());
    let summary = worker.finish().unwrap().unwrap();
    assert_eq!((summary.rows, summary.waiting_lanes), (0, 1));
}

#[test]
fn a_rewriting_killed_before_or_after_any_store_call_is_completed_by_the_next() {
    let world = converted();
    let mut worker = world.rewriting();
    worker.finish().unwrap().unwrap();
    let (calls, count) = (worker.calls().len(), rows(&world));
    assert!(calls > 15, "{calls}");
    for killed_after in 0..=calls {
        let world = converted();
        let mut worker = world.rewriting();
        worker.go(killed_after);
        drop(worker);
        checked(&world);
        let mut next = world.rewriting();
        next.finish().unwrap().unwrap();
        complete(&world);
        assert_eq!(rows(&world), count, "killed after {killed_after}");
        world.pass_a_day();
        let mut again = world.rewriting();
        again.finish().unwrap().unwrap();
        assert_eq!(again.written_bytes(), 0, "killed after {killed_after}");
        compact(&world);
        complete(&world);
    }
}
