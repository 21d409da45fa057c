//! Logs as other programs ship, dump and wrap them.

use crate::support::{Place, counts, event, gzip, json, shared, stderr, stdout};
use serde_json::Value;
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
    let left = &summary["ignored_objects"]["left_text"];
    assert_eq!(left["count"].as_u64(), Some(2));
    for name in ["damaged.json", "damaged.log", "damaged"] {
        place.write(&format!("logs/{name}"), &log[..log.len() - 5]);
        let summary = place.convert("", 3);
        assert_eq!(summary["unread_objects"].as_u64(), Some(1), "{name}");
        fs::remove_file(place.path(&format!("logs/{name}"))).unwrap();
    }
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
    let left = &summary["left_records"]["left_notification"];
    assert_eq!(left.as_u64(), Some(1));
}

/// The records of a run, and what it left, by their codes.
fn outcome(summary: &Value) -> (u64, u64, Vec<(String, u64)>) {
    let number = |name: &str| summary[name].as_u64().unwrap();
    let kinds = summary["ignored_objects"].as_object().unwrap();
    let kinds = kinds
        .iter()
        .map(|(kind, some)| (kind.clone(), some["count"].as_u64().unwrap()));
    (number("rows"), number("rejects"), kinds.collect())
}

#[test]
fn what_is_left_is_read_once_and_never_again_until_it_changes() {
    let place = Place::new();
    place.write(
        "logs/a.json",
        event("e1", "111122223333", "2024-05-01T10:00:00Z"),
    );
    place.write("logs/package.json", r#"{"name":"x"}"#);
    place.write("logs/notes.txt", "not a log");
    place.write("logs/config.json", r#"{"configurationItems":[]}"#);
    let kinds = ["left_config", "left_json", "left_text"].map(|kind| (kind.to_owned(), 1));
    let first = place.convert("", 0);
    assert_eq!(outcome(&first), (1, 0, kinds.to_vec()));
    assert_eq!(first["left_objects"].as_u64(), Some(3));
    let written = crate::support::tree(&place.path("table"));

    let again = place.convert("", 0);
    assert_eq!(outcome(&again), (0, 0, kinds.to_vec()));
    assert_eq!(again["left_objects"].as_u64(), Some(0));
    assert_eq!(crate::support::tree(&place.path("table")), written);

    let status = json(&place.run("status logs table --json"));
    assert_eq!(status["unplaced_pending_objects"].as_u64(), Some(0));
    assert_eq!(status["unplaced_objects"].as_u64(), Some(1));
    assert_eq!(
        status["ignored_objects"]["left_json"]["count"].as_u64(),
        Some(1)
    );
    let verify = place.run("verify logs table");
    assert_eq!(verify.status.code(), Some(0), "{}", stdout(&verify));
    // Judged again on request, they are what they were.
    let retried = place.convert("--retry-rejects", 0);
    assert_eq!(outcome(&retried), (0, 0, kinds.to_vec()));
    assert_eq!(crate::support::tree(&place.path("table")), written);

    place.write(
        "logs/package.json",
        event("e2", "111122223333", "2024-05-01T10:00:00Z"),
    );
    assert_eq!(place.convert("", 0)["rows"].as_u64(), Some(1));
}

#[test]
fn events_inside_of_other_objects_are_opened_at_the_path_that_is_named() {
    let log = |id: &str| event(id, "111122223333", "2024-05-01T10:00:00Z");
    let text = |id: &str| serde_json::to_string(&log(id)).unwrap();
    for (path, body) in [
        (
            "_source.event.original",
            format!(
                r#"{{"_index":"x","_source":{{"event":{{"original":{}}}}}}}"#,
                text("e1")
            ),
        ),
        (
            "_source.event.original",
            format!(
                r#"{{"_index":"x","_source":{{"event.original":{}}}}}"#,
                text("e1")
            ),
        ),
        (
            "result._raw",
            format!(r#"{{"preview":false,"result":{{"_raw":{}}}}}"#, text("e1")),
        ),
        ("attributes", format!(r#"[{{"attributes":{}}}]"#, log("e1"))),
        (
            "jsonPayload",
            format!(r#"{{"insertId":"x","jsonPayload":{}}}"#, log("e1")),
        ),
        (
            "streams.values",
            format!(
                r#"{{"streams":[{{"stream":{{}},"values":[["1714557600000000000",{}]]}}]}}"#,
                text("e1")
            ),
        ),
        (
            "body",
            format!(
                r#"{{"Records":[{{"messageId":"x","eventSource":"aws:sqs","body":{}}}]}}"#,
                text("e1")
            ),
        ),
        (
            "hits.hits._source",
            format!(
                r#"{{"took":1,"hits":{{"hits":[{{"_source":{{"message":{}}}}}]}}}}"#,
                text("e1")
            ),
        ),
    ] {
        let place = Place::new();
        place.write("logs/export.json", &body);
        let without = place.run("convert logs table --json");
        assert_eq!(without.status.code(), Some(3), "{path}");
        assert!(
            stderr(&without).contains("--unwrap"),
            "{}",
            stderr(&without)
        );
        let summary = place.convert(&format!("--unwrap {path}"), 0);
        assert_eq!(outcome(&summary), (1, 0, Vec::new()), "{path}: {summary}");
        let partitions: Vec<String> = counts(&place.table()).into_keys().collect();
        assert_eq!(partitions, ["111122223333/eu-west-1/2024-05-01"], "{path}");
        for options in ["", "--unwrap other", &format!("--unwrap {path}")] {
            let again = place.convert(options, 0);
            assert_eq!(again["rows"].as_u64(), Some(0), "{path} {options}");
            assert_eq!(again["files"].as_u64(), Some(0), "{path} {options}");
        }
        let verify = place.run("verify logs table");
        assert_eq!(verify.status.code(), Some(0), "{}", stdout(&verify));
    }
}

#[test]
fn an_object_that_has_a_time_and_nothing_else_of_an_event_is_no_row() {
    let place = Place::new();
    let log = event("e1", "111122223333", "2024-05-01T10:00:00Z");
    let inner = serde_json::to_string(&event("e2", "111122223333", "2024-05-01T11:00:00Z"));
    let hollow = r#"{"eventTime":"2024-05-01T10:00:00Z","host":"x"}"#;
    let shipped = format!(
        r#"{{"eventTime":"2024-05-01T10:00:00Z","eventName":"x","message":{}}}"#,
        inner.unwrap()
    );
    place.write(
        "logs/a.json",
        format!(
            "{log}
{hollow}
{shipped}
"
        ),
    );
    place.write("logs/b.json", hollow);
    let summary = place.convert("", 3);
    assert_eq!(
        outcome(&summary),
        (2, 1, vec![("left_json".to_owned(), 1)]),
        "{summary}"
    );
    let rejects = crate::support::tree(&place.path("table/_rejects"));
    let kept: Value = serde_json::from_slice(rejects.values().next().unwrap()).unwrap();
    assert_eq!(kept["code"].as_str(), Some("not_an_event"));
    assert_eq!(kept["record"].as_str(), Some(hollow));
    let again = place.convert("--retry-rejects", 0);
    assert_eq!(again["retried_rejects"].as_u64(), Some(0));
}

#[test]
fn aggregated_events_stay_out_of_the_table_wherever_they_stand_and_are_counted() {
    let place = Place::new();
    let log = event("e1", "111122223333", "2024-05-01T10:00:00Z");
    let aggregated = r#"{"eventVersion":"1.0","eventId":"1","eventCategory":"Aggregated","eventType":"AwsAggregatedEvent","awsRegion":"eu-west-1","summary":{}}"#;
    place.write("logs/array.json", format!("[{aggregated},{aggregated}]"));
    place.write(
        "logs/mixed.json",
        format!(
            "{aggregated}
{log}
"
        ),
    );
    let key = "AWSLogs/111122223333/CloudTrail/eu-west-1/2024/05/01/a.json";
    place.write(
        &format!("logs/{key}"),
        format!(r#"{{"Records":[{aggregated}]}}"#),
    );
    let left = vec![("left_aggregated_events".to_owned(), 2)];
    let summary = place.convert("", 0);
    assert_eq!(outcome(&summary), (1, 0, left.clone()));
    assert_eq!(
        summary["left_records"]["left_aggregated_events"].as_u64(),
        Some(1)
    );
    let written = crate::support::tree(&place.path("table"));
    assert_eq!(outcome(&place.convert("", 0)), (0, 0, left));
    assert_eq!(crate::support::tree(&place.path("table")), written);
}

#[test]
fn rows_of_a_query_are_named_for_what_they_are() {
    let place = Place::new();
    let row = r#"{"eventversion":"1.08","eventtime":"2024-05-01T10:00:00Z","eventname":"x","useridentity":"{type=Root}","requestparameters":"{\"a\":1}"}"#;
    place.write(
        "logs/rows.json",
        format!(
            "{row}
{row}
"
        ),
    );
    place.write(
        "logs/lake.json",
        r#"{"QueryResultRows":[[{"eventName":"x"}]]}"#,
    );
    place.write(
        "logs/a.json",
        event("e1", "111122223333", "2024-05-01T10:00:00Z"),
    );
    let summary = place.convert("", 0);
    let left = vec![("left_query_result".to_owned(), 2)];
    assert_eq!(outcome(&summary), (1, 0, left));
}

#[test]
fn a_text_in_which_some_line_is_an_event_is_not_left() {
    let place = Place::new();
    let log = event("e1", "111122223333", "2024-05-01T10:00:00Z");
    place.write(
        "logs/app.log",
        format!(
            "[INFO] starting
ready.
{log}
bye
"
        ),
    );
    let summary = place.convert("", 3);
    assert_eq!(outcome(&summary), (1, 3, Vec::new()));
}

#[test]
fn zstandard_is_read_under_any_name_that_is_looked_at() {
    let place = Place::new();
    let log = |id: &str| event(id, "111122223333", "2024-05-01T10:00:00Z").to_string();
    let packed = |id: &str| zstd::encode_all(log(id).as_bytes(), 3).unwrap();
    place.write("logs/a.json.zst", packed("e1"));
    place.write("logs/b.zst", packed("e2"));
    place.write("logs/c.log.1", packed("e3"));
    place.write("logs/d.json.gz", gzip(&log("e4")));
    place.write("logs/000000.zst", packed("e5"));
    let key = "AWSLogs/111122223333/CloudTrail/eu-west-1/2024/05/01/a.json.zst";
    place.write(&format!("logs/{key}"), packed("e6"));
    let summary = place.convert("", 0);
    assert_eq!(outcome(&summary), (6, 0, Vec::new()));
    let cut = packed("e7");
    place.write("logs/cut.zst", &cut[..cut.len() - 3]);
    let output = place.run("convert logs table --json");
    assert_eq!(output.status.code(), Some(3));
    let problems = json(&output)["problems"].clone();
    assert_eq!(problems[0]["code"].as_str(), Some("truncated_zstd"));
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
