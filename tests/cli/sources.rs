//! The forms that raw logs come in where no CloudTrail path tells.

use crate::support::{Place, counts, event, gzip, json, rows, shared, stderr, table};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;

#[test]
fn every_form_of_hand_written_logs_is_converted() {
    let place = Place::new();
    let event = |number: u32| {
        event(
            &format!("e{number}"),
            &format!("{:012}", number / 10),
            &format!("2024-05-0{}T10:00:00Z", number % 10),
        )
    };
    place.write(
        "logs/a/lines.ndjson",
        format!("{}\n{}\n", event(11), event(12)),
    );
    place.write(
        "logs/lines.jsonl.gz",
        gzip(&format!("{}\n\n{}", event(21), event(22))),
    );
    place.write(
        "logs/array.json",
        format!("[{},\n {}]", event(31), event(32)),
    );
    place.write(
        "logs/plain.json",
        format!(r#"{{"Records":[{}]}}"#, event(41)),
    );
    let embedded = serde_json::to_string(&event(51)).unwrap();
    place.write(
        "logs/lookup.json",
        format!(r#"{{"Events":[{{"EventId":"e51","CloudTrailEvent":{embedded}}}]}}"#),
    );
    let text = format!(r#"{{"Records":[{},{}]}}"#, event(61), event(62));
    let (head, tail) = text.split_at(40);
    place.write("logs/members.json.gz", [gzip(head), gzip(tail)].concat());
    place.write("logs/notes.txt", "not a log");

    let summary = place.convert("", 0);
    assert_eq!(summary["records"].as_u64(), Some(10));
    let expected: BTreeMap<String, u64> = [11, 12, 21, 22, 31, 32, 41, 51, 61, 62]
        .map(|number| {
            (
                format!("{:012}/eu-west-1/2024-05-0{}", number / 10, number % 10),
                1,
            )
        })
        .into();
    assert_eq!(counts(&place.table()), expected);
    assert_eq!(place.convert("", 0)["objects"].as_u64(), Some(0));
}

#[test]
fn a_file_of_many_lanes_is_planned_and_counted_once() {
    let place = Place::new();
    let lines = [1, 2, 3]
        .map(|account| event("e1", &format!("{account:012}"), "2024-05-01T00:00:00Z").to_string());
    place.write("logs/dump.ndjson", lines.join("\n"));
    let bytes = lines.join("\n").len() as u64;

    let plan = json(&place.run("convert logs table --dry-run --json"));
    assert_eq!(plan["unplaced_pending_objects"].as_u64(), Some(1));
    let summary = place.convert("", 0);
    assert_eq!(summary["objects"].as_u64(), Some(1));
    assert_eq!(summary["uncompressed_bytes"].as_u64(), Some(bytes));
    assert_eq!(summary["rows"].as_u64(), Some(3));
    let plan = json(&place.run("convert logs table --dry-run --json"));
    assert_eq!(plan["unplaced_pending_objects"].as_u64(), Some(0));
}

#[test]
fn a_file_as_source_is_refused_with_the_folder_to_name() {
    let place = Place::new();
    place.write(
        "logs/dump.ndjson",
        event("e1", "111122223333", "2024-05-01T00:00:00Z"),
    );
    let output = place.run("convert logs/dump.ndjson table");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains(r#"name a folder, such as "logs""#),
        "{}",
        stderr(&output)
    );
}

#[test]
fn every_odd_record_is_a_row_or_a_reject_in_the_lane_that_it_names() {
    let Some(shapes) = shared("shapes.ndjson.gz") else {
        return;
    };
    let place = Place::new();
    let bytes = fs::read(shapes).unwrap();
    place.write("logs/shapes.ndjson.gz", &bytes);
    let output = place.run("convert logs table --json");
    let summary = json(&output);
    let number = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!(number("records"), 1_062);
    assert_eq!(
        number("rows") + number("rejects") + number("duplicates"),
        1_062
    );
    assert_eq!(
        output.status.code(),
        Some(if number("rejects") > 0 { 3 } else { 0 })
    );
    let table = place.table();
    assert_eq!(rows(&table), number("rows"));

    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(&bytes[..])
        .read_to_string(&mut text)
        .unwrap();
    let mut lanes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let Ok(record) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        if let Some(id) = record["eventID"].as_str() {
            lanes
                .entry(id.to_owned())
                .or_default()
                .insert(lane(&record));
        }
    }
    for (partition, ids) in &table {
        let (lane, _) = partition.rsplit_once('/').unwrap();
        for id in ids.iter().filter(|id| !id.is_empty()) {
            let expected = &lanes[id];
            assert!(
                expected.contains(lane),
                "{id} is in {lane}, not in {expected:?}"
            );
        }
    }
}

/// The lane of a record without a key, as the documentation tells it.
fn lane(record: &Value) -> String {
    let account = |value: &Value| {
        let digits = value.as_str().filter(|text| text.len() == 12)?;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.to_owned())
    };
    let account = account(&record["recipientAccountId"])
        .or_else(|| account(&record["userIdentity"]["accountId"]))
        .unwrap_or_else(|| "000000000000".to_owned());
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let region = record["awsRegion"].as_str().filter(|text| {
        (3..=32).contains(&text.len())
            && text.bytes().all(fits)
            && text.bytes().any(|byte| byte.is_ascii_lowercase())
    });
    format!("{account}/{}", region.unwrap_or("unknown"))
}

#[test]
fn a_conversion_of_logs_without_paths_is_the_same_after_a_copy_to_another_name() {
    let place = Place::new();
    place.write(
        "logs/one.json",
        format!("[{}]", event("e1", "111122223333", "2024-05-01T00:00:00Z")),
    );
    place.convert("", 0);
    place.write(
        "logs/copy.json",
        format!("[{}]", event("e1", "111122223333", "2024-05-01T00:00:00Z")),
    );
    let summary = place.convert("", 0);
    assert_eq!(summary["duplicates"].as_u64(), Some(1));
    assert_eq!(rows(&table(&place.path("table"))), 1);
}
