//! A table of each ledger format as it was written then: it is read and continued for good.
//!
//! `tests/golden/format-<n>/` holds the raw objects and the table, key by key. The table has a
//! lane with rejects, repeats and an unread object, a dump of two lanes, and an open claim.

#![allow(clippy::unwrap_used)]

mod history;

use cloudtrail2parquet::ledger::FORMAT;
use cloudtrail2parquet::store::Memory;
use history::oracle::{check, check_complete};
use history::raw::{Form, Place, Record, lane};
use history::snapshot::{Cache, Snapshot};
use history::world::{Spec, World};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn folder(format: u32) -> PathBuf {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    golden.join(format!("format-{format}"))
}

/// The objects of a folder, by key.
fn read(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut objects = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).unwrap();
            waiting.extend(entries.map(|entry| entry.unwrap().path()));
        } else {
            let key = path.strip_prefix(folder).unwrap().to_str().unwrap();
            objects.insert(key.to_owned(), fs::read(&path).unwrap());
        }
    }
    objects
}

fn write(memory: &Memory, folder: &Path) {
    for key in memory.keys() {
        let body = futures::executor::block_on(memory.store().get(&key)).unwrap();
        let path = folder.join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, body).unwrap();
    }
}

fn event(id: u8) -> Record {
    Record::Event {
        id: Some(id),
        variant: 0,
        lane: 0,
        spelling: 1,
    }
}

fn in_lane(day: u8) -> Place {
    Place::Lane {
        lane: 0,
        tree: 0,
        insight: false,
        day,
    }
}

fn rows(snapshot: &Snapshot) -> usize {
    snapshot.files.iter().map(|file| file.rows.len()).sum()
}

/// What the golden tables are made of, in the same order; in bytes as they were packed then.
fn delivered(packed: BTreeMap<String, Vec<u8>>) -> World {
    let mut world = World {
        packed,
        ..World::default()
    };
    let without_id = Record::Event {
        id: None,
        variant: 0,
        lane: 0,
        spelling: 2,
    };
    let elsewhere = Record::Event {
        id: Some(3),
        variant: 0,
        lane: 2,
        spelling: 0,
    };
    let mixed = vec![event(0), event(0), without_id, Record::Timeless { lane: 0 }];
    world.deliver(in_lane(2), mixed, Form::Delivered);
    world.deliver(in_lane(2), vec![event(1)], Form::Truncated);
    world.deliver(Place::Dump, vec![event(0), elsewhere], Form::Lines);
    world
}

#[test]
#[ignore = "writes the golden table of this format, once, where there is none yet"]
fn write_the_golden_table_of_this_format() {
    let folder = folder(FORMAT);
    assert!(!folder.exists(), "golden tables never change");
    let mut world = delivered(BTreeMap::new());
    world.start(&Spec::all()).finish().unwrap().unwrap();
    world.deliver(in_lane(3), vec![event(2)], Form::Delivered);
    let mut worker = world.start(&Spec::all());
    assert!(worker.go_until(|_, op| op.key.ends_with("log/000000000002")));
    drop(worker);
    write(&world.raw, &folder.join("raw"));
    write(&world.table, &folder.join("table"));
}

#[test]
fn the_golden_table_of_format_2_is_read_finished_and_continued() {
    let folder = folder(2);
    let raw = read(&folder.join("raw"));
    let mut world = delivered(raw.clone());
    world.deliver(in_lane(3), vec![event(2)], Form::Delivered);
    assert!(world.raw.keys().iter().eq(raw.keys()));
    for (key, body) in read(&folder.join("table")) {
        world.table.replace(&key, body);
    }

    let before = check(&world, &mut Cache::default()).unwrap();
    assert_eq!((rows(&before), before.rejects.len()), (3, 1));
    let summary = world.start(&Spec::all()).finish().unwrap().unwrap();
    assert_eq!((summary.rows, summary.unread_objects), (1, 1));
    let finished = check(&world, &mut Cache::default()).unwrap();
    check_complete(&world, &finished).unwrap();

    let mut idle = world.start(&Spec::all());
    idle.finish().unwrap().unwrap();
    assert_eq!(idle.written_bytes(), 0);

    // What is there is known, and what is new is added.
    world.deliver(in_lane(3), vec![event(0), event(4)], Form::Delivered);
    let summary = world.start(&Spec::all()).finish().unwrap().unwrap();
    assert_eq!((summary.rows, summary.duplicates), (1, 1));
    let after = check(&world, &mut Cache::default()).unwrap();
    check_complete(&world, &after).unwrap();
    assert_eq!(after.claims[&lane(0)].len(), 3);
}
