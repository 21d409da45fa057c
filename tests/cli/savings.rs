//! What questions are said to read, against the files and logs themselves.

use std::fs::File;
use std::path::{Path, PathBuf};

use cloudtrail2parquet::sample::{SampleOptions, Truth};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::Value;

use crate::support::{Place, event, json, stderr, stdout, tree};

fn converted(options: &SampleOptions) -> (Place, Truth) {
    let (place, truth) = Place::with(options);
    place.convert("", 0);
    (place, truth)
}

fn small() -> (Place, Truth) {
    converted(&SampleOptions {
        uncompressed_bytes: 1_000_000,
        ..SampleOptions::default()
    })
}

fn savings(place: &Place, words: &str) -> Value {
    let output = place.run(&format!("savings table --json {words}"));
    assert!(output.status.success(), "{}", stderr(&output));
    json(&output)
}

fn question<'a>(savings: &'a Value, name: &str) -> &'a Value {
    let mut questions = savings["questions"].as_array().unwrap().iter();
    questions.find(|one| one["name"] == name).unwrap()
}

fn bytes(of: &Value, what: &str) -> u64 {
    of[what].as_u64().unwrap()
}

/// The Parquet files whose path has `part` in it, and their bytes.
fn files(place: &Place, part: &str) -> Vec<(PathBuf, u64)> {
    tree(&place.path("table"))
        .into_iter()
        .filter(|(path, _)| path.extension().is_some_and(|e| e == "parquet"))
        .filter(|(path, _)| path.to_str().unwrap().contains(part))
        .map(|(path, bytes)| (path, bytes.len() as u64))
        .collect()
}

/// The bytes of some columns' chunks in a file.
fn chunks(file: &Path, columns: &[&str]) -> u64 {
    let reader = SerializedFileReader::new(File::open(file).unwrap()).unwrap();
    let groups = reader.metadata().row_groups().iter();
    let chunks = groups.flat_map(|group| group.columns());
    chunks
        .filter(|chunk| columns.contains(&chunk.column_path().string().as_str()))
        .map(|chunk| chunk.compressed_size() as u64)
        .sum()
}

#[test]
fn raw_and_parquet_bytes_are_those_of_the_logs_and_files() {
    let (place, truth) = small();
    let found = savings(&place, "");
    let all = files(&place, "");
    assert_eq!(bytes(&found, "delivered_bytes"), truth.delivered_bytes);
    assert_eq!(bytes(&found, "files"), all.len() as u64);
    let parquet: u64 = all.iter().map(|(_, bytes)| bytes).sum();
    assert_eq!(bytes(&found, "parquet_bytes"), parquet);
    for question in found["questions"].as_array().unwrap() {
        let scans = bytes(question, "scans");
        assert!(scans > 0, "{question}");
        assert_eq!(
            bytes(question, "delivered_bytes"),
            scans * truth.delivered_bytes
        );
        assert!(
            bytes(question, "parquet_bytes") < scans * parquet,
            "{question}"
        );
        // These files are so small that they are fetched whole.
        assert_eq!(bytes(question, "trino_fetched_bytes"), scans * parquet);
    }
}

#[test]
fn a_question_reads_the_chunks_of_its_columns() {
    let (place, _) = small();
    let columns = [
        "useridentity_type",
        "readonly",
        "errorcode",
        "useridentity_sessioncontext_sessionissuer_arn",
        "useridentity_arn",
        "useridentity_invokedby",
        "useridentity_principalid",
    ];
    let all = files(&place, "");
    let expected: u64 = all.iter().map(|(file, _)| chunks(file, &columns)).sum();
    let found = savings(&place, "identity-types");
    let question = question(&found, "identity-types");
    assert_eq!(bytes(question, "parquet_bytes"), expected);
    assert_eq!(bytes(question, "with_page_index_bytes"), expected);
}

#[test]
fn without_dates_all_raw_objects_count_and_an_object_of_several_lanes_counts_in_each() {
    let place = Place::new();
    let events = [("a", "111111111111"), ("b", "222222222222")]
        .map(|(id, account)| event(id, account, "2024-05-01T00:00:00Z"))
        .join("\n");
    place.write("logs/dump.ndjson", &events);
    place.convert("", 0);
    for words in ["", "--account 111111111111", "--account 222222222222"] {
        let found = savings(&place, &format!("events-by-region {words}"));
        let question = question(&found, "events-by-region");
        assert_eq!(
            bytes(question, "delivered_bytes"),
            events.len() as u64,
            "{words}"
        );
        assert_eq!(
            bytes(question, "delivered_asked_bytes"),
            events.len() as u64,
            "{words}"
        );
    }
}

#[test]
fn a_damaged_footer_is_an_error_that_names_the_file() {
    let (place, _) = small();
    let (file, _) = files(&place, "").remove(0);
    let sound = std::fs::read(&file).unwrap();
    let footer = sound.len() - 2_000;
    for at in (footer..sound.len()).step_by(23) {
        let mut damaged = sound.clone();
        damaged[at] ^= 0x55;
        std::fs::write(&file, &damaged).unwrap();
        let output = place.run("savings table root-use --json");
        let code = output.status.code();
        assert!(
            matches!(code, Some(0 | 1)),
            "byte {at}: {}",
            stderr(&output)
        );
        if code == Some(1) {
            let name = file.file_name().unwrap().to_str().unwrap();
            assert!(stderr(&output).contains(name), "{}", stderr(&output));
        }
    }
}

#[test]
fn only_the_dates_and_lanes_asked_for_are_counted() {
    let (place, truth) = small();
    let words = "events-by-region --from 2024-05-02 --to 2024-05-02 --account 012345678901 --region us-east-1";
    let found = savings(&place, words);
    let asked = files(
        &place,
        "account=012345678901/region=us-east-1/date=2024-05-02",
    );
    let parquet: u64 = asked.iter().map(|(_, bytes)| bytes).sum();
    assert!(parquet > 0);
    assert_eq!(bytes(&found, "parquet_bytes"), parquet);
    let day = "AWSLogs/012345678901/CloudTrail";
    let raw: u64 = tree(&place.path("logs"))
        .iter()
        .filter(|(path, _)| {
            let path = path.to_str().unwrap();
            path.contains(day)
                && path.contains("/us-east-1/2024/05/02/")
                && !path.contains("Digest")
        })
        .map(|(_, bytes)| bytes.len() as u64)
        .sum();
    let question = question(&found, "events-by-region");
    assert_eq!(bytes(question, "delivered_asked_bytes"), raw);
    assert_eq!(bytes(question, "delivered_bytes"), truth.delivered_bytes);
    assert_eq!(bytes(question, "trino_fetched_bytes"), parquet);
}

#[test]
fn a_needle_that_is_nowhere_is_found_out_by_bloom_filters() {
    let (place, _) = converted(&SampleOptions {
        uncompressed_bytes: 40_000_000,
        accounts: 1,
        regions: 1,
        days: 1,
        ..SampleOptions::default()
    });
    let name = "access-key-activity";
    // Between the least and the greatest, so that only a filter can tell.
    let of = |key: &str| savings(&place, &format!("{name} --set access_key={key}"));
    let nowhere = of("AKIAZZZZZZZZZZZZZZZZ");
    let nowhere = question(&nowhere, name);
    let unset = savings(&place, name);
    let unset = question(&unset, name);
    assert!(bytes(nowhere, "parquet_bytes") > 0);
    assert!(bytes(nowhere, "with_bloom_bytes") < bytes(nowhere, "parquet_bytes"));
    // Of a value that nobody has named nothing is pruned.
    assert_eq!(
        bytes(unset, "with_bloom_bytes"),
        bytes(unset, "parquet_bytes")
    );
}

#[test]
fn the_text_has_a_line_for_each_question_and_says_what_its_columns_are() {
    let (place, _) = small();
    let text = stdout(&place.run("savings table root-use failed-console-logins"));
    for name in ["root-use", "failed-console-logins"] {
        assert!(text.lines().any(|line| line.starts_with(name)), "{text}");
    }
    assert!(!text.contains("errors-by-code"), "{text}");
    assert!(text.contains("Athena") && text.contains("10 MiB"), "{text}");
}

#[test]
fn an_empty_table_and_an_unknown_question_are_told() {
    let place = Place::new();
    place.write("table/_ledger/format-2", "{\"format\":2}");
    let empty = place.run("savings table");
    assert!(stdout(&empty).contains("empty"), "{}", stderr(&empty));
    let nothing = place.run("savings table --from 2030-01-01 --to 2030-01-02");
    assert!(
        stdout(&nothing).contains("no events"),
        "{}",
        stdout(&nothing)
    );
    let unknown = place.run("savings table rout-use");
    assert_eq!(unknown.status.code(), Some(2));
    assert!(
        stderr(&unknown).contains("root-use"),
        "{}",
        stderr(&unknown)
    );
    let wrong = place.run("savings table root-use --set colour=red");
    assert_eq!(wrong.status.code(), Some(2), "{}", stderr(&wrong));
}
