//! Raw objects against the table.

use crate::support::{World, event, key, records};
use cloudtrail2parquet::convert::ConvertOptions;
use cloudtrail2parquet::verify::Level;
use std::time::Duration;

#[test]
fn every_raw_record_is_a_row_a_duplicate_or_a_reject() {
    let world = World::sample();
    let report = world.verify(Level::Raw);
    assert_eq!(report.findings, []);
    assert!(report.raw_objects > 10 && report.raw_records > 100);
    assert_eq!(report.raw_gone, 0);
}

#[test]
fn a_raw_object_that_no_run_has_converted_is_found() {
    let world = World::sample();
    world.raw.replace(&key(3, "new"), records(&[event("z", 3)]));
    assert_eq!(world.codes(Level::Raw), ["not_converted"]);
    world.raw.replace("another.json", records(&[event("z", 3)]));
    assert_eq!(world.verify(Level::Raw).findings.len(), 2);
    assert!(world.codes(Level::Rows).is_empty());
    world.convert();
    assert!(world.codes(Level::Raw).is_empty());
}

#[test]
fn a_raw_object_that_has_gone_is_counted_and_is_no_fault_of_the_table() {
    let world = World::sample();
    world.raw.remove(&key(1, "one"));
    let report = world.verify(Level::Raw);
    assert_eq!((report.findings.len(), report.raw_gone), (0, 1));
}

#[test]
fn a_raw_record_that_was_changed_is_found() {
    let world = World::sample();
    world
        .raw
        .replace(&key(1, "one"), records(&[event("other", 1)]));
    let report = world.verify(Level::Raw);
    // A new version, which is to be converted; what the old one gave cannot be compared.
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|found| found.kind.code())
        .collect();
    assert_eq!((found, report.raw_gone), (vec!["not_converted"], 1));
}

#[test]
fn rows_of_another_table_are_not_what_the_raw_objects_give() {
    let (world, other) = (World::default(), World::default());
    let name = key(1, "x");
    world
        .raw
        .replace(&name, records(&[event("a", 1), event("b", 1)]));
    other
        .raw
        .replace(&name, records(&[event("a", 1), event("c", 1)]));
    world.convert();
    other.convert();
    take_file_of(&world, &other, "/2024-05/");
    assert!(world.codes(Level::Rows).is_empty());
    assert_eq!(world.codes(Level::Raw), ["foreign_row", "missing_record"]);
}

/// Two events that were rejected by a clock that was behind, and are rows since.
fn retried(ids: [&str; 2]) -> World {
    let world = World::default();
    let events = ids.map(|id| event(id, 3));
    world.raw.replace("dump.json", records(&events));
    world.convert_as(ConvertOptions {
        now: "2024-05-01T00:00:00Z".parse().unwrap(),
        ..World::options()
    });
    assert!(world.keys(".parquet").is_empty());
    world.convert_as(ConvertOptions {
        retry_rejects: true,
        ..World::options()
    });
    assert_eq!(world.keys(".parquet").len(), 1);
    world
}

#[test]
fn rejects_that_became_rows_are_these_rows_also_in_merged_files() {
    let world = retried(["a", "b"]);
    world.raw.replace(&key(3, "new"), records(&[event("c", 3)]));
    world.convert();
    assert_eq!(world.verify(Level::Raw).findings, []);
    world.table.advance(Duration::from_secs(25 * 60 * 60));
    assert_eq!(world.compact().replaced_files, 2);
    assert_eq!(world.verify(Level::Raw).findings, []);
}

#[test]
fn rows_that_no_retried_reject_gives_are_found() {
    let (world, other) = (retried(["a", "b"]), retried(["a", "c"]));
    take_file_of(&world, &other, "/undated/");
    assert!(world.codes(Level::Rows).is_empty());
    assert_eq!(world.codes(Level::Raw), ["foreign_row", "missing_record"]);
}

/// A claim and its receipt say another time of reading, by which later events are rows: as if another
/// program had rejected them.
#[test]
fn rejects_that_would_be_rows_by_now_are_no_finding_before_and_after_they_are_retried() {
    let world = World::default();
    let records_of_dump = [event("a", 3), event("b", 3), "5".to_owned()];
    world.raw.replace("dump.json", records(&records_of_dump));
    let early = "2024-05-01T00:00:00Z";
    world.convert_as(ConvertOptions {
        now: early.parse().unwrap(),
        ..World::options()
    });
    let mut changed = 0;
    for document in world.keys("_ledger/") {
        let text = String::from_utf8(world.body(&document)).unwrap();
        if let Some((unsealed, _)) = text.rsplit_once(",\"sha256\":\"")
            && text.contains(early)
        {
            let later = unsealed.replace(early, "2024-06-01T00:00:00Z");
            world.table.replace(&document, format!("{later}}}"));
            changed += 1;
        }
    }
    assert_eq!(changed, 2 * world.keys("_rejects/").len());
    let report = world.verify(Level::Raw);
    assert_eq!((report.findings, report.raw_records), (vec![], 3));

    world.convert_as(ConvertOptions {
        retry_rejects: true,
        ..World::options()
    });
    assert_eq!(world.keys(".parquet").len(), 1);
    assert_eq!(world.verify(Level::Raw).findings, []);
    let rejects = world.keys("_rejects/");
    for key in rejects {
        let body = String::from_utf8(world.body(&key)).unwrap();
        let other = body.replace("\\\"a\\\"", "\\\"x\\\"");
        world.table.replace(&key, other);
    }
    let codes = world.codes(Level::Raw);
    assert!(codes.contains(&"missing_record"), "{codes:?}");
}

/// Gives a table's one file the content of another's, of as many rows, and the last receipt of such
/// a name what that one says of it: as if a defect had written it.
fn take_file_of(world: &World, other: &World, receipts: &str) {
    let file = |world: &World| world.keys(".parquet").remove(0);
    let receipt = |world: &World| world.keys(receipts).pop().unwrap();
    world.table.replace(&file(world), other.body(&file(other)));
    let text = |world: &World| String::from_utf8(world.body(&receipt(world))).unwrap();
    let written = |text: &str| {
        let (_, written) = text.split_once("\"written\":[").unwrap();
        let (_, bytes) = written.split_once("\"bytes\":").unwrap();
        bytes.split_once('}').unwrap().0.to_owned()
    };
    let (own, theirs) = (text(world), text(other));
    let (unsealed, _) = own.rsplit_once(",\"sha256\":\"").unwrap();
    let changed = format!("{unsealed}}}").replace(&written(&own), &written(&theirs));
    world.table.replace(&receipt(world), changed);
}
