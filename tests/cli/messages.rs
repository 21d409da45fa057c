//! Where words go: the result to standard output alone, everything else to standard error.

use crate::support::{Place, event, json, stderr, stdout, tree};
use jiff::{Timestamp, ToSpan};
use std::fs;

#[test]
fn quiet_leaves_only_the_result() {
    let (place, _) = Place::with_sample();
    let output = place.run("convert logs table --quiet");
    assert!(output.status.success());
    assert_eq!(stderr(&output), "");
    assert!(stdout(&output).contains("rows"));
}

#[test]
fn log_lines_are_json_objects_when_asked_for_and_the_result_is_apart() {
    let place = Place::new();
    place.write("logs/bad.json.gz", [0x1f, 0x8b, 0, 0]);
    let output = place.run("--log-format json convert logs table --json");
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(json(&output)["unread_objects"].as_u64(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("bad.json.gz"), "{said}");
    for line in said.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["level"].is_string(), "{line}");
    }
}

#[test]
fn a_log_line_has_its_time_when_no_terminal_shows_it() {
    let place = Place::new();
    place.write("logs/bad.json.gz", [0x1f, 0x8b, 0, 0]);
    let before = Timestamp::now().checked_sub(1.second()).unwrap();
    let said = stderr(&place.run("convert logs table"));
    assert!(said.lines().count() > 0);
    for line in said.lines() {
        let (time, rest) = line.split_once(' ').unwrap();
        let time: Timestamp = time.parse().unwrap();
        assert!((before..=Timestamp::now()).contains(&time), "{line}");
        let level = rest.split_whitespace().next().unwrap();
        assert!(["INFO", "WARN", "ERROR"].contains(&level), "{line}");
    }
}

#[test]
fn verbose_tells_each_step_and_is_not_to_be_quiet() {
    let (place, _) = Place::with_sample();
    let said = stderr(&place.run("convert logs table --verbose"));
    for step in [
        "source:",
        "destination:",
        "lanes found",
        "is done",
        "threads",
    ] {
        assert!(
            said.lines()
                .any(|line| line.contains("DEBUG") && line.contains(step)),
            "{step}: {said}"
        );
    }
    let quieter = stderr(&place.run("convert logs table"));
    assert!(!quieter.contains("DEBUG"), "{quieter}");
    assert_eq!(place.run("status logs table -v -q").status.code(), Some(2));
}

#[test]
fn the_summary_for_people_names_what_was_done() {
    let (place, truth) = Place::with_sample();
    let text = stdout(&place.run("convert logs table"));
    for word in [
        "lanes",
        "files",
        "records",
        "rows",
        "duplicates",
        "rejects",
        "raw",
        "Parquet",
        "seconds",
    ] {
        assert!(
            text.lines().any(|line| line.starts_with(word)),
            "{word}: {text}"
        );
    }
    assert!(
        text.contains(&format!("{} of CloudTrail-Digest left", truth.digests)),
        "{text}"
    );
}

#[test]
fn a_destination_that_cannot_be_written_ends_with_1_and_names_it() {
    let place = Place::new();
    place.write(
        "logs/a.json",
        event("e1", "111122223333", "2024-05-01T00:00:00Z"),
    );
    place.write("table/_ledger", "a file where a folder has to be");
    let output = place.run("convert logs table");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(
        said.contains("_ledger") && said.contains("right to write"),
        "{said}"
    );
    assert_eq!(stdout(&output), "");
}

#[test]
fn a_read_only_destination_ends_with_1_and_names_it() {
    let place = Place::new();
    place.write(
        "logs/a.json",
        event("e1", "111122223333", "2024-05-01T00:00:00Z"),
    );
    let table = place.path("table");
    fs::create_dir(&table).unwrap();
    let mut permissions = fs::metadata(&table).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&table, permissions).unwrap();
    if fs::write(table.join("probe"), "").is_ok() {
        crate::support::say("SKIPPED: this user may write into a read-only folder");
        return;
    }
    let output = place.run("convert logs table");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("right to write"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let place = Place::new();
    let program = assert_cmd::cargo::cargo_bin("cloudtrail2parquet");
    let script = format!(
        "set -o pipefail; '{}' table columns | head -n 1",
        program.display()
    );
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "name\ttype\tpath\tcomment\n");
    drop(place);
}

#[test]
fn sample_writes_the_same_logs_for_the_same_seed() {
    let place = Place::new();
    let told = json(&place.run("sample one --size 300KB --json"));
    assert!(place.run("sample two --size 300KB").status.success());
    assert!(
        place
            .run("sample other --size 300KB --seed 2")
            .status
            .success()
    );
    let files = |name: &str| {
        let root = place.path(name);
        let files = tree(&root).into_iter();
        files
            .map(|(path, bytes)| (path.strip_prefix(&root).unwrap().to_owned(), bytes))
            .collect::<Vec<_>>()
    };
    assert!(files("one") == files("two"));
    assert!(files("one") != files("other"));
    let logs = files("one")
        .iter()
        .filter(|(path, _)| !path.to_str().unwrap().contains("Digest"))
        .count();
    assert_eq!(told["objects"].as_u64(), Some(logs as u64));
}
