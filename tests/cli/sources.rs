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
fn one_file_is_a_source_whatever_it_is_called() {
    let place = Place::new();
    let log = |id: &str| event(id, "111122223333", "2024-05-01T00:00:00Z");
    let day = "logs/AWSLogs/111122223333/CloudTrail/eu-west-1/2024/05/01";
    place.write("logs/dump.ndjson", log("e1"));
    place.write("logs/other.ndjson", log("e2"));
    place.write("logs/events.export", log("e3"));
    place.write(&format!("{day}/a.json"), log("e4"));
    place.write(&format!("{day}/b.json"), log("e5"));
    for source in [
        "logs/dump.ndjson",
        "logs/events.export",
        &format!("{day}/a.json"),
    ] {
        for rows in [1, 0] {
            let command = format!("convert {source} table --from 2024-05-01 --json");
            let summary = json(&place.run(&command));
            assert_eq!(summary["rows"].as_u64(), Some(rows), "{source}: {summary}");
            let ignored = summary["ignored_objects"].as_object().unwrap();
            assert!(ignored.is_empty(), "{source}: {summary}");
        }
        let verify = place.run(&format!("verify {source} table"));
        assert_eq!(verify.status.code(), Some(0), "{source}");
    }
    // The folder that holds them has them already.
    let summary = place.convert("", 0);
    assert_eq!(summary["rows"].as_u64(), Some(2));
    let output = place.run("convert logs/none.json table");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn names_that_are_not_asked_for_are_left_out_and_counted() {
    let place = Place::new();
    let log = |id: &str| event(id, "111122223333", "2024-05-01T00:00:00Z");
    place.write("logs/case-1/a.json", log("e1"));
    place.write("logs/case-1/old/b.json", log("e2"));
    place.write("logs/case-2/c.json", log("e3"));
    let key = "AWSLogs/111122223333/CloudTrail/eu-west-1/2024/05/01/d.json";
    place.write(&format!("logs/{key}"), log("e4"));
    let summary = place.convert("--include case-1/* --exclude */old/*", 0);
    assert_eq!(summary["rows"].as_u64(), Some(1));
    let left = &summary["ignored_objects"]["excluded files"];
    assert_eq!(left["count"].as_u64(), Some(3));
    let plan = "convert logs table --dry-run --json --include *.json --exclude case-*";
    let plan = json(&place.run(plan));
    assert_eq!(plan["lanes"][0]["pending_objects"].as_u64(), Some(1));
    assert_eq!(plan["unplaced_objects"].as_u64(), Some(0));
    assert_eq!(place.convert("", 0)["rows"].as_u64(), Some(3));
    let nothing = place.run("convert logs/case-2 another --exclude *");
    assert_eq!(nothing.status.code(), Some(3));
    assert!(stderr(&nothing).contains("1 excluded files (c.json)"));
    let wrong = place.run("convert logs table --include [");
    assert_eq!(wrong.status.code(), Some(2), "{}", stderr(&wrong));
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
    assert_eq!(number("records"), 1_060);
    assert_eq!(
        number("rows") + number("rejects") + number("duplicates"),
        1_060
    );
    let left = &summary["left_records"]["left_aggregated_events"];
    assert_eq!(left.as_u64(), Some(2));
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
