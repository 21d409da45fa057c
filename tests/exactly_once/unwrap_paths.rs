//! Objects in which another path finds other records: whoever comes first decides, once for all lanes.

use crate::history::raw::{Record, gzip, home};
use crate::history::snapshot::{Cache, Rejected, Snapshot};
use crate::history::worker::State;
use crate::history::world::{Spec, World};
use crate::support::{event, run};
use std::collections::BTreeSet;

const ONE: Option<&str> = Some("one");
const TWO: Option<&str> = Some("a.two");

/// What a first and a second run are told.
const TOLD: [(Option<&str>, Option<&str>); 6] = [
    (ONE, TWO),
    (TWO, ONE),
    (None, ONE),
    (ONE, None),
    (None, TWO),
    (TWO, None),
];

/// Runs whose account is asked for, and where records go that name none.
fn told(unwrap: Option<&'static str>) -> Spec {
    let account_of_unknown = unwrap.map(|path| match path {
        "one" => "111122223333",
        _ => "999988887777",
    });
    Spec {
        unwrap,
        account_of_unknown,
        ..Spec::all()
    }
}

fn elsewhere(id: u8, lane: u8) -> String {
    let record = Record::Event {
        id: Some(id),
        variant: 0,
        lane,
        spelling: 0,
    };
    record.text()
}

/// An event that names no account.
fn nameless(id: u8) -> String {
    elsewhere(id, 0).replace("recipientAccountId", "otherId")
}

/// Lines in which each path finds others, of other lanes and of no account.
fn wrapped() -> String {
    let lines = [
        (elsewhere(1, 1), elsewhere(2, 2)),
        (elsewhere(3, 0), elsewhere(3, 2)),
        (nameless(0), elsewhere(0, 1)),
        (elsewhere(2, 0), "7".to_owned()),
    ];
    let line = |(one, two)| format!("{{\"one\":{one},\"a\":{{\"two\":{two}}}}}\n");
    lines.map(line).concat()
}

/// With records that every path finds, and without.
fn texts() -> [String; 2] {
    let always = [event(1, 0).text(), elsewhere(4, 2)].join("\n");
    [format!("{always}\n{}", wrapped()), wrapped()]
}

const KEY: &str = "dump/export.json.gz";

fn delivered(text: &str) -> World {
    let world = World::default();
    world.raw.replace(KEY, gzip(text));
    world
}

type Kept = (Vec<(String, String)>, Vec<Rejected>);

/// Each row with its partition, and the rejects.
fn kept(world: &World) -> Kept {
    let snapshot = Snapshot::read(&world.table, &mut Cache::default()).unwrap();
    let files = snapshot.files.into_iter();
    let rows = files.flat_map(|file| {
        let partition = file.partition.path();
        let row = move |row| (partition.clone(), row);
        file.rows.into_iter().map(row)
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort();
    let mut rejects = snapshot.rejects;
    rejects.sort();
    (rows, rejects)
}

/// What a run keeps that no other meets.
fn alone(text: &str, unwrap: Option<&'static str>) -> Kept {
    let world = delivered(text);
    run(&world, &told(unwrap));
    kept(&world)
}

/// Runs to the end, and then each that is told anything has nothing to do, and says nothing.
fn settles(world: &World) {
    for unwrap in [None, ONE, TWO] {
        run(world, &told(unwrap));
    }
    for unwrap in [None, ONE, TWO] {
        let mut worker = world.start(&told(unwrap));
        assert!(worker.finish().unwrap().unwrap().is_idle(), "{unwrap:?}");
        assert_eq!(worker.problem_texts(), "");
        assert_eq!(worker.written_bytes(), 0, "{unwrap:?}");
    }
}

/// The outcomes that there may be once all paths were tried.
fn outcomes(text: &str) -> Vec<Kept> {
    let outcomes = [None, ONE, TWO].map(|unwrap| alone(text, unwrap));
    // What without a path holds no record is left, and may be tried again.
    let mut outcomes: Vec<_> = outcomes
        .into_iter()
        .filter(|(rows, _)| !rows.is_empty())
        .collect();
    outcomes.dedup();
    outcomes
}

#[test]
fn each_path_finds_other_records() {
    let [with, without] = texts();
    assert_eq!(outcomes(&with).len(), 3);
    assert_eq!(outcomes(&without).len(), 2);
    let (rows, _) = alone(&with, ONE);
    let partitions: BTreeSet<_> = rows.iter().map(|(partition, _)| partition).collect();
    assert!(partitions.len() > 3, "{partitions:?}");
    let at_home = |(partition, _): &&(String, String)| partition.contains(home().account.as_str());
    assert_eq!(rows.iter().filter(at_home).count(), 0);
}

#[test]
fn a_later_run_with_another_path_adds_nothing_to_what_is_converted() {
    for text in texts() {
        for (first, second) in TOLD {
            let first_alone = alone(&text, first);
            let world = delivered(&text);
            run(&world, &told(first));
            run(&world, &told(second));
            let expected = match first_alone.0.is_empty() {
                true => alone(&text, second),
                false => first_alone,
            };
            assert_eq!(kept(&world), expected, "{first:?} {second:?}");
            settles(&world);
            assert_eq!(kept(&world), expected, "{first:?} {second:?}");
        }
    }
}

#[test]
fn of_two_runs_with_different_paths_one_decides_wherever_the_other_sleeps() {
    for text in texts() {
        let outcomes = outcomes(&text);
        for (first, second) in TOLD {
            let mut seen = BTreeSet::new();
            for calls in 1.. {
                let world = delivered(&text);
                let mut sleeper = world.start(&told(first));
                if let State::Ended(_) = sleeper.go(calls) {
                    break;
                }
                run(&world, &told(second));
                sleeper.finish().unwrap().unwrap();
                settles(&world);
                let kept = kept(&world);
                let outcome = outcomes.iter().position(|outcome| *outcome == kept);
                let outcome = outcome.expect("the records of one path, once each");
                seen.insert(outcome);
            }
            // Who comes first decides, but for what is left without a path.
            let is_left = |unwrap| alone(&text, unwrap).0.is_empty();
            let ways = if is_left(first) || is_left(second) {
                1
            } else {
                2
            };
            assert_eq!(seen.len(), ways, "{first:?} {second:?}");
        }
    }
}

#[test]
fn a_run_that_is_killed_after_any_call_is_finished_by_one_path() {
    for text in texts() {
        let outcomes = outcomes(&text);
        for (first, second) in TOLD {
            for calls in 1.. {
                let world = delivered(&text);
                let mut killed = world.start(&told(first));
                if let State::Ended(_) = killed.go(calls) {
                    break;
                }
                drop(killed);
                run(&world, &told(second));
                settles(&world);
                assert!(
                    outcomes.contains(&kept(&world)),
                    "{first:?} {second:?} {calls}"
                );
            }
        }
    }
}

#[test]
fn a_run_for_one_account_decides_for_the_others() {
    for text in texts() {
        let outcomes = outcomes(&text);
        for (first, second) in TOLD {
            for account in ["111111111111", "222222222222"] {
                let world = delivered(&text);
                let of_account = Spec {
                    account: Some(account),
                    ..told(first)
                };
                run(&world, &of_account);
                run(&world, &told(second));
                settles(&world);
                assert!(
                    outcomes.contains(&kept(&world)),
                    "{first:?} {second:?} {account}"
                );
            }
        }
    }
}

#[test]
fn what_was_moved_is_read_as_it_was() {
    let [with, without] = texts();
    for (text, paths) in [(&with, &TOLD[..]), (&without, &TOLD[..2])] {
        for &(first, second) in paths {
            let world = delivered(text);
            run(&world, &told(first));
            let expected = kept(&world);
            world.raw.remove(KEY);
            world
                .raw
                .replace(&format!("mounted elsewhere/{KEY}"), gzip(text));
            settles(&world);
            run(&world, &told(second));
            assert_eq!(kept(&world), expected, "{first:?} {second:?}");
        }
    }
}
