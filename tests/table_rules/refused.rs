//! Records and objects that are refused.

use crate::support::{TIME, shred_text};
use cloudtrail2parquet::cloudtrail::{Limits, Unreadable, read_document};
use cloudtrail2parquet::table::{RejectReason, Schema, shred};

#[test]
fn what_cannot_be_a_row_is_kept_verbatim_with_its_reason_and_lane() {
    let text = concat!(
        "[5, {\"eventName\": \"a\", \"awsRegion\":\"eu-west-1\"},\n",
        r#"{"eventTime":"yesterday","recipientAccountId":"123456789012"},"#,
        r#"{"eventTime":1714564800,"userIdentity":{"accountId":"123456789012"}},"#,
        r#"{"eventTime":"2012-12-31T23:59:59Z"},{"eventTime":"2024-06-01T00:00:01Z"},"#,
        r#"{"eventTime":"2013-01-01T01:00:00+01:00"},{"eventTime":null}]"#,
    );
    let rows = shred_text(&Schema::new(&[]).unwrap(), text);
    let found: Vec<_> = rows.rejects().map(|r| (r.index(), r.reason())).collect();
    assert_eq!(
        found,
        [
            (0, RejectReason::NotAnObject),
            (1, RejectReason::NoEventTime),
            (2, RejectReason::BadEventTime),
            (3, RejectReason::BadEventTime),
            (4, RejectReason::TooEarly),
            (5, RejectReason::TooLate),
            (7, RejectReason::NoEventTime),
        ]
    );
    assert_eq!(
        rows.reject(1).bytes(),
        br#"{"eventName": "a", "awsRegion":"eu-west-1"}"#
    );
    let lane = |at| rows.reject(at).lane().to_string();
    assert_eq!(lane(0), "000000000000/unknown");
    assert_eq!(lane(1), "000000000000/eu-west-1");
    assert_eq!(lane(2), "123456789012/unknown");
    assert_eq!(lane(3), "123456789012/unknown");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows.row(0).index(), 6);
}

#[test]
fn a_record_with_invalid_utf8_is_a_reject_as_bytes_and_its_neighbours_are_rows() {
    let mut bytes = format!(r#"{{"Records":[{{{TIME}}},{{{TIME},"eventName":"#).into_bytes();
    let damaged_from = bytes.len() - format!(r#"{{{TIME},"eventName":"#).len();
    bytes.extend_from_slice(b"\"\xff\xfe\",\"awsRegion\":\"eu-west-1\"}");
    let damaged = bytes[damaged_from..].to_vec();
    bytes.extend_from_slice(format!(r#",{{{TIME}}}]}}"#).as_bytes());
    let limits = Limits::of(1 << 20);
    let document = read_document(&bytes, limits).unwrap();
    let schema = Schema::new(&[]).unwrap();
    let rows = shred(&schema, document, "", jiff::Timestamp::MAX, limits).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows.rejects().len(), 1);
    let reject = rows.reject(0);
    assert_eq!(reject.reason(), RejectReason::InvalidUtf8);
    assert_eq!(reject.bytes(), damaged);
    assert_eq!(reject.lane().to_string(), "000000000000/eu-west-1");
}

fn repeated(record: &str, count: usize) -> String {
    let others = format!(",{record}").repeat(count - 1);
    format!(r#"{{"Records":[{record}{others}]}}"#)
}

#[test]
fn an_object_takes_no_more_memory_than_it_may_or_is_refused() {
    let bytes = 8 << 20;
    let limits = Limits::of(bytes);
    let schema = Schema::new(&[]).unwrap();
    let taken = |record: &str| {
        let count = bytes as usize / (record.len() + 1) - 20;
        let text = repeated(record, count);
        let document = read_document(text.as_bytes(), limits).unwrap();
        let rows = shred(&schema, document, "", jiff::Timestamp::MAX, limits)?;
        assert!(rows.heap_bytes() as u64 <= limits.heap, "{record}");
        assert_eq!(rows.len() + rows.rejects().len(), count);
        Ok::<_, Unreadable>(())
    };
    let row = format!("{{{TIME}}}");
    let long = "x".repeat(1_500);
    let irregular = format!(r#"{{{TIME},"eventname":1,"userIdentity":{{"x":"{long}"}}}}"#);
    let reject = format!(r#"{{"requestParameters":"{long}"}}"#);
    for usual in [&row, &irregular, &reject] {
        assert_eq!(taken(usual), Ok(()), "{usual}");
    }
    let values = vec!["null"; 5_000].join(",");
    let values = format!(r#"{{{TIME},"resources":[{values}]}}"#);
    for dense in ["{}", "1", "[]", &values] {
        assert_eq!(taken(dense), Err(Unreadable::TooMuchMemory), "{dense}");
    }
}

#[test]
fn a_reject_counts_with_its_record_and_what_names_it() {
    let record = r#"{"a":"b"}"#;
    let text = repeated(record, 1_000);
    let schema = Schema::new(&[]).unwrap();
    let with = |heap: usize| {
        let limits = Limits {
            heap: heap as u64,
            ..Limits::of(1 << 20)
        };
        let document = read_document(text.as_bytes(), limits)?;
        shred(&schema, document, "", jiff::Timestamp::MAX, limits).map(|_| ())
    };
    let written = 1_000 * (256 + record.len());
    assert_eq!(with(written), Err(Unreadable::TooMuchMemory));
    assert_eq!(with(2 * written), Ok(()));
}
