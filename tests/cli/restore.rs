//! `restore`, as its users run it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use cloudtrail2parquet::table::RecordHasher;
use serde_json::value::RawValue;

use crate::support::{Place, event, gzip, json, rows, shared, stderr, stdout, table, tree};

#[derive(serde::Deserialize)]
struct Records {
    #[serde(rename = "Records")]
    records: Vec<Box<RawValue>>,
}

fn inflated(bytes: &[u8]) -> String {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(bytes)
        .read_to_string(&mut text)
        .unwrap();
    text
}

/// The records of the CloudTrail files below a folder.
fn delivered(folder: &Path) -> Vec<String> {
    let files = tree(folder).into_iter();
    let logs = files.filter(|(path, _)| !path.to_str().unwrap().contains("CloudTrail-Digest"));
    let records = logs.flat_map(|(_, bytes)| {
        let text = inflated(&bytes);
        serde_json::from_str::<Records>(&text).unwrap().records
    });
    records.map(|record| record.get().to_owned()).collect()
}

/// How often each record is there, as far as JSON tells.
fn counted(hasher: &RecordHasher, records: &[String]) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    for record in records {
        *counts.entry(hasher.hash(record)).or_default() += 1;
    }
    counts
}

/// That restored records are those that were delivered, without repeats.
fn assert_same(delivered: &[String], restored: &[String], rows: usize) {
    let hasher = RecordHasher::default();
    let (raw, back) = (counted(&hasher, delivered), counted(&hasher, restored));
    assert!(raw.keys().eq(back.keys()), "some record differs");
    assert_eq!(restored.len(), rows);
}

fn lines(place: &Place, words: &str) -> Vec<String> {
    let output = place.run(&format!("restore table - --quiet {words}"));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output).lines().map(str::to_owned).collect()
}

fn restored(place: &Place, words: &str) -> serde_json::Value {
    let output = place.run(&format!("restore table back --json {words}"));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    json(&output)
}

/// A lane's object of this day.
fn key(day: u8, unique: &str) -> String {
    format!(
        "logs/AWSLogs/111122223333/CloudTrail/eu-west-1/2024/05/{day:02}/111122223333_CloudTrail_eu-west-1_202405{day:02}T1200Z_{unique}.json.gz"
    )
}

fn put(place: &Place, day: u8, unique: &str, records: &[String]) {
    let text = format!(r#"{{"Records":[{}]}}"#, records.join(","));
    place.write(&key(day, unique), gzip(&text));
}

fn at(id: &str, day: u8) -> String {
    event(id, "111122223333", &format!("2024-05-{day:02}T10:00:00Z"))
}

#[test]
fn restored_logs_lie_under_their_own_keys_and_give_the_same_table_again() {
    let (place, truth) = Place::with_sample();
    place.convert("", 0);
    let before = tree(&place.path("table"));
    let summary = restored(&place, "");
    assert_eq!(summary["records"].as_u64(), Some(truth.rows));
    let back = delivered(&place.path("back"));
    assert_same(&delivered(&place.path("logs")), &back, truth.rows as usize);
    let logs = tree(&place.path("logs"));
    for path in tree(&place.path("back")).into_keys() {
        let below = path.strip_prefix(place.path("back")).unwrap();
        assert!(
            logs.contains_key(&place.path("logs").join(below)),
            "{}",
            below.display()
        );
    }
    assert!(place.run("convert back again --quiet").status.success());
    assert_eq!(table(&place.path("again")), place.table());

    let again = restored(&place, "");
    assert_eq!(again["files"].as_u64(), Some(0));
    assert_eq!(again["standing_files"], summary["files"]);
    assert!(before == tree(&place.path("table")));
}

#[test]
fn real_logs_come_back_equal_as_json_and_give_the_same_table_again() {
    let Some(real) = shared("real") else { return };
    let place = Place::new();
    let converted = place
        .command("convert")
        .arg(&real)
        .arg("table")
        .output()
        .unwrap();
    assert!(converted.status.success());
    let delivered_records = delivered(&real);
    assert_eq!(delivered_records.len(), 3_915);
    assert_same(&delivered_records, &lines(&place, ""), 3_863);
    restored(&place, "");
    assert_same(&delivered_records, &delivered(&place.path("back")), 3_863);
    assert!(place.run("convert back again --quiet").status.success());
    assert_eq!(table(&place.path("again")), place.table());
}

#[test]
fn records_of_every_known_shape_come_back_equal_as_json() {
    let Some(shapes) = shared("shapes.ndjson.gz") else {
        return;
    };
    let place = Place::new();
    let bytes = fs::read(shapes).unwrap();
    place.write("logs/shapes.ndjson.gz", &bytes);
    let output = place.run("convert logs table --quiet");
    assert!(
        matches!(output.status.code(), Some(0 | 3)),
        "{}",
        stderr(&output)
    );
    let text = inflated(&bytes);
    // Aggregated events are no records.
    let is_record = |line: &&str| !line.contains("\"AwsAggregatedEvent\"");
    let records = text.lines().filter(is_record);
    let raw: Vec<String> = records.map(str::to_owned).collect();
    assert_eq!(raw.len(), 1_060);
    let back = lines(&place, "--rejects");
    let hasher = RecordHasher::default();
    assert!(
        counted(&hasher, &raw)
            .keys()
            .eq(counted(&hasher, &back).keys())
    );
    restored(&place, "");
    assert!(place.run("convert back again --quiet").status.success());
    assert_eq!(table(&place.path("again")), place.table());
}

#[test]
fn rejects_come_back_on_request_and_are_rejects_again() {
    let place = Place::new();
    put(
        &place,
        1,
        "x",
        &[
            at("a", 1),
            "5".to_owned(),
            r#"{"eventName":"x"}"#.to_owned(),
        ],
    );
    place.write("logs/dump.json", r#"[{"eventName":"y"}]"#);
    place.convert("", 3);
    assert_eq!(lines(&place, "").len(), 1);
    assert_eq!(lines(&place, "--rejects").len(), 4);
    assert_eq!(restored(&place, "--rejects")["rejects"].as_u64(), Some(3));
    let output = place.run("convert back again --json");
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(
        (
            json(&output)["rows"].as_u64(),
            json(&output)["rejects"].as_u64()
        ),
        (Some(1), Some(3))
    );
}

#[test]
fn conditions_of_one_kind_are_alternatives_and_those_of_several_all_hold() {
    let place = Place::new();
    let with = |id: &str, ip: &str, access_key: &str| {
        let more = format!(
            r#""sourceIPAddress":"{ip}","userIdentity":{{"accessKeyId":"{access_key}"}},"eventID""#
        );
        at(id, 1).replace("\"eventID\"", &more)
    };
    put(
        &place,
        1,
        "x",
        &[
            with("a", "10.0.0.1", "AKIA1"),
            with("b", "10.0.0.2", "AKIA1"),
            at("c", 1),
        ],
    );
    put(&place, 2, "y", &[with("d", "10.0.0.1", "AKIA2")]);
    place.convert("", 0);
    let ids = |words: &str| {
        let lines = lines(&place, words);
        let ids = lines.iter().map(|line| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            record["eventID"].as_str().unwrap().to_owned()
        });
        let mut ids: Vec<String> = ids.collect();
        ids.sort();
        ids.concat()
    };
    for (words, expected) in [
        ("--where-event-id c", "c"),
        ("--where-event-id c --where-event-id a", "ac"),
        ("--where-access-key AKIA1", "ab"),
        ("--where-ip 10.0.0.1", "ad"),
        ("--where-ip 10.0.0.1 --where-access-key AKIA1", "a"),
        ("--where-ip 10.0.0.9", ""),
        ("--from 2024-05-02", "d"),
        ("--to 2024-05-01 --region eu-west-1", "abc"),
        ("--account 999999999999", ""),
    ] {
        assert_eq!(ids(words), expected, "{words}");
    }
}

#[test]
fn what_is_there_stays_and_versions_of_one_object_are_two_files() {
    let place = Place::new();
    put(&place, 1, "x", &[at("a", 1)]);
    place.convert("", 0);
    put(&place, 1, "x", &[at("a", 1), at("b", 1)]);
    place.convert("", 0);
    let own = key(1, "x").replace("logs/", "back/");
    place.write(&own, "somebody's own");
    assert_eq!(restored(&place, "")["files"].as_u64(), Some(2));
    assert_eq!(fs::read(place.path(&own)).unwrap(), b"somebody's own");
    fs::remove_file(place.path(&own)).unwrap();
    assert_eq!(delivered(&place.path("back")).len(), 2);
    assert!(place.run("convert back again --quiet").status.success());
    assert_eq!(rows(&table(&place.path("again"))), 2);
}

#[test]
fn what_cannot_be_restored_is_said() {
    let place = Place::new();
    put(&place, 1, "x", &[at("a", 1)]);
    place.convert("", 0);
    for (words, code, text) in [
        ("restore table - --json", 2, "--json needs another OUT"),
        ("restore table table/back", 2, "OUT is in the table's place"),
        (
            "restore table back --rejects --where-ip 1.1.1.1",
            2,
            "cannot be used with",
        ),
    ] {
        let output = place.run(words);
        assert_eq!(output.status.code(), Some(code), "{words}");
        assert!(
            stderr(&output).contains(text),
            "{words}: {}",
            stderr(&output)
        );
    }
    let files = tree(&place.path("table"));
    let file = files
        .keys()
        .find(|path| path.extension().is_some_and(|end| end == "parquet"));
    fs::write(file.unwrap(), "PAR1").unwrap();
    let output = place.run("restore table back --json");
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert_eq!(json(&output)["failures"].as_u64(), Some(1));
}
