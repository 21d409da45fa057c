//! `compact` and `expire`, as their users run them.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::support::{Place, event, gzip, json, stderr, stdout, tree};

/// A sample converted day by day, as a nightly run would.
fn night_by_night() -> Place {
    let (place, _) = Place::with_sample();
    let days: BTreeSet<String> = tree(&place.path("logs"))
        .into_keys()
        .filter(|path| !path.to_str().unwrap().contains("CloudTrail-Digest"))
        .map(|path| {
            let day: Vec<_> = path.iter().rev().skip(1).take(3).collect();
            let day: Vec<&str> = day
                .iter()
                .rev()
                .map(|part| part.to_str().unwrap())
                .collect();
            day.join("-")
        })
        .collect();
    for day in days {
        place.convert(&format!("--from {day} --to {day}"), 0);
    }
    place
}

/// Lets the files of the table be some days old.
fn age(place: &Place) {
    let then = SystemTime::now() - Duration::from_secs(3 * 24 * 60 * 60);
    for path in tree(&place.path("table")).into_keys() {
        File::options()
            .write(true)
            .open(path)
            .unwrap()
            .set_modified(then)
            .unwrap();
    }
}

fn parquet_files(place: &Place) -> usize {
    let files = tree(&place.path("table")).into_keys();
    files
        .filter(|path| path.extension().is_some_and(|ending| ending == "parquet"))
        .count()
}

fn summary(place: &Place, words: &str) -> serde_json::Value {
    let output = place.run(&format!("{words} --json"));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    json(&output)
}

fn verified(place: &Place) {
    let output = place.run("verify logs table");
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn compact_makes_one_file_of_each_settled_partition_and_changes_no_row() {
    let place = night_by_night();
    let (table, before) = (place.table(), tree(&place.path("table")));
    let young = summary(&place, "compact table");
    assert_eq!(young["replaced_files"], 0);
    assert!(young["young_files"].as_u64() > Some(0), "{young}");
    age(&place);
    let planned = summary(&place, "compact table --dry-run");
    assert!(before == tree(&place.path("table")), "a dry run wrote");
    assert!(parquet_files(&place) > table.len());
    let done = summary(&place, "compact table");
    for sum in [
        "partitions",
        "replaced_files",
        "replaced_bytes",
        "rows",
        "files",
    ] {
        assert_eq!(done[sum], planned[sum], "{sum}");
    }
    assert_eq!(place.table(), table);
    assert_eq!(parquet_files(&place), table.len());
    verified(&place);

    let settled = tree(&place.path("table"));
    let again = stdout(&place.run("compact table"));
    assert!(
        again.contains("Nothing to do: nothing was written."),
        "{again}"
    );
    assert_eq!(place.convert("", 0)["files"], 0);
    assert!(settled == tree(&place.path("table")));
}

#[test]
fn compact_writes_the_codec_that_it_is_asked_for_and_reads_any() {
    let (place, _) = Place::with_sample();
    let whole = place.run("convert logs zstd --compression zstd --quiet");
    assert!(whole.status.success(), "{}", stderr(&whole));
    let night = night_by_night();
    age(&night);
    let output = night.run("compact table --compression zstd");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let merged = summary(&night, "verify table");
    let direct = json(&place.run("verify zstd --json"));
    assert_eq!(merged["rows"], direct["rows"]);
    let (merged, direct) = (&merged["parquet_bytes"], &direct["parquet_bytes"]);
    let ratio = merged.as_f64().unwrap() / direct.as_f64().unwrap();
    // Partitions of one file keep what they had.
    assert!(
        (0.98..1.25).contains(&ratio),
        "{merged} instead of {direct}"
    );
}

#[test]
fn what_was_merged_is_restored_and_verified_as_before() {
    restored_and_verified_after(&night_by_night(), "compact table");
}

#[test]
fn a_partition_that_became_several_files_is_restored_and_verified_as_before() {
    let place = Place::new();
    for object in 0..12_u64 {
        let records = (0..60_u64).map(|n| {
            let id = (object * 60 + n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let time = format!("2024-05-01T{:02}:{n:02}:{object:02}Z", n % 24);
            event(&format!("{id:016x}"), "111111111111", &time)
        });
        let records: Vec<String> = records.collect();
        let key = format!(
            "logs/AWSLogs/111111111111/CloudTrail/eu-west-1/2024/05/02/111111111111_CloudTrail_eu-west-1_20240502T{object:02}00Z_aaaa.json.gz"
        );
        let text = format!(r#"{{"Records":[{}]}}"#, records.join(","));
        place.write(&key, gzip(&text));
    }
    place.convert("--memory 1kB", 0);
    let table = place.table();
    let before = tree(&place.path("table")).into_iter();
    let before = before.filter(|(path, _)| path.extension().is_some_and(|end| end == "parquet"));
    let sizes: Vec<usize> = before.map(|(_, bytes)| bytes.len()).collect();
    assert_eq!(sizes.len(), 12);
    let target = sizes.iter().max().unwrap() * 2 + 1;
    restored_and_verified_after(&place, &format!("compact table --target-size {target}B"));
    assert_eq!(place.table(), table);
    assert!((2..6).contains(&parquet_files(&place)));
    let again = summary(&place, "compact table");
    assert_eq!(again["files"], 0, "they are younger than a day");
}

fn restored_and_verified_after(place: &Place, compaction: &str) {
    let before = place.run("restore table before --json");
    assert_eq!(before.status.code(), Some(0));
    age(place);
    summary(place, compaction);
    let after = place.run("restore table after --json");
    assert_eq!(after.status.code(), Some(0), "{}", stderr(&after));
    assert_eq!(json(&before)["records"], json(&after)["records"]);
    let files = |folder: &str| -> Vec<_> {
        let below = place.path(folder);
        let files = tree(&below).into_iter();
        let files =
            files.map(|(path, bytes)| (path.strip_prefix(&below).unwrap().to_owned(), bytes));
        files.collect()
    };
    assert!(files("before") == files("after"));
    verified(place);
}

#[test]
fn rewrite_gives_old_partitions_the_columns_of_now_and_the_same_records() {
    let place = night_by_night();
    age(&place);
    let table = place.table();
    assert_eq!(summary(&place, "rewrite table")["replaced_files"], 0);
    // The first is merged before, with what its files were made with.
    let compacted = summary(&place, "compact table --account 123456789012");
    assert!(compacted["waiting"] == 0, "{compacted}");
    age(&place);
    place.write(
        "columns.tsv",
        "additionaleventdata_x_amz_id_2\tstring\tadditionalEventData.x-amz-id-2\n",
    );
    let planned = summary(&place, "rewrite table --columns columns.tsv --dry-run");
    let done = summary(&place, "rewrite table --columns columns.tsv");
    assert_eq!(done["replaced_files"], planned["replaced_files"]);
    let expected: usize = table.values().map(Vec::len).sum();
    assert_eq!(done["rows"].as_u64(), Some(expected as u64), "{done}");
    assert_eq!(place.table(), table);
    assert!(has_column(&place, "additionaleventdata_x_amz_id_2"));
    verified(&place);
    age(&place);
    let again = summary(&place, "rewrite table --columns columns.tsv");
    assert_eq!(again["replaced_files"], 0, "{again}");
    let back = summary(&place, "compact table --columns columns.tsv");
    assert_eq!(back["waiting"], 0);
    assert_eq!(place.table(), table);
    verified(&place);
    assert_eq!(place.convert("", 0)["files"], 0);
}

/// Whether some file has the column.
fn has_column(place: &Place, name: &str) -> bool {
    tree(&place.path("table")).into_iter().any(|(path, bytes)| {
        path.extension().is_some_and(|ending| ending == "parquet") && {
            let file = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).unwrap();
            let fields = file.schema().fields().iter();
            fields.into_iter().any(|field| field.name() == name)
        }
    })
}

#[test]
fn convert_compact_converts_and_merges_in_one_go() {
    let place = night_by_night();
    age(&place);
    let table = place.table();
    let summary = place.convert("--compact", 0);
    assert_eq!(summary["rows"], 0);
    assert!(
        summary["compact"]["replaced_files"].as_u64() > Some(0),
        "{summary}"
    );
    assert_eq!(place.table(), table);
    assert_eq!(parquet_files(&place), table.len());
}

#[test]
fn expire_removes_old_partitions_and_convert_does_not_bring_them_back() {
    let place = night_by_night();
    age(&place);
    let table = place.table();
    let dates: BTreeSet<&str> = table
        .keys()
        .map(|key| key.rsplit('/').next().unwrap())
        .collect();
    let before = *dates.iter().nth(2).unwrap();
    let (old, kept) = table
        .iter()
        .partition::<Vec<_>, _>(|(key, _)| *key.rsplit('/').next().unwrap() < *before);
    let whole = tree(&place.path("table"));
    let planned = summary(&place, &format!("expire table --before {before} --dry-run"));
    assert_eq!(planned["partitions"].as_u64(), Some(old.len() as u64));
    assert!(whole == tree(&place.path("table")), "a dry run wrote");

    let done = summary(&place, &format!("expire table --before {before}"));
    let old_rows: u64 = old.iter().map(|(_, ids)| ids.len() as u64).sum();
    assert_eq!(done["rows"].as_u64(), Some(old_rows));
    let kept: Vec<_> = kept
        .into_iter()
        .map(|(key, ids)| (key.clone(), ids.clone()))
        .collect();
    assert!(place.table().into_iter().eq(kept));
    verified(&place);
    let settled = tree(&place.path("table"));
    assert_eq!(place.convert("", 0)["files"], 0);
    assert!(settled == tree(&place.path("table")));

    // A log that comes late, of an old day and of a kept one.
    let (account, region) = {
        let lane = table.keys().next().unwrap();
        let mut parts = lane.split('/');
        (
            parts.next().unwrap().to_owned(),
            parts.next().unwrap().to_owned(),
        )
    };
    let first = *dates.first().unwrap();
    let records = [
        event("late", &account, &format!("{first}T10:00:00Z")),
        event("kept", &account, &format!("{before}T10:00:00Z")),
    ];
    let (day, stamp) = (before.replace('-', "/"), before.replace('-', ""));
    place.write(
        &format!("logs/AWSLogs/{account}/CloudTrail/{region}/{day}/{account}_CloudTrail_{region}_{stamp}T2300Z_late.json.gz"),
        gzip(&format!(r#"{{"Records":[{}]}}"#, records.join(","))),
    );
    let late = place.convert("", 0);
    assert_eq!(
        (late["rows"].as_u64(), late["expired"].as_u64()),
        (Some(1), Some(1)),
        "{late}"
    );
    verified(&place);
    assert!(
        !fs::exists(place.path(&format!(
            "table/account={account}/region={region}/date={first}"
        )))
        .unwrap()
    );
}

#[test]
fn expire_and_compact_say_what_is_wrong_with_their_words() {
    let place = Place::new();
    for (words, part) in [
        ("expire table", "--before"),
        ("expire table --before yesterday", "--before"),
        ("compact table --target-size much", "--target-size"),
    ] {
        let output = place.run(words);
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(stderr(&output).contains(part), "{}", stderr(&output));
    }
}
