//! Trees of logs that lie in odd places, and tables that lie among logs.

use crate::support::{Place, counts, event, gzip, json, rows, table};

const LANE: &str = "AWSLogs/111122223333/CloudTrail/us-east-1";

fn log(id: &str, account: &str) -> Vec<u8> {
    let event = event(id, account, "2024-05-01T10:00:00Z");
    gzip(&format!(r#"{{"Records":[{event}]}}"#))
}

fn name(account: &str, region: &str) -> String {
    format!("{account}_CloudTrail_{region}_20240501T1000Z_a.json.gz")
}

fn delivered() -> Place {
    let place = Place::new();
    let file = name("111122223333", "us-east-1");
    place.write(
        &format!("logs/{LANE}/2024/05/01/{file}"),
        log("e1", "111122223333"),
    );
    // Without eventTime: a reject, whose document is JSON too.
    place.write(
        "logs/dump.ndjson",
        r#"{"eventVersion":"1.11","eventName":"Odd"}"#,
    );
    place
}

#[test]
fn a_destination_inside_a_lanes_folder_is_no_input() {
    let place = delivered();
    let dest = format!("logs/{LANE}/table");
    for (rows, rejects) in [(1, 1), (0, 0), (0, 0)] {
        let output = place.run(&format!("convert logs {dest} --json"));
        let summary = json(&output);
        assert_eq!(summary["rows"].as_u64(), Some(rows), "{summary}");
        assert_eq!(summary["rejects"].as_u64(), Some(rejects), "{summary}");
    }
}

#[test]
fn another_table_below_the_source_is_no_input() {
    let place = delivered();
    place.run("convert logs logs/first");
    for dest in ["logs/second", "logs/first", "logs/second"] {
        place.run(&format!("convert logs {dest}"));
        assert_eq!(rows(&table(&place.path(dest))), 1, "{dest}");
    }
    let status = json(&place.run("status logs logs/second --json"));
    assert_eq!(status["unplaced_objects"].as_u64(), Some(1), "{status}");
}

#[test]
fn a_tree_inside_a_tree_is_read_with_the_lane_of_its_own_key() {
    let place = Place::new();
    let inner = "AWSLogs/444455556666/CloudTrail/eu-west-1/2024/05/01";
    let file = name("444455556666", "eu-west-1");
    // The record names another account and region than its key.
    let log = log("e1", "777788889999");
    place.write(&format!("logs/{LANE}/2024/05/01/{inner}/{file}"), log);
    place.convert("", 0);
    let lanes: Vec<String> = counts(&place.table()).into_keys().collect();
    assert_eq!(lanes, ["444455556666/eu-west-1/2024-05-01"]);
}

#[test]
fn under_an_account_a_folder_that_is_no_services_is_read_and_one_that_is_is_named() {
    let place = Place::new();
    let account = "logs/AWSLogs/111122223333";
    let event = event("e1", "111122223333", "2024-05-01T10:00:00Z");
    place.write(&format!("{account}/exported by hand/a.json"), &event);
    place.write(&format!("{account}/Config/us-east-1/a.json"), &event);
    let summary = place.convert("", 0);
    assert_eq!(summary["rows"].as_u64(), Some(1));
    assert_eq!(
        summary["ignored_folders"]["Config"]["count"].as_u64(),
        Some(1)
    );
}
