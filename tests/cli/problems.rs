//! What is kept aside or stands in the way is named, with a code and what to do.

use crate::support::{Place, event, json, stderr, stdout};

const TIME: &str = "2024-05-01T00:00:00Z";

fn one_event() -> String {
    event("e1", "111122223333", TIME)
}

#[test]
fn a_stray_file_in_the_ledger_is_named_by_every_run() {
    let place = Place::new();
    place.write("logs/a.json", one_event());
    place.convert("", 0);
    place.write("table/_ledger/notes.txt", "x");
    place.write("table/_ledger/111122223333/notes.txt", "x");
    for command in [
        "convert logs table",
        "convert logs table --dry-run",
        "status logs table",
    ] {
        let output = place.run(command);
        assert_eq!(output.status.code(), Some(3), "{command}");
        let said = stdout(&output) + &stderr(&output);
        for name in ["_ledger/notes.txt", "_ledger/111122223333/notes.txt"] {
            assert!(said.contains(name), "{command}: {name}: {said}");
        }
    }
}

#[test]
fn status_and_the_plan_name_foreign_files_in_partitions() {
    let place = Place::new();
    place.write("logs/a.json", one_event());
    place.convert("", 0);
    let foreign = "table/account=111122223333/region=eu-west-1/date=2024-05-01/copy.parquet";
    place.write(foreign, "x");
    for command in ["convert logs table --dry-run", "status logs table"] {
        let said = stdout(&place.run(command));
        assert!(
            said.contains("copy.parquet was not written by this program"),
            "{command}: {said}"
        );
    }
}

#[test]
fn status_problems_names_what_is_kept_aside_with_what_to_do() {
    let place = Place::new();
    place.write("logs/bad.json.gz", [0x1f, 0x8b, 0, 0]);
    place.write(
        "logs/odd.json",
        one_event() + "\n" + &one_event().replace(TIME, "yesterday"),
    );
    place.convert("", 3);
    let output = place.run("status logs table --problems --json");
    let document = json(&output);
    let problems = document["problems"].as_array().unwrap();
    let of = |code: &str| problems.iter().find(|problem| problem["code"] == code);
    let rejects = of("rejects").unwrap_or_else(|| panic!("{document}"));
    assert!(rejects["key"].as_str().unwrap().contains("_rejects/"));
    let unread = of("truncated_gzip").unwrap_or_else(|| panic!("{document}"));
    assert!(unread["key"].as_str().unwrap().ends_with("bad.json.gz"));
    assert!(
        unread["next_step"]
            .as_str()
            .unwrap()
            .contains("--accept-unread")
    );
    let elsewhere = place.run("status logs table --problems --account 999999999999");
    let said = stdout(&elsewhere);
    assert!(!said.contains("_rejects/"), "{said}");
}

#[test]
fn status_of_many_lanes_shows_those_with_something_to_say_and_all_when_asked() {
    let place = Place::new();
    for account in 0..30 {
        let account = format!("{:012}", 111_122_220_000_u64 + account);
        let key = format!(
            "logs/AWSLogs/{account}/CloudTrail/eu-west-1/2024/05/01/{account}_CloudTrail_eu-west-1_20240501T0005Z_abc.json"
        );
        place.write(&key, event("e", &account, TIME));
    }
    place.convert("--to 2024-05-02", 0);
    let late = "logs/AWSLogs/111122220007/CloudTrail/eu-west-1/2024/05/01/111122220007_CloudTrail_eu-west-1_20240501T0010Z_new.json";
    place.write(late, event("late", "111122220007", TIME));
    let few = stdout(&place.run("status logs table"));
    assert!(few.contains("111122220007"), "{few}");
    assert!(!few.contains("111122220008"), "{few}");
    assert!(few.contains("29 lanes more"), "{few}");
    assert!(few.contains("total"), "{few}");
    let all = stdout(&place.run("status logs table --all"));
    assert!(all.contains("111122220008"), "{all}");
}

#[test]
fn rows_whose_records_name_no_account_are_counted_in_the_summary() {
    let place = Place::new();
    let nobodys = one_event()
        .replace("recipientAccountId", "other")
        .replace("e1", "e2");
    place.write("logs/a.json", one_event() + "\n" + &nobodys);
    let summary = place.convert("", 0);
    assert_eq!(summary["rows"].as_u64(), Some(2));
    assert_eq!(summary["unknown_lane_rows"].as_u64(), Some(1), "{summary}");
    assert!(
        place
            .table()
            .keys()
            .any(|lane| lane.starts_with("000000000000/"))
    );
}
