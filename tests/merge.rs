//! Files merged: all rows, all columns, in the order of the table.

#![allow(clippy::unwrap_used)]

use std::io::Cursor;
use std::sync::Arc;

use bytes::Bytes;
use cloudtrail2parquet::cloudtrail::{Limits, read_document};
use cloudtrail2parquet::table::{
    Compression, Cut, EncodeOptions, MergeError, Objects, ReadError, RowOrder, RowRef, Schema,
    encode, merge, parse_columns_file, records, shred, sort_rows,
};
use futures::executor::block_on;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaDataReader};
use proptest::collection::vec;
use proptest::prelude::*;

fn schema() -> Schema {
    Schema::new(&[]).unwrap()
}

fn file(schema: &Schema, records: &[String]) -> Bytes {
    let limits = Limits::of(1 << 24);
    let document = read_document(records.join("\n").as_bytes(), limits).unwrap();
    let object = shred(
        schema,
        document,
        "logs/a.json.gz",
        jiff::Timestamp::MAX,
        limits,
    )
    .unwrap();
    let objects = Objects::new([Arc::new(object)]);
    let mut rows: Vec<RowRef> = objects.row_refs().collect();
    sort_rows(&objects, &mut rows);
    encode(schema, &objects, &rows, &EncodeOptions::default()).unwrap()
}

/// In the order of every file.
fn merge_cut(
    schema: &Schema,
    files: &[Bytes],
    cut: &Cut,
    options: &EncodeOptions,
) -> Result<Vec<(Bytes, u64)>, MergeError> {
    merge(schema, files, RowOrder::Identity, cut, options)
}

/// However large the one file becomes.
fn merge_into_one(
    schema: &Schema,
    files: &[Bytes],
    options: &EncodeOptions,
) -> Result<(Bytes, u64), MergeError> {
    let merged = merge_cut(schema, files, &Cut::Bytes(u64::MAX), options)?;
    assert_eq!(merged.len(), 1);
    Ok(merged.into_iter().next().unwrap())
}

fn event(source: u8, name: u8, second: u8, id: u32, more: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.08","eventTime":"2024-05-01T10:00:{second:02}Z","eventSource":"s{source}.amazonaws.com","eventName":"Event{name}","eventID":"id-{id}"{more}}}"#
    )
}

fn read(file: &Bytes) -> Vec<String> {
    block_on(records(Cursor::new(file.clone()))).unwrap()
}

fn column_names(file: &Bytes) -> Vec<String> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file.clone()).unwrap();
    let fields = builder.schema().fields().iter();
    fields.map(|field| field.name().clone()).collect()
}

/// What rows are sorted by.
fn sort_key(record: &str) -> [String; 4] {
    let value: serde_json::Value = serde_json::from_str(record).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    [
        &value["eventSource"],
        &value["eventName"],
        &value["userIdentity"]["arn"],
        &value["eventTime"],
    ]
    .map(text)
}

/// What they were sorted by.
fn earlier_sort_key(record: &str) -> [String; 3] {
    let [source, name, _, time] = sort_key(record);
    [source, name, time]
}

#[test]
fn a_merged_file_is_the_one_that_would_have_been_written_at_once() {
    let schema = schema();
    let all: Vec<String> = (0..900)
        .map(|n| {
            let more = match n % 3 {
                0 => format!(r#","requestParameters":{{"bucketName":"b{n}","key":"k"}}"#),
                1 => {
                    r#","resources":[{"ARN":"arn:aws:s3:::b","type":"AWS::S3::Bucket"}]"#.to_owned()
                }
                _ => r#","userIdentity":{"type":"Root","arn":"arn:aws:iam::1:root"}"#.to_owned(),
            };
            event((n % 5) as u8, (n % 7) as u8, (n % 60) as u8, n, &more)
        })
        .collect();
    let at_once = file(&schema, &all);
    let parts: Vec<Bytes> = all.chunks(130).map(|part| file(&schema, part)).collect();
    let (merged, rows) = merge_into_one(&schema, &parts, &EncodeOptions::default()).unwrap();
    assert_eq!(rows, 900);
    assert_eq!(column_names(&merged), column_names(&at_once));
    let keys = |file: &Bytes| -> Vec<_> { read(file).iter().map(|row| sort_key(row)).collect() };
    assert_eq!(keys(&merged), keys(&at_once));
    let (mut one, mut other) = (read(&merged), read(&at_once));
    one.sort();
    other.sort();
    assert_eq!(one, other);
    let size = merged.len() as f64 / at_once.len() as f64;
    assert!((0.97..1.03).contains(&size), "{size} of the size");
}

/// The columns that have a dictionary.
fn with_dictionary(file: &Bytes) -> Vec<String> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file.clone()).unwrap();
    let chunks = builder.metadata().row_group(0).columns();
    let with = chunks
        .iter()
        .filter(|chunk| chunk.dictionary_page_offset().is_some());
    with.map(|chunk| chunk.column_path().string()).collect()
}

#[test]
fn times_have_a_dictionary_if_a_third_of_them_repeats_also_in_a_merged_file() {
    let schema = schema();
    for (different, expected) in [(40, true), (41, false)] {
        let all: Vec<String> = (0..60)
            .map(|n| event(1, 1, (n % different) as u8, n, ""))
            .collect();
        let parts: Vec<Bytes> = all.chunks(40).map(|part| file(&schema, part)).collect();
        let (merged, _) = merge_into_one(&schema, &parts, &EncodeOptions::default()).unwrap();
        for file in [file(&schema, &all), merged] {
            let with = with_dictionary(&file);
            assert!(with.contains(&"eventname".to_owned()));
            for time in ["eventtime", "eventtimestamp"] {
                assert_eq!(with.contains(&time.to_owned()), expected, "{different}");
            }
        }
    }
}

/// The rows that begin the pages of a column in the first row group; none without a page index.
fn pages(file: &Bytes, column: &str) -> Vec<i64> {
    let metadata = ParquetMetaDataReader::new()
        .with_page_index_policy(PageIndexPolicy::Optional)
        .parse_and_finish(file)
        .unwrap();
    let mut columns = metadata.row_group(0).columns().iter();
    let at = columns.position(|chunk| chunk.column_path().string() == column);
    let index = metadata.page_index();
    let index = index.and_then(|index| index.offset_index(0, at.unwrap()));
    let pages = index.map(|index| index.page_locations().iter());
    pages.map_or_else(Vec::new, |pages| {
        pages.map(|page| page.first_row_index).collect()
    })
}

#[test]
fn a_merged_file_has_small_pages_with_an_index_from_4_000_rows_in_every_part_of_a_row_group() {
    let schema = schema();
    let all: Vec<String> = (0..6_000)
        .map(|n| {
            let more = format!(r#","responseElements":{{"key":"{n:064}"}}"#);
            event((n % 5) as u8, (n % 7) as u8, (n % 60) as u8, n, &more)
        })
        .collect();
    let parts: Vec<Bytes> = all.chunks(2_500).map(|part| file(&schema, part)).collect();
    let (merged, rows) = merge_into_one(&schema, &parts, &EncodeOptions::default()).unwrap();
    assert_eq!(rows, 6_000);
    let thousands: Vec<i64> = (0..6).map(|n| n * 1_000).collect();
    assert_eq!(pages(&merged, "eventname"), thousands);
    assert!(pages(&merged, "responseelements").len() > 5);
    assert_eq!(pages(&merged, "eventversion"), [0]);
    for coarse in [
        file(&schema, &all),
        merge_into_one(&schema, &parts[..1], &EncodeOptions::default())
            .unwrap()
            .0,
    ] {
        assert_eq!(pages(&coarse, "eventname"), [0; 0]);
    }
    let mut sorted = all.clone();
    sorted.sort_by_key(|record| sort_key(record));
    let keys = |records: &[String]| -> Vec<_> { records.iter().map(|row| sort_key(row)).collect() };
    assert_eq!(keys(&read(&merged)), keys(&sorted));
    let (mut one, mut other) = (read(&merged), read(&file(&schema, &all)));
    one.sort();
    other.sort();
    assert_eq!(one, other);
}

#[test]
fn a_merged_file_has_the_columns_of_all_also_those_that_this_program_does_not_know() {
    let plain = schema();
    let further =
        parse_columns_file("requestparameters_colour\tstring\trequestParameters.colour\n");
    let wide = Schema::new(&further.unwrap()).unwrap();
    let colourful = event(1, 1, 1, 1, r#","requestParameters":{"colour":"red"}"#);
    let bucket = event(1, 1, 2, 2, r#","requestParameters":{"bucketName":"b"}"#);
    let parts = [file(&wide, &[colourful]), file(&plain, &[bucket])];
    let (merged, _) = merge_into_one(&plain, &parts, &EncodeOptions::default()).unwrap();
    let names = column_names(&merged);
    for name in ["requestparameters_colour", "requestparameters_bucketname"] {
        assert!(
            names.iter().any(|known| known == name),
            "{name} of {names:?}"
        );
    }
    assert_eq!(names.last().unwrap(), "requestparameters_colour");
}

#[test]
fn a_merged_file_has_the_codec_that_is_asked_for_whatever_the_files_have() {
    let schema = schema();
    let parts: Vec<Bytes> = (0..3)
        .map(|n| file(&schema, &[event(1, 1, n, 1, "")]))
        .collect();
    for compression in [Compression::Zstd, Compression::Gzip, Compression::None] {
        let (merged, _) = merge_into_one(&schema, &parts, &EncodeOptions { compression }).unwrap();
        let again = [merged, file(&schema, &[event(2, 1, 1, 4, "")])];
        let (merged, rows) =
            merge_into_one(&schema, &again, &EncodeOptions { compression }).unwrap();
        assert_eq!((rows, read(&merged).len()), (4, 4));
        let builder = ParquetRecordBatchReaderBuilder::try_new(merged).unwrap();
        let chunks = builder.metadata().row_group(0).columns();
        let name = format!("{:?}", chunks[0].compression()).to_lowercase();
        let asked = compression.to_string().replace("none", "uncompressed");
        assert!(name.starts_with(&asked), "{name} instead of {asked}");
    }
}

#[test]
fn what_is_no_file_of_the_table_is_an_error_and_never_a_panic() {
    let schema = schema();
    let good = file(&schema, &[event(1, 1, 1, 1, "")]);
    let options = EncodeOptions::default();
    assert!(merge_into_one(&schema, &[Bytes::from_static(b"PAR1")], &options).is_err());
    let mut errors = 0;
    for at in (0..good.len()).step_by(13) {
        let mut bytes = good.to_vec();
        bytes[at] ^= 0x81;
        let parts = [good.clone(), bytes.into()];
        errors += usize::from(merge_into_one(&schema, &parts, &options).is_err());
    }
    assert!(errors > 0);
}

#[test]
fn rows_are_cut_into_files_of_about_the_size_that_is_asked_for() {
    let schema = schema();
    let all: Vec<String> = (0..6000)
        .map(|n: u32| {
            let key = n.wrapping_mul(2_654_435_761);
            let more =
                format!(r#","requestParameters":{{"bucketName":"b{key}","key":"k{key:x}"}}"#);
            event((n % 5) as u8, (n % 7) as u8, (n % 60) as u8, n, &more)
        })
        .collect();
    let parts: Vec<Bytes> = all.chunks(1500).map(|part| file(&schema, part)).collect();
    let options = EncodeOptions::default();
    let (whole, _) = merge_into_one(&schema, &parts, &options).unwrap();
    let largest = parts.iter().map(Bytes::len).sum::<usize>() / 3;
    let merged = merge_cut(&schema, &parts, &Cut::Bytes(largest as u64), &options).unwrap();
    assert_eq!(merged.len(), 3);
    for (file, _) in &merged {
        let share = file.len() as f64 / largest as f64;
        assert!((0.8..1.1).contains(&share), "{share} of the size");
    }
    let rows: Vec<String> = merged.iter().flat_map(|(file, _)| read(file)).collect();
    assert_eq!(rows, read(&whole));
}

#[test]
fn a_file_that_is_in_no_order_is_merged_as_any_other() {
    let schema = schema();
    let unsorted = |ids: std::ops::Range<u32>| {
        let events: Vec<String> = ids
            .map(|n| {
                event(
                    (n * 7 % 5) as u8,
                    (n * 3 % 7) as u8,
                    (n * 37 % 60) as u8,
                    n,
                    "",
                )
            })
            .collect();
        let limits = Limits::of(1 << 24);
        let document = read_document(events.join("\n").as_bytes(), limits).unwrap();
        let object = shred(
            &schema,
            document,
            "logs/b.json.gz",
            jiff::Timestamp::MAX,
            limits,
        );
        let objects = Objects::new([Arc::new(object.unwrap())]);
        let rows: Vec<RowRef> = objects.row_refs().collect();
        encode(&schema, &objects, &rows, &EncodeOptions::default()).unwrap()
    };
    let files = [
        unsorted(0..300),
        file(&schema, &[event(2, 2, 2, 999, "")]),
        unsorted(300..500),
    ];
    assert!(!read(&files[0]).is_sorted_by_key(|record| sort_key(record)));
    let cut = Cut::Rows(vec![200, 301]);
    let merged = merge_cut(&schema, &files, &cut, &EncodeOptions::default()).unwrap();
    let found: Vec<String> = merged.iter().flat_map(|(file, _)| read(file)).collect();
    assert!(found.is_sorted_by_key(|record| sort_key(record)));
    let sorted = |mut rows: Vec<String>| {
        rows.sort();
        rows
    };
    assert_eq!(sorted(found), sorted(files.iter().flat_map(read).collect()));
}

/// What a file says that its rows are sorted by.
fn sorting_columns(file: &Bytes) -> Vec<String> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file.clone()).unwrap();
    let group = builder.metadata().row_group(0);
    let columns = group.sorting_columns().unwrap().iter();
    let name = |at: i32| group.column(at as usize).column_path().string();
    columns.map(|column| name(column.column_idx)).collect()
}

#[test]
fn rows_can_be_merged_in_the_order_of_earlier_programs() {
    let schema = schema();
    let events = (0..300).map(|n| {
        let identity = format!(r#","userIdentity":{{"arn":"arn:{}"}}"#, n % 11);
        event((n % 2) as u8, (n % 3) as u8, (n % 60) as u8, n, &identity)
    });
    let events: Vec<String> = events.collect();
    let parts: Vec<Bytes> = events.chunks(70).map(|part| file(&schema, part)).collect();
    let merged = |order| {
        let cut = Cut::Rows(vec![100, 200]);
        let merged = merge(&schema, &parts, order, &cut, &EncodeOptions::default()).unwrap();
        let said = merged.iter().map(|(file, _)| sorting_columns(file));
        let said: Vec<_> = said.collect();
        assert_eq!(said[0], said[1]);
        let rows = merged.iter().flat_map(|(file, _)| read(file));
        (rows.collect::<Vec<String>>(), said[0].clone())
    };
    let ((today, said), (earlier, said_earlier)) =
        (merged(RowOrder::Identity), merged(RowOrder::Time));
    let columns = [
        "eventsource",
        "eventname",
        "useridentity_arn",
        "eventtimestamp",
    ];
    assert_eq!(said, columns);
    assert_eq!(said_earlier, [columns[0], columns[1], columns[3]]);
    assert!(today.is_sorted_by_key(|record| sort_key(record)));
    assert!(earlier.is_sorted_by_key(|record| earlier_sort_key(record)));
    assert!(!today.is_sorted_by_key(|record| earlier_sort_key(record)));
}

#[test]
fn a_file_without_what_rows_are_sorted_by_is_an_error_and_one_without_identities_is_not() {
    let schema = schema();
    let ours = file(&schema, &[event(1, 1, 1, 1, "")]);
    assert!(!column_names(&ours).contains(&"useridentity_arn".to_owned()));
    let mut reader = ParquetRecordBatchReaderBuilder::try_new(ours.clone())
        .unwrap()
        .build()
        .unwrap();
    let mut batch = reader.next().unwrap().unwrap();
    batch.remove_column(batch.schema().index_of("eventname").unwrap());
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let nameless = Bytes::from(writer.into_inner().unwrap());
    let options = EncodeOptions::default();
    assert!(merge_into_one(&schema, &[ours.clone(), ours], &options).is_ok());
    let error = merge_into_one(&schema, &[nameless], &options).unwrap_err();
    assert!(
        matches!(error, MergeError::Read(ReadError::NoKey)),
        "{error}"
    );
}

#[test]
fn files_that_have_other_rows_than_were_claimed_are_an_error() {
    let schema = schema();
    let parts = [file(&schema, &[event(1, 1, 1, 1, "")])];
    let cut = Cut::Rows(vec![1, 1]);
    let merged = merge_cut(&schema, &parts, &cut, &EncodeOptions::default());
    let error = merged.unwrap_err().to_string();
    assert_eq!(error, "its files have 1 rows instead of 2");
}

proptest! {
    #[test]
    fn whoever_merges_the_same_files_again_makes_the_same_bytes(
        parts in vec(vec((0u8..4, 0u8..4, 0u8..3, 0u32..50), 1..40), 1..8),
        largest in 500u64..20_000,
    ) {
        let schema = schema();
        let events = |part: &Vec<(u8, u8, u8, u32)>| -> Vec<String> {
            let events = part.iter();
            events.map(|(source, name, second, id)| event(*source, *name, *second, *id, "")).collect()
        };
        let files: Vec<Bytes> = parts.iter().map(|part| file(&schema, &events(part))).collect();
        let options = EncodeOptions::default();
        let merged = merge_cut(&schema, &files, &Cut::Bytes(largest), &options).unwrap();
        let rows = Cut::Rows(merged.iter().map(|(_, rows)| *rows).collect());
        prop_assert!(merged.iter().all(|(_, rows)| *rows > 0));
        prop_assert!(merge_cut(&schema, &files, &rows, &options).unwrap() == merged);
        let (whole, count) = merge_into_one(&schema, &files, &options).unwrap();
        prop_assert_eq!(merged.iter().map(|(_, rows)| rows).sum::<u64>(), count);
        let found: Vec<String> = merged.iter().flat_map(|(file, _)| read(file)).collect();
        prop_assert_eq!(found, read(&whole));
    }

    #[test]
    fn every_row_of_every_file_is_in_the_merged_one_in_order(
        parts in vec(vec((0u8..4, 0u8..4, 0u8..60, 0u32..50), 1..40), 1..8),
    ) {
        let schema = schema();
        let files: Vec<Bytes> = parts
            .iter()
            .map(|part| {
                let events = part.iter();
                let events: Vec<String> = events
                    .map(|(source, name, second, id)| event(*source, *name, *second, *id, ""))
                    .collect();
                file(&schema, &events)
            })
            .collect();
        let (merged, rows) = merge_into_one(&schema, &files, &EncodeOptions::default()).unwrap();
        let found = read(&merged);
        prop_assert_eq!(rows as usize, found.len());
        prop_assert!(found.is_sorted_by_key(|record| sort_key(record)));
        let mut expected: Vec<String> = files.iter().flat_map(read).collect();
        let mut found = found;
        expected.sort();
        found.sort();
        prop_assert_eq!(found, expected);
    }
}
