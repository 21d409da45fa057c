//! What is left of a run besides rows: its report, its metrics, its log lines; and how late lanes are.

use crate::support::{Place, event, json, stderr, stdout, tree};
use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

const KEY: &str = "AWSLogs/111122223333/CloudTrail/eu-west-1/2024/05/01/\
                   111122223333_CloudTrail_eu-west-1_20240501T0010Z_AAAAAAAAAAAAAAAA.json";

fn with_one_log() -> Place {
    let place = Place::new();
    let log = event("e1", "111122223333", "2024-05-01T00:02:03Z");
    place.write(&format!("logs/{KEY}"), log);
    place
}

fn reports(place: &Place) -> Vec<PathBuf> {
    match place.path("table/_runs").exists() {
        true => tree(&place.path("table/_runs")).into_keys().collect(),
        false => Vec::new(),
    }
}

#[test]
fn a_run_that_commits_leaves_one_report_and_a_run_that_does_not_leaves_none() {
    let (place, truth) = Place::with_sample();
    let told = json(&place.run("convert logs table --json"));
    let first = reports(&place);
    assert_eq!(first.len(), 1, "{first:?}");
    let report: Value = serde_json::from_slice(&fs::read(&first[0]).unwrap()).unwrap();
    let rows: u64 = truth.partitions.values().sum();
    assert_eq!(report["rows"].as_u64(), Some(rows));
    for member in [
        "rows",
        "records",
        "lanes",
        "claims",
        "problems",
        "newest_event",
    ] {
        assert_eq!(report[member], told[member], "{member}");
    }
    let run = report["run"].as_str().unwrap();
    let name = first[0].file_name().unwrap().to_str().unwrap();
    assert!(name.ends_with(&format!("-{run}.json")), "{name}");
    let ended: Timestamp = report["ended"].as_str().unwrap().parse().unwrap();
    assert!(
        report["started"]
            .as_str()
            .unwrap()
            .parse::<Timestamp>()
            .unwrap()
            <= ended
    );
    assert_eq!(report["shard"], "1/1");

    let again = stdout(&place.run("convert logs table"));
    assert!(again.contains("nothing was written"), "{again}");
    assert_eq!(reports(&place), first);
}

#[test]
fn a_run_that_only_claims_an_unreadable_log_says_that_it_wrote() {
    let place = Place::new();
    place.write(&format!("logs/{KEY}.gz"), [0x1f, 0x8b, 0, 0]);
    let text = stdout(&place.run("convert logs table"));
    assert!(!text.contains("nothing was written"), "{text}");
    assert_eq!(reports(&place).len(), 1);
    let text = stdout(&place.run("convert logs table"));
    assert!(text.contains("nothing was written"), "{text}");
    assert_eq!(reports(&place).len(), 1);
}

#[test]
fn reports_are_nothing_to_verify_to_status_and_to_a_source_that_holds_the_table() {
    let place = with_one_log();
    assert_eq!(place.run("convert . lake").status.code(), Some(0));
    let written = tree(&place.path("."));
    assert!(
        written
            .keys()
            .any(|path| path.to_str().unwrap().contains("/_runs/"))
    );
    for words in [
        "verify . lake",
        "verify lake",
        "status . lake",
        "convert . lake",
        "table ddl lake --dialect duckdb",
    ] {
        let output = place.run(words);
        let said = stdout(&output) + &stderr(&output);
        assert_eq!(output.status.code(), Some(0), "{words}: {said}");
        assert!(!said.contains("_runs"), "{words}: {said}");
    }
    assert_eq!(tree(&place.path(".")), written);
    let other = json(&place.run("convert . other --json"));
    assert_eq!(
        other["rows"].as_u64(),
        Some(1),
        "the first table is no log: {other}"
    );
    assert!(!other.to_string().contains("_runs"), "{other}");
}

/// The last line of standard output as metrics, each of which has its value.
fn metrics(text: &str) -> Value {
    let line: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let directive = &line["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(directive["Namespace"], "cloudtrail2parquet");
    for metric in directive["Metrics"].as_array().unwrap() {
        assert!(line[metric["Name"].as_str().unwrap()].is_u64(), "{line}");
    }
    for dimension in directive["Dimensions"][0].as_array().unwrap() {
        assert!(line[dimension.as_str().unwrap()].is_string(), "{line}");
    }
    let age = Timestamp::now().as_millisecond() - line["_aws"]["Timestamp"].as_i64().unwrap();
    assert!((0..600_000).contains(&age), "{line}");
    line
}

fn names(metrics: &Value) -> Vec<&str> {
    let metrics = metrics["_aws"]["CloudWatchMetrics"][0]["Metrics"]
        .as_array()
        .unwrap();
    metrics
        .iter()
        .map(|metric| metric["Name"].as_str().unwrap())
        .collect()
}

#[test]
fn metrics_are_the_last_line_of_standard_output() {
    let place = with_one_log();
    let text = stdout(&place.run("convert logs table --metrics emf -q"));
    assert!(
        text.lines().count() > 5,
        "the summary is there as well: {text}"
    );
    let told = metrics(&text);
    assert_eq!(told["Rows"], 1);
    assert_eq!(told["Failures"], 0);
    assert_eq!(told["Destination"], "table");
    let event: Timestamp = "2024-05-01T00:02:03Z".parse().unwrap();
    let lag = Timestamp::now().duration_since(event).as_secs();
    let told_lag = told["LagSeconds"].as_i64().unwrap();
    assert!((lag - 600..=lag).contains(&told_lag), "{told_lag} {lag}");

    let again = metrics(&stdout(&place.run("convert logs table --metrics emf -q")));
    assert_eq!(
        again["Rows"], 0,
        "a run that ends says so, also with nothing new"
    );
    assert!(!names(&again).contains(&"LagSeconds"), "{again}");
}

#[test]
fn metrics_and_json_are_one_document_in_one_line() {
    let place = with_one_log();
    place.write("logs/bad.json.gz", [0x1f, 0x8b, 0, 0]);
    let output = place.run("convert logs table --metrics emf --json -q");
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let text = stdout(&output);
    assert_eq!(text.lines().count(), 1, "{text}");
    let told = metrics(&text);
    assert_eq!((&told["Unread"], &told["rows"]), (&1.into(), &1.into()));
    assert_eq!(told["problems"].as_array().unwrap().len(), 1);
}

#[test]
fn a_run_that_cannot_go_on_is_a_failure_in_metrics_and_no_rows() {
    let place = with_one_log();
    place.write("table/_ledger", "a file where a folder has to be");
    let output = place.run("convert logs table --metrics emf");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let told = metrics(&stdout(&output));
    assert_eq!(told["Failures"], 1);
    assert_eq!(names(&told), ["Failures"]);
    let dry = place.run("convert logs table --metrics emf --dry-run");
    assert!(!stdout(&dry).contains("_aws"), "{}", stdout(&dry));
}

#[test]
fn status_lag_tells_the_age_of_the_newest_event_and_of_what_is_pending() {
    let place = with_one_log();
    let status = |words: &str| json(&place.run(&format!("status logs table --json {words}")));
    let before = status("--lag");
    assert!(before["lanes"][0]["newest_event"].is_null(), "{before}");
    assert_eq!(before["lanes"][0]["oldest_pending"], "2024-05-01T00:10:00Z");
    assert_eq!(before["lanes"][0]["newest_pending"], "2024-05-01T00:10:00Z");
    place.convert("", 0);
    let after = status("--lag");
    assert_eq!(after["lanes"][0]["newest_event"], "2024-05-01T00:02:03Z");
    assert!(after["lanes"][0]["oldest_pending"].is_null());
    let age = after["lag"][0]["newest_event_seconds"].as_i64().unwrap();
    let since = Timestamp::now() - "2024-05-01T00:02:03Z".parse::<Timestamp>().unwrap();
    assert!((age - since.get_seconds()).abs() < 600, "{age}");
    assert!(after["lag"][0]["oldest_pending_seconds"].is_null());
    assert!(status("")["lag"].is_null());
    let text = stdout(&place.run("status logs table --lag"));
    let line = text.lines().nth(1).unwrap();
    assert!(line.contains("2024-05-01T00:02:03Z"), "{text}");
    assert!(line.trim_end().ends_with('-'), "nothing is pending: {text}");
}

#[test]
fn json_log_lines_have_the_run_the_lane_the_claim_and_the_code() {
    let place = with_one_log();
    let bad = KEY.replace("AAAA.json", "BBBB.json.gz");
    place.write(&format!("logs/{bad}"), [0x1f, 0x8b, 0, 0]);
    let output = place.run("convert logs table -v --log-format json --json");
    assert_eq!(output.status.code(), Some(3));
    let lines: Vec<Value> = stderr(&output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let report = fs::read(&reports(&place)[0]).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    let before = Timestamp::now() - 1.hour();
    for line in &lines {
        assert_eq!(line["run"], report["run"], "{line}");
        let time: Timestamp = line["timestamp"].as_str().unwrap().parse().unwrap();
        assert!(time > before && line["level"].is_string(), "{line}");
        assert!(!line["message"].as_str().unwrap().is_empty(), "{line}");
    }
    let unread = lines.iter().find(|line| line["level"] == "WARN").unwrap();
    assert_eq!(unread["code"], "truncated_gzip");
    assert_eq!(unread["lane"], "111122223333/eu-west-1");
    assert!(unread["key"].as_str().unwrap().ends_with(&bad), "{unread}");
    let step = unread["next_step"].as_str().unwrap();
    assert!(
        unread["message"].as_str().unwrap().ends_with(step),
        "{unread}"
    );
    let of_claim: Vec<&Value> = lines
        .iter()
        .filter(|line| !line["claim"].is_null())
        .collect();
    assert_eq!(of_claim.len(), 2, "claimed and committed: {lines:#?}");
    for line in of_claim {
        assert_eq!(line["lane"], "111122223333/eu-west-1");
        let claim = line["claim"].as_str().unwrap();
        assert!(claim.ends_with("/log/000000000001"), "{claim}");
    }
}

#[test]
fn a_text_line_has_no_fields_and_ends_with_the_next_step() {
    let place = Place::new();
    place.write(
        &format!("logs/{KEY}"),
        r#"{"Records":[{"eventVersion":"1.08"},5]}"#,
    );
    let output = place.run("convert logs table -v");
    assert_eq!(output.status.code(), Some(3));
    let said = stderr(&output);
    assert!(!said.contains("lane=") && !said.contains("code="), "{said}");
    let warned: Vec<&str> = said.lines().filter(|line| line.contains("WARN")).collect();
    assert_eq!(warned.len(), 1, "{said}");
    assert!(warned[0].ends_with("--retry-rejects"), "{said}");
    for step in ["claims 0 rows", "is committed: 0 files", "is listed"] {
        assert!(said.contains(step), "{step}: {said}");
    }
}
