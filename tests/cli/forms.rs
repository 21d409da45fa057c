//! Logs as other programs ship, dump and wrap them.

use crate::left::outcome;
use crate::support::{Place, counts, event, gzip, json, shared, stderr, stdout};
use base64::Engine as _;
use serde_json::Value;

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
            "payload",
            format!(
                r#"{{"Records":[{{"messageId":"x","eventSource":"aws:sqs","payload":{}}}]}}"#,
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

#[test]
fn an_event_in_a_topics_message_in_a_queue_is_a_row_and_so_is_one_in_a_streams_payload() {
    let log = |id: &str| event(id, "111122223333", "2024-05-01T10:00:00Z");
    let text = |value: &str| serde_json::to_string(value).unwrap();
    let bridge = format!(
        r#"{{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.iam","detail":{}}}"#,
        log("e1")
    );
    let topic = format!(
        r#"{{"Type":"Notification","TopicArn":"arn:aws:sns:eu-west-1:111122223333:x","Message":{}}}"#,
        text(&bridge)
    );
    let moved = r#"{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","eventTime":"2024-05-01T10:00:00Z","s3":{}}]}"#;
    let message = |body: &str| format!(r#"{{"ReceiptHandle":"x","Body":{}}}"#, text(body));
    let logs = format!(
        r#"{{"messageType":"DATA_MESSAGE","logEvents":[{{"message":{}}}]}}"#,
        text(&log("e2").to_string())
    );
    let payload = base64::engine::general_purpose::STANDARD.encode(gzip(&logs));
    let place = Place::new();
    place.write(
        "logs/queue.json",
        format!(r#"{{"Messages":[{},{}]}}"#, message(&topic), message(moved)),
    );
    place.write(
        "logs/subscription.json",
        format!(r#"{{"awslogs":{{"data":"{payload}"}}}}"#),
    );
    place.write(
        "logs/others.json",
        format!(r#"{{"Messages":[{}]}}"#, message(moved)),
    );
    let summary = place.convert("", 0);
    let left = vec![("left_notification".to_owned(), 1)];
    assert_eq!(outcome(&summary), (2, 0, left));
    let kept = summary["left_records"]["left_notification"].as_u64();
    assert_eq!(kept, Some(1));
    let partitions: Vec<String> = counts(&place.table()).into_keys().collect();
    assert_eq!(partitions, ["111122223333/eu-west-1/2024-05-01"]);
    let verify = place.run("verify logs table");
    assert_eq!(verify.status.code(), Some(0), "{}", stdout(&verify));
}
