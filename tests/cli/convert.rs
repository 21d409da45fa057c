//! `convert` from folder to folder: what is written, said and counted.

use crate::support::{Place, counts, expected, json, rows, stderr, stdout, tree};
use std::fs;

#[test]
fn a_sample_is_converted_exactly_once_under_each_events_own_date() {
    let (place, truth) = Place::with_sample();
    let summary = place.convert("", 0);
    assert_eq!(counts(&place.table()), expected(&truth));

    let number = |name: &str| {
        summary[name]
            .as_u64()
            .unwrap_or_else(|| panic!("{name}: {summary}"))
    };
    assert_eq!(number("objects"), truth.objects);
    assert_eq!(number("records"), truth.records);
    assert_eq!(number("rows"), truth.rows);
    assert_eq!(number("duplicates"), truth.duplicates);
    assert_eq!(number("rejects"), 0);
    assert_eq!(number("skipped_objects"), 0);
    assert_eq!(number("unread_objects"), 0);
    assert_eq!(number("waiting_lanes"), 0);
    assert_eq!(number("uncompressed_bytes"), truth.uncompressed_bytes);
    assert_eq!(number("delivered_bytes"), truth.delivered_bytes);
    assert_eq!(
        summary["ignored_objects"]["CloudTrail-Digest"]["count"].as_u64(),
        Some(truth.digests)
    );
    assert_eq!(summary["interrupted"].as_bool(), Some(false));
    assert!(summary["seconds"].as_f64().unwrap() > 0.0);
    let parquet = tree(&place.path("table"));
    let parquet = parquet
        .iter()
        .filter(|(path, _)| path.extension().is_some_and(|e| e == "parquet"));
    let sizes: Vec<u64> = parquet.map(|(_, bytes)| bytes.len() as u64).collect();
    assert_eq!(number("files"), sizes.len() as u64);
    assert_eq!(number("parquet_bytes"), sizes.iter().sum::<u64>());
}

#[test]
fn a_second_run_writes_nothing_and_says_so() {
    let (place, truth) = Place::with_sample();
    let first = place.run("convert logs table");
    assert!(first.status.success(), "{}", stderr(&first));
    let before = tree(&place.path("table"));
    let raw = tree(&place.path("logs"));

    let second = place.run("convert logs table");
    assert!(second.status.success(), "{}", stderr(&second));
    assert!(
        stdout(&second).contains("Nothing new: nothing was written."),
        "{}",
        stdout(&second)
    );
    let third = place.convert("", 0);
    assert_eq!(third["objects"].as_u64(), Some(0));
    assert_eq!(third["files"].as_u64(), Some(0));
    assert_eq!(third["skipped_objects"].as_u64(), Some(truth.objects));
    assert!(before == tree(&place.path("table")), "the table changed");
    assert!(raw == tree(&place.path("logs")), "the raw logs changed");
}

#[test]
fn a_file_that_arrives_late_under_an_old_name_is_converted_by_the_next_run() {
    let (place, truth) = Place::with_sample();
    let late = tree(&place.path("logs"))
        .into_keys()
        .find(|path| path.to_str().unwrap().contains("/CloudTrail/"));
    let late = late.unwrap();
    let aside = place.path("aside");
    fs::rename(&late, &aside).unwrap();
    place.convert("", 0);
    assert_ne!(counts(&place.table()), expected(&truth));
    fs::rename(&aside, &late).unwrap();
    assert_eq!(place.convert("", 0)["objects"].as_u64(), Some(1));
    assert_eq!(counts(&place.table()), expected(&truth));
}

#[test]
fn an_unreadable_object_is_named_kept_for_the_next_run_and_ends_with_3() {
    let (place, truth) = Place::with_sample();
    let raw = tree(&place.path("logs"));
    let (path, bytes) = raw
        .iter()
        .find(|(path, _)| path.to_str().unwrap().contains("/CloudTrail/"))
        .unwrap();
    fs::write(path, &bytes[..bytes.len() / 2]).unwrap();

    let output = place.run("convert logs table --json");
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(json(&output)["unread_objects"].as_u64(), Some(1));
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(stderr(&output).contains(name), "{}", stderr(&output));
    assert!(rows(&place.table()) < truth.rows);

    let before = tree(&place.path("table"));
    assert_eq!(place.run("convert logs table").status.code(), Some(3));
    assert!(
        before == tree(&place.path("table")),
        "a retry that fails the same way wrote something"
    );

    fs::write(path, bytes).unwrap();
    assert_eq!(place.convert("", 0)["objects"].as_u64(), Some(1));
    assert_eq!(counts(&place.table()), expected(&truth));
}

#[test]
fn of_many_small_files_only_those_that_cannot_be_read_are_named() {
    let place = Place::new();
    let folder = "logs/AWSLogs/111122223333/CloudTrail/us-east-1/2024/05/01";
    let good: Vec<String> = (0..100).map(|number| format!("e{number:03}")).collect();
    for (number, id) in good.iter().enumerate() {
        let name = format!("111122223333_CloudTrail_us-east-1_20240501T0005Z_{number:016}.json");
        let event = crate::support::event(id, "111122223333", "2024-05-01T00:00:00Z");
        let body = match number {
            0 | 50 => event[..event.len() / 2].to_owned(),
            51 => String::new(),
            // More than a group has room for.
            52 | 99 => format!("{}{event}", " ".repeat(200_000)),
            _ => event,
        };
        place.write(&format!("{folder}/{name}"), body);
    }
    let output = place.run("convert logs table --json");
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert_eq!(json(&output)["unread_objects"].as_u64(), Some(3));
    for number in [0, 50, 51] {
        let name = format!("_{number:016}.json");
        assert!(stderr(&output).contains(&name), "{}", stderr(&output));
    }
    let read: Vec<String> = good
        .into_iter()
        .filter(|id| !["e000", "e050", "e051"].contains(&id.as_str()))
        .collect();
    assert_eq!(place.table().into_values().collect::<Vec<_>>(), [read]);
}

#[test]
fn a_record_that_cannot_become_a_row_is_kept_verbatim_and_ends_with_3() {
    let place = Place::new();
    let good = crate::support::event("e1", "111122223333", "2024-05-01T00:00:00Z");
    let odd = r#"{"eventID": "e2",  "eventTime": "yesterday"}"#;
    place.write("logs/dump.ndjson", format!("{good}\n{odd}\n"));

    let output = place.run("convert logs table --json");
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(json(&output)["rejects"].as_u64(), Some(1));
    assert_eq!(json(&output)["rows"].as_u64(), Some(1));
    assert!(stderr(&output).contains("_rejects/"), "{}", stderr(&output));
    let kept = tree(&place.path("table/_rejects"));
    let kept: String = kept
        .into_values()
        .map(|bytes| String::from_utf8(bytes).unwrap())
        .collect();
    let kept: serde_json::Value = serde_json::from_str(kept.trim()).unwrap();
    assert_eq!(kept["record"].as_str(), Some(odd));
    assert!(kept["source"].as_str().unwrap().ends_with("dump.ndjson"));
    assert_eq!(kept["index"].as_u64(), Some(1));
    assert_eq!(kept["code"].as_str(), Some("bad_event_time"));

    assert_eq!(place.convert("", 0)["rejects"].as_u64(), Some(0));
}

#[test]
fn a_destination_inside_the_source_is_not_read_as_source() {
    let (place, truth) = Place::with_sample();
    place.write("logs/odd.json", r#"{"Records":[{"eventID":"x"}]}"#);
    assert_eq!(
        place.run("convert logs logs/out/table").status.code(),
        Some(3)
    );
    let inside = crate::support::table(&place.path("logs/out/table"));
    assert_eq!(counts(&inside), expected(&truth));

    let before = tree(&place.path("logs"));
    let again = place.run("convert logs logs/out/table --json");
    assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
    assert_eq!(json(&again)["objects"].as_u64(), Some(0));
    assert!(before == tree(&place.path("logs")), "something was written");
}

#[test]
fn keep_duplicates_keeps_every_record() {
    let (place, truth) = Place::with_sample();
    assert!(truth.duplicates > 0);
    let summary = place.convert("--keep-duplicates", 0);
    assert_eq!(summary["rows"].as_u64(), Some(truth.records));
    assert_eq!(rows(&place.table()), truth.records);
}

#[test]
fn every_compression_holds_the_same_rows() {
    let (place, truth) = Place::with_sample();
    for compression in ["snappy", "zstd", "gzip", "none"] {
        let output = place.run(&format!(
            "convert logs {compression} --compression {compression}"
        ));
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(
            counts(&crate::support::table(&place.path(compression))),
            expected(&truth)
        );
    }
}
