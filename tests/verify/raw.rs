//! Raw objects against the table.

use crate::support::{World, event, key, records};
use cloudtrail2parquet::verify::Level;

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
    // A file of as many rows, and documents that name it, as if a defect had written it.
    let (file, twin) = (
        world.keys(".parquet").remove(0),
        other.keys(".parquet").remove(0),
    );
    world.table.replace(&file, other.body(&twin));
    let receipt = world.keys("/2024-05/").remove(0);
    let text = String::from_utf8(world.body(&receipt)).unwrap();
    let (unsealed, _) = text.rsplit_once(",\"sha256\":\"").unwrap();
    let own = &world.body(&receipt);
    let theirs = String::from_utf8(other.body(&other.keys("/2024-05/").remove(0))).unwrap();
    let written = |text: &str| {
        let (_, written) = text.split_once("\"written\":[").unwrap();
        let (_, bytes) = written.split_once("\"bytes\":").unwrap();
        bytes.split_once('}').unwrap().0.to_owned()
    };
    let own = String::from_utf8(own.clone()).unwrap();
    let text = format!("{unsealed}}}").replace(&written(&own), &written(&theirs));
    world.table.replace(&receipt, text);
    assert!(world.codes(Level::Rows).is_empty());
    assert_eq!(world.codes(Level::Raw), ["foreign_row", "missing_record"]);
}
