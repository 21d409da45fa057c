//! Files against those that `parquet` writes by itself.

use super::super::compression::Compression;
use super::super::layout::LASTING_PAGES;
use super::super::{parse_columns_file, shred, sort_rows};
use super::*;
use crate::cloudtrail::{Limits, read_document};
use proptest::prelude::*;

/// The same file with every column written by `parquet` from arrays.
fn encode_arrays(
    schema: &Schema,
    objects: &Objects,
    rows: &[RowRef],
    options: &EncodeOptions,
    pages: Pages,
) -> Bytes {
    let (groups, columns, mut writer) = begin(schema, objects, rows, options, pages).unwrap();
    let no_dictionaries = vec![false; schema.slots.kinds.len()];
    for (rows, sizes) in groups {
        let built = build(schema, &columns, objects, rows, &sizes, &no_dictionaries).unwrap();
        let arrays = built.into_iter().map(|column| column.array.unwrap());
        let arrays: Result<_, EncodeError> = Ok(arrays.collect());
        writer.write([arrays].into_iter()).unwrap();
    }
    writer.finish().unwrap()
}

/// Fails if a file differs from that of `parquet` in a single byte.
fn assert_same_file(records: &[String]) {
    let limits = Limits::of(1 << 30);
    let document = read_document(records.join("\n").as_bytes(), limits).unwrap();
    let extra =
        parse_columns_file("responseelements_rare\tstring\tresponseElements.rare\n").unwrap();
    let schema = Schema::new(&extra).unwrap();
    let object = shred(&schema, document, "a", jiff::Timestamp::MAX, limits).unwrap();
    let objects = Objects::new([Arc::new(object)]);
    let mut rows: Vec<RowRef> = objects.row_refs().collect();
    assert_eq!(rows.len(), records.len());
    sort_rows(&objects, &mut rows);
    for compression in [Compression::Snappy, Compression::None, Compression::Zstd] {
        let options = EncodeOptions { compression };
        for pages in [PASSING_PAGES, LASTING_PAGES] {
            let found = encode_in(&schema, &objects, &rows, &options, pages).unwrap();
            let wanted = encode_arrays(&schema, &objects, &rows, &options, pages);
            let at = found.iter().zip(&wanted).position(|(a, b)| a != b);
            assert_eq!((found.len(), at), (wanted.len(), None), "{compression:?}");
        }
    }
}

/// A record with texts that repeat, are missing, long, of many bytes a character, and in structs.
fn record(n: usize, seed: usize) -> String {
    let pick = |salt: usize, of: usize| {
        let mixed = (n * 31 + salt + seed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 33) % of
    };
    let mut members = vec![
        format!(
            r#""eventTime":"2024-05-01T00:{:02}:{:02}Z""#,
            pick(1, 60),
            pick(2, 60)
        ),
        format!(r#""eventID":"{n:08}-{seed:04}""#),
        format!(r#""eventName":"Do{}""#, pick(3, 7)),
    ];
    let mut sometimes = |salt: usize, of: usize, member: String| {
        if pick(salt, of) > 0 {
            members.push(member);
        }
    };
    sometimes(
        4,
        9,
        format!(r#""eventSource":"s{}.amazonaws.com""#, pick(5, 3)),
    );
    sometimes(
        6,
        3,
        format!(
            r#""sourceIPAddress":"10.0.{}.{}""#,
            pick(7, 256),
            pick(8, 256)
        ),
    );
    sometimes(
        9,
        5,
        format!(r#""userAgent":"{}{}""#, "é".repeat(40), pick(10, 5000)),
    );
    // Different in each record: no dictionary has room for as many of them.
    sometimes(11, 2, format!(r#""errorMessage":"{}{n}""#, "x".repeat(120)));
    sometimes(
        12,
        50,
        format!(r#""errorCode":"{}""#, "\u{10FFFF}".repeat(pick(13, 20))),
    );
    let issuer = match pick(14, 3) {
        0 => String::new(),
        1 => r#","sessionContext":{}"#.to_owned(),
        _ => format!(
            r#","sessionContext":{{"sessionIssuer":{{"arn":"role/{}"}},"attributes":{{"mfaAuthenticated":"false"}}}}"#,
            pick(15, 40)
        ),
    };
    sometimes(
        16,
        6,
        format!(r#""userIdentity":{{"type":"T{}"{issuer}}}"#, pick(17, 3)),
    );
    sometimes(
        18,
        4,
        format!(r#""resources":[{{"ARN":"r{}"}},null]"#, pick(19, 9)),
    );
    format!("{{{}}}", members.join(","))
}

#[test]
fn a_file_of_several_row_groups_and_pages_is_that_of_parquet_to_the_byte() {
    let mut records: Vec<String> = (0..33_000).map(|n| record(n, 1)).collect();
    records[12_345].pop();
    records[12_345].push_str(r#","responseElements":{"rare":"once"}}"#);
    assert_same_file(&records);
}

#[test]
fn a_dictionary_that_just_has_room_is_that_of_parquet_to_the_byte() {
    for length in [50, 54, 55, 56, 57, 58, 59, 60, 61, 62, 80] {
        let texts = |n: usize| format!("{n:05}{}", "x".repeat(length));
        let member = |n| format!(r#""userAgent":"{}","errorCode":"{}""#, texts(n), n % 3);
        let time = r#""eventTime":"2024-05-01T00:00:00Z","eventName":"a""#;
        let records = (0..16_000).map(|n| format!("{{{time},{}}}", member(n)));
        assert_same_file(&records.collect::<Vec<_>>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_file_of_any_rows_is_that_of_parquet_to_the_byte(
        count in prop_oneof![1usize..40, 150usize..260, 900usize..1_100, 4_000usize..4_200],
        seed in 0usize..10_000,
    ) {
        assert_same_file(&(0..count).map(|n| record(n, seed)).collect::<Vec<_>>());
    }
}
