//! `verify`, as its users run it.

use crate::support::{Place, json, shared, stderr, stdout, tree};
use std::fs;

#[test]
fn verify_finds_nothing_in_a_fresh_table_at_any_level_and_writes_nothing() {
    let (place, truth) = Place::with_sample();
    place.convert("", 0);
    let before = tree(&place.path("table"));
    for level in ["ledger", "files", "rows", "raw"] {
        let output = place.run(&format!("verify logs table --json --level {level}"));
        assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
        let report = json(&output);
        assert_eq!(report["findings"].as_array().unwrap().len(), 0);
        if level == "raw" {
            assert_eq!(report["raw_records"].as_u64(), Some(truth.records));
        }
    }
    let output = place.run("verify table");
    assert!(
        stdout(&output).ends_with("Nothing is wrong.\n"),
        "{}",
        stdout(&output)
    );
    assert!(before == tree(&place.path("table")));
}

#[test]
fn verify_names_what_is_wrong_and_what_to_do_with_exit_code_3() {
    let (place, _) = Place::with_sample();
    place.convert("", 0);
    let files = tree(&place.path("table"));
    let file = files
        .keys()
        .find(|path| path.extension().is_some_and(|end| end == "parquet"));
    fs::remove_file(file.unwrap()).unwrap();
    let output = place.run("verify table --level ledger --json");
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let found = &json(&output)["findings"][0];
    assert_eq!(found["kind"], "missing_file");
    assert_eq!(found["url"].as_str(), file.unwrap().to_str());
    for name in [
        "account",
        "region",
        "date",
        "expected",
        "found",
        "what_to_do",
    ] {
        assert!(found[name].is_string(), "{name} of {found}");
    }
    let text = stdout(&place.run("verify table --level ledger"));
    assert!(
        text.contains("missing_file") && text.contains("restore it from a backup"),
        "{text}"
    );
}

#[test]
fn verify_of_raw_logs_needs_their_source() {
    let place = Place::new();
    let output = place.run("verify table --level raw");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("name SOURCE before DEST"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn verify_finds_nothing_in_a_table_of_real_logs() {
    let Some(real) = shared("real") else { return };
    let place = Place::new();
    let run = |words: &str| {
        place
            .command(words)
            .arg(&real)
            .arg("table")
            .output()
            .unwrap()
    };
    assert!(run("convert").status.success());
    let output = run("verify --json");
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert_eq!(json(&output)["raw_records"].as_u64(), Some(3_915));
}
