//! Logs as other programs ship, dump and wrap them.

use crate::support::{Place, counts, event, json, shared, stderr};
use std::fs;

/// Rows, rejects, files without a record and the exit code of each folder of forms.
const FORMS: [(&str, u64, u64, u64, i32); 13] = [
    ("01_lookup_bare_list", 2, 0, 0, 0),
    ("02_lookup_object_lines", 2, 0, 0, 0),
    ("03_records_then_events", 2, 0, 0, 0),
    ("05_lookup_pages_array", 2, 0, 0, 0),
    ("07_firehose_no_extension", 2, 0, 0, 0),
    ("08_cw_export_task_000000gz", 2, 0, 1, 0),
    ("10_eventbridge", 2, 0, 0, 0),
    ("11_cw_subscription", 2, 0, 0, 0),
    ("13_filebeat", 2, 0, 0, 0),
    ("18_ndjson_one_bad_line", 1, 1, 0, 3),
    ("20_utf16", 1, 0, 0, 0),
    ("22_digest_outside_tree", 1, 0, 1, 0),
    ("23_deep_record", 0, 1, 0, 3),
];

#[test]
fn every_collected_form_gives_its_whole_events_in_their_own_account() {
    let Some(forms) = shared("forms") else {
        return;
    };
    for (name, rows, rejects, left, code) in FORMS {
        let place = Place::new();
        let logs = forms.join(name);
        let output = place.run(&format!("convert {} table --json", logs.display()));
        assert_eq!(
            output.status.code(),
            Some(code),
            "{name}: {}",
            stderr(&output)
        );
        let summary = json(&output);
        let number = |field: &str| summary[field].as_u64().unwrap();
        assert_eq!(
            (number("rows"), number("rejects")),
            (rows, rejects),
            "{name}"
        );
        assert_eq!(number("unread_objects"), 0, "{name}");
        let ignored = summary["ignored_objects"].as_object().unwrap();
        let counted: u64 = ignored
            .values()
            .map(|some| some["count"].as_u64().unwrap())
            .sum();
        assert_eq!(counted, left, "{name}: {ignored:?}");
        for partition in counts(&place.table()).into_keys() {
            assert!(
                partition.starts_with("111122223333/"),
                "{name}: {partition}"
            );
        }
        let again = place.run(&format!("convert {} table --json", logs.display()));
        assert_eq!(
            json(&again)["files"].as_u64(),
            Some(0),
            "{name}: a second run writes nothing"
        );
    }
}

#[test]
fn a_bad_line_is_kept_with_its_bytes_and_its_neighbours_are_rows() {
    let place = Place::new();
    let line = |id: &str| event(id, "111122223333", "2024-05-01T10:00:00Z");
    let bad = r#"{"eventID":"e2","eventTime":"2024-"#;
    place.write(
        "logs/export",
        format!("{}\n{bad}\n{}\n", line("e1"), line("e3")),
    );
    let summary = place.convert("", 3);
    assert_eq!(summary["rows"].as_u64(), Some(2));
    assert_eq!(summary["rejects"].as_u64(), Some(1));
    let rejects = crate::support::tree(&place.path("table/_rejects"));
    let kept: serde_json::Value = serde_json::from_slice(rejects.values().next().unwrap()).unwrap();
    assert_eq!(kept["code"].as_str(), Some("not_json"));
    assert_eq!(kept["record"].as_str(), Some(bad));
    assert_eq!(kept["index"].as_u64(), Some(1));
}

#[test]
fn notes_and_exports_that_hold_no_event_are_left_and_a_damaged_log_is_not() {
    let place = Place::new();
    let log = event("e1", "111122223333", "2024-05-01T10:00:00Z");
    place.write("logs/a.log", &log);
    place.write("logs/README", "These are logs.");
    place.write("logs/notes.txt", "not a log\nat all");
    let summary = place.convert("", 0);
    assert_eq!(summary["rows"].as_u64(), Some(1));
    let left = &summary["ignored_objects"]["files without a record"];
    assert_eq!(left["count"].as_u64(), Some(2));
    place.write("logs/damaged.json", &log[..log.len() - 5]);
    assert_eq!(place.convert("", 3)["unread_objects"].as_u64(), Some(1));
    fs::remove_file(place.path("logs/damaged.json")).unwrap();
}

#[test]
fn a_notification_of_a_bucket_is_no_event() {
    let place = Place::new();
    let notification = r#"{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1",
        "eventTime":"2024-05-01T10:00:00.000Z","eventName":"ObjectCreated:Put","s3":{}}"#;
    place.write("logs/n.json", format!(r#"{{"Records":[{notification}]}}"#));
    assert_eq!(place.convert("", 3)["nothing_found"].as_bool(), Some(true));
    let log = event("e1", "111122223333", "2024-05-01T10:00:00Z");
    place.write("logs/both.json", format!("[{log},{notification}]"));
    let summary = place.convert("", 0);
    assert_eq!(summary["rows"].as_u64(), Some(1));
    assert_eq!(summary["records"].as_u64(), Some(1));
}

#[test]
fn records_that_name_no_account_are_placed_in_the_one_that_is_named() {
    let place = Place::new();
    let named = event("e1", "111122223333", "2024-05-01T10:00:00Z");
    let unnamed = event("e2", "none", "2024-05-01T10:00:00Z");
    place.write("logs/dump.json", format!("[{named},{unnamed},5]"));
    let summary = place.convert("--account-of-unknown 999988887777", 3);
    assert_eq!(
        (&summary["rows"], &summary["unknown_lane_rows"]),
        (&2.into(), &0.into())
    );
    let partitions: Vec<String> = counts(&place.table()).into_keys().collect();
    let at = |account: &str| format!("{account}/eu-west-1/2024-05-01");
    assert_eq!(partitions, [at("111122223333"), at("999988887777")]);
    let again = place.convert("", 0);
    assert_eq!(again["claims"].as_u64(), Some(0));
    for words in ["verify logs table", "status logs table"] {
        let output = place.run(words);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{words}: {}",
            stderr(&output)
        );
    }
    assert_eq!(
        place
            .run("convert logs table --account-of-unknown 12")
            .status
            .code(),
        Some(2)
    );
}
