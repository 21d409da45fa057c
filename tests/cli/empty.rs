//! Sources in which there is nothing to convert, and what is said of what is there instead.

use crate::support::{Place, event, json, stderr, stdout};
use std::fs;

#[test]
fn an_empty_source_is_told_and_is_no_success() {
    let place = Place::new();
    fs::create_dir(place.path("logs")).unwrap();
    for command in ["convert logs table", "convert logs table --dry-run"] {
        let output = place.run(command);
        assert_eq!(output.status.code(), Some(3), "{command}");
        let told = format!("{}{}", stdout(&output), stderr(&output));
        assert!(told.contains("holds no"), "{told}");
        let output = place.run(&format!("{command} --allow-empty"));
        assert_eq!(output.status.code(), Some(0), "{command}");
    }
    let told = stderr(&place.run("convert logs table"));
    assert!(told.contains("nothing at all"), "{told}");
    assert!(told.contains("--allow-empty"), "{told}");
}

#[test]
fn what_lies_there_instead_of_logs_is_told_by_kind_with_examples() {
    let place = Place::new();
    for number in 0..5 {
        place.write(&format!("logs/case/{number}.zip"), "PK");
    }
    place.write("logs/export.CSV", "a,b");
    place.write("logs/notes", "");
    let output = place.run("convert logs table --json");
    assert_eq!(output.status.code(), Some(3));
    let summary = json(&output);
    assert_eq!(summary["nothing_found"].as_bool(), Some(true));
    assert_eq!(
        summary["problems"][0]["code"].as_str(),
        Some("nothing_found")
    );
    let zips = &summary["ignored_objects"][".zip"];
    assert_eq!(zips["count"].as_u64(), Some(5));
    assert_eq!(zips["examples"].as_array().unwrap().len(), 3);
    let told = stderr(&output);
    for part in [
        "5 .zip (case/0.zip, case/1.zip, case/2.zip)",
        "1 .csv (export.CSV)",
        "1 empty files (notes)",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
}

#[test]
fn an_account_without_logs_is_told_and_one_with_logs_out_of_the_range_is_fine() {
    let (place, _) = Place::with_sample();
    let convert = |options: &str| place.run(&format!("convert logs table {options}"));
    assert_eq!(convert("--account 999999999999").status.code(), Some(3));
    let quiet_days = convert("--from 2031-01-01 --to 2031-01-02");
    assert_eq!(quiet_days.status.code(), Some(0), "{}", stderr(&quiet_days));
    // One worker of many finds nothing for itself, and that is fine.
    for shard in 1..=50 {
        let output = convert(&format!("--shard {shard}/50 --dry-run"));
        assert_eq!(output.status.code(), Some(0), "shard {shard}");
    }
}

#[test]
fn files_beside_logs_are_counted_and_are_no_failure() {
    let place = Place::new();
    let log = event("e1", "111122223333", "2024-05-01T10:00:00Z");
    place.write("logs/a.json", &log);
    place.write("logs/b.pdf", "x");
    place.write(
        "logs/AWSLogs/111122223333/CloudTrail/us-east-1/2024/05/01/index.html",
        "x",
    );
    let summary = place.convert("", 0);
    assert_eq!(summary["rows"].as_u64(), Some(1));
    for (kind, key) in [
        (".pdf", "b.pdf"),
        (
            ".html",
            "AWSLogs/111122223333/CloudTrail/us-east-1/2024/05/01/index.html",
        ),
    ] {
        let some = &summary["ignored_objects"][kind];
        assert_eq!(some["count"].as_u64(), Some(1));
        assert_eq!(some["examples"][0].as_str(), Some(key));
    }
    let status = stdout(&place.run("status logs table"));
    assert!(
        status.contains("1 .pdf left, no event logs: b.pdf"),
        "{status}"
    );
}

#[test]
fn files_without_a_record_are_left_and_counted_and_alone_they_are_no_logs() {
    let place = Place::new();
    let digest = "AWSLogs_copy/111122223333_CloudTrail-Digest_us-east-1_x_20240501T000000Z.json";
    let text = r#"{"awsAccountId":"1","digestS3Object":"x","logFiles":[]}"#;
    place.write(&format!("logs/{digest}"), text);
    place.write("logs/package.json", r#"{"name":"x","version":"1"}"#);
    let alone = place.convert("", 3);
    assert_eq!(alone["nothing_found"].as_bool(), Some(true));
    assert_eq!(alone["unread_objects"].as_u64(), Some(0));

    place.write(
        "logs/a.json",
        event("e1", "111122223333", "2024-05-01T10:00:00Z"),
    );
    for rows in [1, 0] {
        let summary = place.convert("", 0);
        assert_eq!(summary["rows"].as_u64(), Some(rows));
        let ignored = &summary["ignored_objects"];
        assert_eq!(ignored["left_digest"]["examples"][0].as_str(), Some(digest));
        assert_eq!(ignored["left_json"]["count"].as_u64(), Some(1));
    }
    // Under CloudTrail's own keys a file has records.
    place.write(
        "logs/AWSLogs/111122223333/CloudTrail/us-east-1/2024/05/01/b.json",
        "{}",
    );
    assert_eq!(place.convert("", 3)["unread_objects"].as_u64(), Some(1));
}
