//! Records through the table and back: what goes in comes out, in files that are small.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod chunks;

use chunks::check_chunks;
use std::collections::{BTreeMap, HashSet};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use cloudtrail2parquet::cloudtrail::{Document, Limits, read_document};
use cloudtrail2parquet::table::{
    Compression, EncodeOptions, ObjectRows, Objects, RowRef, Schema, encode, event_ids,
    matching_rows, records, same_record, shred, sort_rows,
};
use futures::executor::block_on;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaDataReader};
use xxhash_rust::xxh3::xxh3_64;

const LIMITS: Limits = Limits {
    uncompressed: 1 << 30,
    heap: 1 << 32,
};

fn schema() -> Schema {
    Schema::new(&[]).unwrap()
}

fn document(bytes: &[u8]) -> Document {
    read_document(bytes, LIMITS).unwrap()
}

fn rows_of(schema: &Schema, bytes: &[u8]) -> ObjectRows {
    let latest = jiff::Timestamp::MAX;
    shred(schema, document(bytes), "file.json", latest, LIMITS).unwrap()
}

fn one_object(schema: &Schema, bytes: &[u8]) -> Objects {
    Objects::new([Arc::new(rows_of(schema, bytes))])
}

fn round_trip(schema: &Schema, objects: &Objects) -> (Bytes, Vec<RowRef>, Vec<String>) {
    let mut rows = objects.row_refs().collect::<Vec<_>>();
    sort_rows(objects, &mut rows);
    let file = encode(schema, objects, &rows, &EncodeOptions::default()).unwrap();
    check_chunks(file.clone(), Compression::Snappy);
    let rebuilt = block_on(records(Cursor::new(file.clone()))).unwrap();
    (file, rows, rebuilt)
}

fn assert_rebuilt(objects: &Objects, rows: &[RowRef], rebuilt: &[String]) {
    assert_eq!(rows.len(), rebuilt.len());
    for (row, rebuilt) in rows.iter().zip(rebuilt) {
        let delivered = objects.row(*row).record_text();
        assert!(
            same_record(delivered, rebuilt),
            "delivered {delivered}\nrebuilt {rebuilt}"
        );
    }
}

fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if path.exists() {
        return Some(path);
    }
    println!("skipped: ../shared/data is absent");
    None
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.to_string_lossy().ends_with(".json.gz") {
            found.push(path);
        }
    }
}

#[test]
fn every_shape_is_rebuilt_from_its_row() {
    let Some(data) = shared() else { return };
    let schema = schema();
    let bytes = std::fs::read(data.join("shapes.ndjson.gz")).unwrap();
    let objects = one_object(&schema, &bytes);
    for object in objects.iter() {
        println!("{} rows, {} rejects", object.len(), object.rejects().len());
    }
    let (_, rows, rebuilt) = round_trip(&schema, &objects);
    assert_rebuilt(&objects, &rows, &rebuilt);
}

#[test]
fn real_data_is_rebuilt_and_small_in_partitions_of_a_day() {
    let Some(data) = shared() else { return };
    let schema = schema();
    let mut paths = Vec::new();
    files(&data.join("real"), &mut paths);
    let mut gzip_bytes = 0;
    let mut objects = Vec::new();
    for path in &paths {
        let bytes = std::fs::read(path).unwrap();
        gzip_bytes += bytes.len();
        objects.push(Arc::new(rows_of(&schema, &bytes)));
    }
    let objects = Objects::new(objects);
    let mut partitions: BTreeMap<_, Vec<RowRef>> = BTreeMap::new();
    for at in objects.row_refs() {
        let row = objects.row(at);
        let partition = (row.lane(), row.date());
        partitions.entry(partition).or_default().push(at);
    }
    let mut parquet_bytes = 0;
    for rows in partitions.values_mut() {
        sort_rows(&objects, rows);
        let file = encode(&schema, &objects, rows, &EncodeOptions::default()).unwrap();
        parquet_bytes += file.len();
        let rebuilt = block_on(records(Cursor::new(file))).unwrap();
        assert_rebuilt(&objects, rows, &rebuilt);
    }
    let ratio = parquet_bytes as f64 / gzip_bytes as f64;
    println!(
        "{} files, {} partitions, {gzip_bytes} bytes gzip, {parquet_bytes} bytes Parquet: {ratio:.3}",
        paths.len(),
        partitions.len()
    );
    assert!(ratio <= 1.25, "{ratio}");
}

fn size_of(
    schema: &Schema,
    objects: &Objects,
    rows: std::ops::Range<usize>,
    compression: Compression,
) -> usize {
    let mut rows: Vec<RowRef> = rows.map(|row| objects.row_ref(0, row)).collect();
    sort_rows(objects, &mut rows);
    let file = encode(schema, objects, &rows, &EncodeOptions { compression }).unwrap();
    check_chunks(file.clone(), compression);
    file.len()
}

#[test]
fn a_file_of_one_small_event_is_at_most_12_kb_and_of_five_18_kb() {
    let Some(data) = shared() else { return };
    let schema = schema();
    let bytes = std::fs::read(data.join("shapes.ndjson.gz")).unwrap();
    let objects = one_object(&schema, &bytes);
    let rows: Vec<RowRef> = objects.row_refs().collect();
    let is_small = |row: usize| objects.row(rows[row]).record_text().len() <= 1_500;
    let firsts = 0..rows.len() - 5;
    for (compression, of_one, of_five) in [
        (Compression::Snappy, 12_000, 18_000),
        (Compression::Zstd, 12_000, 18_000),
    ] {
        let size = |rows| size_of(&schema, &objects, rows, compression);
        let ones = firsts.clone().filter(|row| is_small(*row));
        let largest = ones.map(|row| size(row..row + 1)).max().unwrap();
        let fives = firsts
            .clone()
            .step_by(5)
            .filter(|row| (*row..row + 5).all(is_small));
        let largest_of_five = fives.map(|row| size(row..row + 5)).max().unwrap();
        println!("{compression}: one event: {largest}; five: {largest_of_five}");
        assert!(largest <= of_one, "{largest}");
        assert!(largest_of_five <= of_five, "{largest_of_five}");
    }
}

/// Records that differ in time, identity and name, newest first.
fn many_records(count: usize) -> String {
    let record = |n: usize| {
        let (minute, second) = (n / 60 % 60, n % 60);
        format!(
            r#"{{"eventTime":"2024-05-01T12:{minute:02}:{second:02}Z","eventID":"id-{n}","eventSource":"s{}","eventName":"n{}","sourceIPAddress":"10.0.{}.{}","userIdentity":{{"arn":"arn:{}","accessKeyId":"AKIA{}"}},"managementEvent":true}}"#,
            n % 3,
            n % 7,
            n % 200,
            n % 250,
            n % 50,
            n % 70
        )
    };
    let records: Vec<String> = (0..count).rev().map(record).collect();
    format!("[{}]", records.join(","))
}

#[test]
fn a_large_file_is_cut_into_row_groups_with_statistics_indexes_and_bloom_filters() {
    let schema = schema();
    let objects = one_object(&schema, many_records(45_000).as_bytes());
    let (file, rows, rebuilt) = round_trip(&schema, &objects);
    assert_rebuilt(&objects, &rows, &rebuilt);
    let metadata = ParquetMetaDataReader::new()
        .with_page_index_policy(PageIndexPolicy::Required)
        .parse_and_finish(&file)
        .unwrap();
    let groups = metadata.row_groups();
    let lengths: Vec<i64> = groups.iter().map(|group| group.num_rows()).collect();
    assert_eq!(lengths, [15_000, 15_000, 15_000], "of equal length");
    for group in groups {
        for column in group.columns() {
            let path = column.column_path().string();
            let is_sought = [
                "eventid",
                "useridentity_accesskeyid",
                "useridentity_arn",
                "sourceipaddress",
            ];
            assert_eq!(
                column.bloom_filter_offset().is_some(),
                is_sought.contains(&path.as_str()),
                "{path}"
            );
            assert!(column.offset_index_length().is_some());
            let is_paged = [
                "eventsource",
                "eventname",
                "eventtime",
                "eventtimestamp",
                "errorcode",
                "sourceipaddress",
                "useridentity_arn",
                "useridentity_accesskeyid",
            ];
            assert_eq!(
                column.column_index_length().is_some(),
                is_paged.contains(&path.as_str()),
                "{path}"
            );
            let is_json = [
                "requestparameters",
                "responseelements",
                "additionaleventdata",
                "serviceeventdetails",
                "edgedevicedetails",
                "insightdetails",
                "eventcontext",
            ];
            assert_eq!(
                column.statistics().is_none(),
                is_json.contains(&path.as_str()),
                "{path}"
            );
        }
    }
    let key_value = metadata.file_metadata().key_value_metadata();
    assert!(key_value.is_none(), "no embedded Arrow schema");
}

#[test]
fn matching_rows_finds_the_ids_asked_for_and_no_others() {
    let schema = schema();
    let objects = one_object(&schema, many_records(45_000).as_bytes());
    let (file, ..) = round_trip(&schema, &objects);
    let wanted = HashSet::from(["id-0", "id-44999", "id-45000", "nothing"]);
    let mut found = block_on(matching_rows(Cursor::new(file.clone()), &wanted)).unwrap();
    found.sort();
    let ids: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["id-0", "id-44999"]);
    let newest = objects.row(objects.row_ref(0, 0));
    assert!(same_record(&found[1].1, newest.record_text()));
    let nothing = block_on(matching_rows(Cursor::new(file.clone()), &HashSet::new()));
    assert_eq!(nothing.unwrap(), []);
    let mut hashes = block_on(event_ids(Cursor::new(file))).unwrap();
    assert_eq!(hashes.len(), 45_000);
    hashes.sort_unstable();
    assert!(hashes.binary_search(&xxh3_64(b"id-7")).is_ok());
}

#[test]
fn rows_are_sorted_by_source_name_identity_and_time_whatever_order_they_come_in() {
    let schema = schema();
    // The names of more rows than 16,384 are looked at in parts.
    for count in [500, 45_000] {
        let objects = one_object(&schema, many_records(count).as_bytes());
        let mut rows: Vec<RowRef> = objects.row_refs().collect();
        sort_rows(&objects, &mut rows);
        let mut reversed = rows.clone();
        reversed.reverse();
        sort_rows(&objects, &mut reversed);
        assert_eq!(rows, reversed);
        let number = |row: &RowRef| objects.row(*row).event_id().unwrap()[3..].parse::<usize>();
        let keys: Vec<_> = rows.iter().map(|row| number(row).unwrap()).collect();
        let arn = |n: usize| (n % 50).to_string();
        assert_eq!(keys.len(), count);
        let time_and_id = |n: usize| (n % 3600, n.to_string());
        assert!(keys.is_sorted_by_key(|n| (n % 3, n % 7, arn(*n), time_and_id(*n))));
    }
}

#[test]
fn rows_without_a_source_or_name_stand_before_those_with_an_empty_one() {
    let text = [
        r#""eventSource":"","eventName":"a""#,
        r#""eventName":"b""#,
        r#""eventSource":"","eventName":"""#,
        r#""eventSource":"""#,
    ]
    .map(|members| format!(r#"{{"eventTime":"2024-05-01T12:00:00Z",{members}}}"#))
    .join("\n");
    let objects = one_object(&schema(), text.as_bytes());
    let mut rows: Vec<RowRef> = objects.row_refs().collect();
    sort_rows(&objects, &mut rows);
    let order: Vec<u64> = rows.iter().map(|row| objects.row(*row).index()).collect();
    assert_eq!(order, [1, 3, 2, 0]);
}

#[test]
fn rows_of_one_name_and_time_are_ordered_by_the_text_of_their_event_ids() {
    // Ids that are equal at the first eight bytes, shorter ones, and such as end with zeros.
    let ids = [
        Some("abcdefgh2"),
        Some("é"),
        Some("a\\u0000"),
        None,
        Some("abcdefgh"),
        Some("b"),
        Some("abcdefgh10"),
        Some(""),
        Some("\\u0000"),
        Some("a"),
        Some("abcdefgz"),
    ];
    let text = ids
        .map(|id| match id {
            Some(id) => format!(
                r#"{{"eventTime":"2024-05-01T12:00:00Z","eventName":"N","eventID":"{id}"}}"#
            ),
            None => r#"{"eventTime":"2024-05-01T12:00:00Z","eventName":"N"}"#.to_owned(),
        })
        .join("\n");
    let objects = one_object(&schema(), text.as_bytes());
    let mut rows: Vec<RowRef> = objects.row_refs().collect();
    sort_rows(&objects, &mut rows);
    let found: Vec<Option<&str>> = rows
        .iter()
        .map(|row| objects.row(*row).event_id())
        .collect();
    let mut expected = found.clone();
    expected.sort_unstable();
    assert_eq!(found.len(), ids.len());
    assert_eq!(found, expected);
}

#[test]
fn every_compression_reads_back_and_is_of_all_columns() {
    let schema = schema();
    let small = one_object(&schema, many_records(50).as_bytes());
    let large = one_object(&schema, many_records(20_000).as_bytes());
    for compression in [
        Compression::Snappy,
        Compression::Zstd,
        Compression::Gzip,
        Compression::None,
    ] {
        for objects in [&small, &large] {
            let rows: Vec<RowRef> = objects.row_refs().collect();
            let file = encode(&schema, objects, &rows, &EncodeOptions { compression }).unwrap();
            check_chunks(file.clone(), compression);
            let rebuilt = block_on(records(Cursor::new(file))).unwrap();
            assert_rebuilt(objects, &rows, &rebuilt);
        }
    }
}

#[test]
fn compressions_have_names() {
    for name in ["snappy", "zstd", "gzip", "none"] {
        assert_eq!(name.parse::<Compression>().unwrap().to_string(), name);
    }
    let error = "lzo".parse::<Compression>().unwrap_err();
    assert!(error.contains("use snappy"));
}
