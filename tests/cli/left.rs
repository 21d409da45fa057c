//! Files and objects that hold no event: left, and counted by what they are.

use crate::support::{Place, event, json, stdout};
use serde_json::Value;
use std::fs;

/// The records of a run, and what it left, by their codes.
pub(crate) fn outcome(summary: &Value) -> (u64, u64, Vec<(String, u64)>) {
    let number = |name: &str| summary[name].as_u64().unwrap();
    let kinds = summary["ignored_objects"].as_object().unwrap();
    let kinds = kinds
        .iter()
        .map(|(kind, some)| (kind.clone(), some["count"].as_u64().unwrap()));
    (number("rows"), number("rejects"), kinds.collect())
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
    let athenas = r#"{"eventversion":"1.08","eventtime":"2024-05-01T10:00:00Z","eventname":"x","useridentity":"{type=Root}","requestparameters":"{\"a\":1}"}"#;
    let lakes = r#"{"eventTime":"2024-05-01 10:00:00.000","eventName":"x","eventSource":"s3.amazonaws.com"}"#;
    let renamed =
        r#"{"eventTime":"2024-05-01T10:00:00Z","eventName":"x","requestParameters":"{\"a\":1}"}"#;
    for (name, row) in [("athena", athenas), ("lake", lakes), ("renamed", renamed)] {
        place.write(&format!("logs/{name}.jsonl"), format!("{row}\n{row}\n"));
    }
    place.write(
        "logs/table.txt",
        "eventTime,eventName\n2024-05-01 10:00:00.000,x\n",
    );
    place.write(
        "logs/result.csv",
        "eventTime,eventName\n2024-05-01 10:00:00.000,x\n",
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
    let kinds = [(".csv", 1), ("left_query_result", 5)];
    let left = kinds.map(|(kind, count)| (kind.to_owned(), count)).to_vec();
    assert_eq!(outcome(&summary), (1, 0, left));
}

#[test]
fn what_lists_an_event_without_it_is_a_reject_and_no_row() {
    let place = Place::new();
    let item = r#"{"EventId":"e1","EventName":"GetObject","EventTime":"2024-05-01T10:00:00+00:00","Username":"x""#;
    let items = ["", r#","CloudTrailEvent":"""#, r#","CloudTrailEvent":null"#];
    let items = items.map(|event| format!("{item}{event}}}"));
    place.write(
        "logs/page.json",
        format!(r#"{{"Events":[{}]}}"#, items.join(",")),
    );
    assert_eq!(outcome(&place.convert("", 3)), (0, 3, Vec::new()));
    let rejects = crate::support::tree(&place.path("table/_rejects"));
    let lines = std::str::from_utf8(rejects.values().next().unwrap()).unwrap();
    for (line, item) in lines.lines().zip(&items) {
        let kept: Value = serde_json::from_str(line).unwrap();
        assert_eq!(kept["code"].as_str(), Some("not_an_event"));
        assert_eq!(kept["record"].as_str(), Some(item.as_str()));
    }
    assert_eq!(lines.lines().count(), items.len());
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
