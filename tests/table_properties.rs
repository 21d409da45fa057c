//! Any record, however odd, is rebuilt from its row.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::io::Cursor;
use std::sync::Arc;

use cloudtrail2parquet::cloudtrail::{Limits, read_document};
use cloudtrail2parquet::table::{
    EncodeOptions, ObjectRows, Objects, RecordHasher, RowRef, Schema, arrays, encode,
    matching_rows, records, same_record, shred, sort_rows,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Names of every kind: documented ones of all levels, the same in other spellings or with
/// escapes, names on flattened paths, unknown and odd ones.
const NAMES: &[&str] = &[
    "userIdentity",
    "UserIdentity",
    "\\u0075serIdentity",
    "type",
    "arn",
    "ARN",
    "accountId",
    "sessionContext",
    "sessionIssuer",
    "sessionissuer",
    "attributes",
    "webIdFederationData",
    "resources",
    "Resources",
    "requestParameters",
    "requestparameters",
    "responseElements",
    "tlsDetails",
    "tlsVersion",
    "readOnly",
    "managementEvent",
    "eventID",
    "eventId",
    "eventName",
    "apiVersion",
    "insightDetails",
    "addendum",
    "reason",
    "name",
    "Names",
    "names",
    "instancesSet",
    "items",
    "instanceId",
    "unknown",
    "additionalFields",
    "",
    "\\ud800",
    "\\ud801",
    "é\\n",
];

const SCALARS: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0.50e+3",
    "123456789012345678901234567890",
    "\"\"",
    "\"x\"",
    "\"\\ud800\"",
    "\"é\\n\\u0041\\ud83d\\ude00\"",
    "{}",
    "[]",
];

fn member(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (select(NAMES), value).prop_map(|(name, value)| format!("\"{name}\":{value}"))
}

fn value() -> impl Strategy<Value = String> {
    let scalar = select(SCALARS).prop_map(str::to_owned);
    scalar.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            3 => vec(member(inner.clone()), 0..6).prop_map(|members| format!("{{{}}}", members.join(", "))),
            1 => vec(inner, 0..4).prop_map(|elements| format!("[{}]", elements.join(" ,"))),
        ]
    })
}

fn record() -> impl Strategy<Value = String> {
    vec(member(value()), 0..12).prop_map(|members| {
        let mut record = r#"{"eventTime":"2024-05-01T12:00:00.123456Z""#.to_owned();
        for member in members {
            record.push(',');
            record.push_str(&member);
        }
        record + "}"
    })
}

/// Two records: the same members in two orders and spellings, of which a few may be left out
/// or be null in the second.
fn two_records() -> impl Strategy<Value = (String, String)> {
    let members = vec(member(value()), 0..6);
    let pair =
        members.prop_flat_map(|members| (Just(members.clone()), Just(members).prop_shuffle()));
    (pair, 0..4usize, any::<bool>()).prop_map(|((members, mut shuffled), left_out, with_null)| {
        if left_out == 0 {
            shuffled.pop();
        }
        if with_null {
            shuffled.push(r#""awsRegion":null"#.to_owned());
        }
        let first = format!("{{{}}}", members.join(","));
        let second = shuffled.join(" , ").replace("eventName", r"\u0065ventName");
        (first, format!(" {{ {second} }} "))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn records_have_one_hash_if_and_only_if_they_are_the_same((a, b) in two_records()) {
        let hasher = RecordHasher::default();
        prop_assert_eq!(same_record(&a, &b), hasher.hash(&a) == hasher.hash(&b), "{}\n{}", a, b);
    }
}

/// A plain record as CloudTrail spells it; one whose values often are those of another.
fn plain_record() -> impl Strategy<Value = String> {
    let text = || {
        select(
            &[
                "a",
                "b",
                "",
                r"\u0061",
                "a much longer text than the others",
            ][..],
        )
    };
    let names = [
        "eventName",
        "eventSource",
        "awsRegion",
        "userAgent",
        "eventID",
    ];
    let members = names.map(|name| {
        let member = text().prop_map(move |text| format!(r#""{name}":"{text}""#));
        proptest::option::weighted(0.8, member)
    });
    let identity = (text(), text()).prop_map(|(arn, user)| {
        format!(r#""userIdentity":{{"arn":"{arn}","sessionContext":{{}},"userName":"{user}"}}"#)
    });
    let time = select(&["2024-05-01T12:00:00Z", "2024-05-01T12:00:01Z", "never"][..]);
    let time = time.prop_map(|time| format!(r#""eventTime":"{time}""#));
    (time, identity, members, any::<bool>()).prop_map(|(time, identity, members, is_last)| {
        let mut all = vec![time];
        all.extend(members.into_iter().flatten());
        all.insert(if is_last { all.len() } else { 1 }, identity);
        format!("{{{}}}", all.join(","))
    })
}

fn taken_apart(schema: &Schema, text: &str) -> ObjectRows {
    let limits = Limits::of(1 << 20);
    let document = read_document(text.as_bytes(), limits).unwrap();
    shred(schema, document, "file.json", jiff::Timestamp::MAX, limits).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_a_record_becomes_does_not_depend_on_those_before_it(
        lines in vec(prop_oneof![3 => plain_record(), 1 => record()], 1..12)
    ) {
        let schema = Schema::new(&[]).unwrap();
        let together = Objects::new([Arc::new(taken_apart(&schema, &lines.join("\n")))]);
        let refs: Vec<RowRef> = together.row_refs().collect();
        let columns = arrays(&schema, &together, &refs).unwrap();
        for (at, row) in refs.iter().enumerate() {
            let text = together.row(*row).record_text();
            let alone = Objects::new([Arc::new(taken_apart(&schema, text))]);
            let only: Vec<RowRef> = alone.row_refs().collect();
            let expected = arrays(&schema, &alone, &only).unwrap();
            for (column, expected) in columns[0].iter().zip(&expected[0]) {
                prop_assert_eq!(&column.slice(at, 1), expected, "{}", text);
            }
        }
        let mut rejects = 0;
        for line in &lines {
            rejects += taken_apart(&schema, line).rejects().len();
        }
        let [object] = together.iter().collect::<Vec<_>>()[..] else { unreachable!() };
        prop_assert_eq!(object.rejects().len(), rejects);
        prop_assert_eq!(refs.len() + rejects, lines.len());
    }

    #[test]
    fn any_record_is_rebuilt_from_its_row(lines in vec(record(), 1..5)) {
        let schema = Schema::new(&[]).unwrap();
        let limits = Limits::of(1 << 20);
        let document = read_document(lines.join("\n").as_bytes(), limits).unwrap();
        let rows = shred(&schema, document, "file.json", jiff::Timestamp::MAX, limits).unwrap();
        prop_assert_eq!(rows.rejects().len(), 0);
        prop_assert_eq!(rows.len(), lines.len());
        let objects = Objects::new([Arc::new(rows)]);
        let mut refs: Vec<RowRef> = objects.row_refs().collect();
        sort_rows(&objects, &mut refs);
        let file = encode(&schema, &objects, &refs, &EncodeOptions::default()).unwrap();
        let rebuilt = futures::executor::block_on(records(Cursor::new(file.clone()))).unwrap();
        for (row, rebuilt) in refs.iter().zip(&rebuilt) {
            let delivered = objects.row(*row).record_text();
            prop_assert!(same_record(delivered, rebuilt), "{}\n{}", delivered, rebuilt);
        }
        let ids = refs.iter().filter_map(|row| objects.row(*row).event_id());
        let ids: Vec<&str> = ids.collect();
        let wanted = ids.iter().copied().collect();
        let found = futures::executor::block_on(matching_rows(Cursor::new(file), &wanted)).unwrap();
        prop_assert_eq!(found.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ids);
        for (_, record) in &found {
            prop_assert!(rebuilt.contains(record));
        }
    }
}
