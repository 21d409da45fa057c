//! What is opened, and what is not.

use super::*;
use crate::cloudtrail::gunzip::tests::gzip;
use crate::cloudtrail::{Left, for_each_record};
use crate::json::{MAX_DEPTH, write_string};
use proptest::prelude::*;

/// Each record's text, or the bytes that stand for it.
fn opened(bytes: &[u8]) -> Result<Vec<String>, Unreadable> {
    opened_by(bytes, Rules::default()).map(|(records, _)| records)
}

/// Records, and what is left.
type Opened = (Vec<String>, Vec<(Left, u64)>);

/// The same by other rules, and what is left.
fn opened_by(bytes: &[u8], rules: Rules<'_>) -> Result<Opened, Unreadable> {
    let document = open_document(bytes, Limits::of(1 << 20), rules)?;
    let mut records = Vec::new();
    for_each_record::<Unreadable>(&document, |scanner| {
        let span = scanner.skip()?;
        records.push(match document.damaged.delivered(span) {
            Some(bytes) => format!("damaged {}", String::from_utf8_lossy(bytes)),
            None => span.of(&document.text).to_owned(),
        });
        Ok(())
    })?;
    Ok((records, document.left.into_iter().collect()))
}

const ONE: &str = r#"{"eventVersion":"1.08","eventName":"A"}"#;
const TWO: &str = r#"{"eventTime":"2024-05-01T00:00:00Z","eventID":"2","x":"\u00e9"}"#;

fn string(text: &str) -> String {
    let mut string = String::new();
    write_string(&mut string, text);
    string
}

fn lookup(event: &str) -> String {
    let event = string(event);
    format!(r#"{{"EventId":"1","EventTime":1.5,"EventName":"A","CloudTrailEvent":{event}}}"#)
}

#[test]
fn an_embedded_event_is_a_record_wherever_it_stands() {
    let (one, two) = (lookup(ONE), lookup(TWO));
    for text in [
        format!(r#"{{"Events":[{one},{two}],"NextToken":"x"}}"#),
        format!("[{one},{two}]"),
        format!("{one}\n{two}\n"),
        format!(r#"[{{"Events":[{one}]}},{{"Events":[{two}]}}]"#),
        format!(r#"{{"Records":[{ONE}]}}{{"Events":[{two}]}}"#),
        format!(r#"{{"Records":[{one},{TWO}]}}"#),
        format!(r#"{{"CloudTrailEvent":{ONE}}}{two}"#),
        format!(
            r#"{{"CloudTrailEvent":{},"x":1,"CloudTrailEvent":{TWO}}}"#,
            string(ONE)
        ),
        string(&string(&string(&format!("[{one},{two}]")))),
        string(&format!("[{one},{two}]")),
        format!("{}{two}", lookup(&string(ONE))),
    ] {
        assert_eq!(opened(text.as_bytes()).unwrap(), [ONE, TWO], "{text}");
    }
    assert_eq!(opened(&gzip(one.as_bytes())).unwrap(), [ONE]);
}

#[test]
fn what_ships_logs_is_opened() {
    let (one, two) = (string(ONE), string(TWO));
    for text in [
        format!(
            r#"{{"messageType":"DATA_MESSAGE","logEvents":[{{"id":"1","timestamp":1,"message":{one}}},{{"message":{two}}}]}}"#
        ),
        format!(r#"{{"events":[{{"message":{one}}},{{"message":{two}}}]}}"#),
        format!("{{\"@timestamp\":\"x\",\"message\":{one}}}\n{{\"message\":{two}}}"),
        format!(
            r#"{{"detail-type":"AWS API Call via CloudTrail","detail":{ONE}}}{{"detail-type":"x","detail":{TWO}}}"#
        ),
        format!("2024-05-01T10:00:00.000Z {ONE}\n2024-05-01T10:00:01.000Z {TWO}\n"),
        format!("2024-05-01T10:00:00.000000+00:00 stream {ONE}\n2024-05-01T10:00:01Z a_b {TWO}\n"),
        format!(
            r#"{{"message":{}}}{TWO}"#,
            string(&format!("2024-05-01T10:00:00Z {ONE}"))
        ),
        format!(
            r#"{{"message":{}}}{TWO}"#,
            string(&format!("<14>May  1 10:00:00 host cloudtrail[1]: {ONE}"))
        ),
        format!(r#"{{"message":{one},"message":{two}}}"#),
        format!(r#"{{"detail-type":"x","detail":{ONE},"detail":{TWO}}}"#),
        format!("2024-05-01T10:00:00+00:00\taws.cloudtrail\t{ONE}\n\u{1e}{TWO}\n"),
        format!(
            "2024-05-01T10:00:00.1Z stdout F {ONE}\n<14>1 2024-05-01T10:00:00Z h a - - - {TWO}"
        ),
        format!("May  1 10:00:00 host x: [{ONE},{TWO}]\n"),
        format!("{ONE}{TWO}"),
        format!("\u{feff}{ONE}\n\u{feff}{TWO}\n"),
        format!("{{\"Records\":[{ONE}]}}\u{feff}{{\"Records\":[{TWO}]}}"),
        format!(r#"[{{"message":{ONE}}},{{"@message":{TWO}}}]"#),
    ] {
        assert_eq!(opened(text.as_bytes()).unwrap(), [ONE, TWO], "{text}");
    }
}

/// A payload as streams carry it.
fn base64(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

#[test]
fn messages_of_queues_and_topics_are_opened_and_what_holds_no_event_is_left() {
    let bridge = |event: &str| format!(r#"{{"detail-type":"x","detail":{event}}}"#);
    let topic = |event: &str| {
        let message = string(&bridge(event));
        format!(r#"{{"Type":"Notification","TopicArn":"arn:x","Message":{message}}}"#)
    };
    let queued = |body: &str| {
        let body = string(body);
        format!(r#"{{"messageId":"1","receiptHandle":"x","eventSource":"aws:sqs","body":{body}}}"#)
    };
    let received = |body: &str| {
        let body = string(body);
        format!(r#"{{"MessageId":"1","ReceiptHandle":"x","Body":{body}}}"#)
    };
    let invoked = |event: &str| {
        let topic = topic(event);
        format!(r#"{{"EventSource":"aws:sns","EventVersion":"1.0","Sns":{topic}}}"#)
    };
    let told = queued(&format!(r#"{{"Records":[{NOTIFICATION}]}}"#));
    let other = received("hello");
    let of = |one: &str, two: &str| {
        [
            format!(r#"{{"Records":[{one},{told},{two},{other}]}}"#),
            format!(r#"{{"Messages":[{one},{other},{two},{told}]}}"#),
            format!("{one}\n{told}\n{two}\n{other}\n"),
        ]
    };
    let texts = [
        of(&queued(&topic(ONE)), &queued(&topic(TWO))),
        of(&received(&topic(ONE)), &received(&bridge(TWO))),
        of(&topic(ONE), &received(TWO)),
        of(&invoked(ONE), &invoked(TWO)),
    ];
    for text in texts.as_flattened() {
        let (records, left) = opened_by(text.as_bytes(), Rules::default()).unwrap();
        assert_eq!(records, [ONE, TWO], "{text}");
        assert_eq!(left, [(Left::Notification, 2)], "{text}");
    }
    for text in of(&told, &other) {
        let (records, left) = opened_by(text.as_bytes(), Rules::default()).unwrap();
        assert_eq!(records.len(), 0);
        assert_eq!(left, [(Left::Notification, 4)], "{text}");
    }
}

#[test]
fn payloads_of_streams_are_opened_where_base64_is_known_to_stand() {
    let (one, two) = (string(ONE), string(TWO));
    let logs = format!(
        r#"{{"messageType":"DATA_MESSAGE","logEvents":[{{"message":{one}}},{{"message":{two}}}]}}"#
    );
    let lines = format!("{ONE}\n{TWO}\n");
    for payload in [
        base64(&gzip(logs.as_bytes())),
        base64(logs.as_bytes()),
        base64(&gzip(lines.as_bytes())),
    ] {
        let escaped = payload.replace('/', "\\/");
        for text in [
            format!(r#"{{"awslogs":{{"data":"{payload}"}}}}"#),
            format!(
                r#"{{"Records":[{{"eventSource":"aws:kinesis","eventVersion":"1.0","kinesis":{{"data":"{escaped}"}}}}]}}"#
            ),
            format!(
                r#"{{"MillisBehindLatest":0,"Records":[{{"Data":"{payload}","PartitionKey":"x"}}]}}"#
            ),
            format!(r#"{{"requestId":"x","records":[{{"recordId":"1","data":"{payload}"}}]}}"#),
            format!(r#"{{"attemptsMade":4,"errorCode":"x","rawData":"{payload}"}}"#),
        ] {
            assert_eq!(opened(text.as_bytes()).unwrap(), [ONE, TWO], "{text}");
        }
        let elsewhere = format!(r#"{{"note":"{payload}"}}"#);
        assert_eq!(opened(elsewhere.as_bytes()), Err(Unreadable::NoRecords));
    }
}

#[test]
fn a_payload_that_holds_no_event_stays_whole_beside_events() {
    let cut = gzip(ONE.as_bytes());
    let bytes = b"\xff\xfe\xfd".as_slice();
    for payload in [
        base64(&cut[..cut.len() - 9]),
        base64(b"no json"),
        base64(bytes),
        "no base64".to_owned(),
        String::new(),
    ] {
        let whole = format!(r#"{{"Data":"{payload}","PartitionKey":"x"}}"#);
        let text = format!(r#"{{"Records":[{whole},{ONE}]}}"#);
        assert_eq!(opened(text.as_bytes()).unwrap(), [&whole, ONE], "{text}");
    }
}

#[test]
fn payloads_inflate_to_no_more_than_an_object_may() {
    let packed = base64(&gzip(format!("{ONE}{}", " ".repeat(600)).as_bytes()));
    let payload = format!(r#"{{"data":"{packed}"}}"#);
    let read = |payloads: usize| {
        let text = format!("[{}]", vec![&*payload; payloads].join(","));
        let limits = Limits {
            uncompressed: 2_000,
            heap: 1 << 20,
        };
        assert!(text.len() < 2_000);
        open_document(text.as_bytes(), limits, Rules::default())
    };
    assert!(read(2).is_ok());
    assert_eq!(read(4), Err(Unreadable::TooLarge));
}

#[test]
fn what_is_wrapped_too_often_is_not_opened() {
    let wrap = |layers: u32| {
        let deeper = |text: String, _| format!(r#"{{"body":{}}}"#, string(&text));
        (0..layers).fold(ONE.to_owned(), deeper)
    };
    assert_eq!(opened(wrap(7).as_bytes()).unwrap(), [ONE]);
    assert_eq!(opened(wrap(9).as_bytes()), Err(Unreadable::NoRecords));
}

#[test]
fn a_line_that_is_no_json_is_kept_with_its_bytes_and_spares_its_neighbours() {
    let depth = MAX_DEPTH as usize;
    let deep = format!(
        r#"{{"eventVersion":"1","x":{}{}}}"#,
        "[".repeat(depth),
        "]".repeat(depth)
    );
    for bad in ["{\"eventName\":", "x", "no json", "{},", &deep, "}"] {
        let text = format!("{ONE}\n{bad}\r\n\n{TWO}");
        let damaged = format!("damaged {bad}");
        assert_eq!(
            opened(text.as_bytes()).unwrap(),
            [ONE, &damaged, TWO],
            "{bad}"
        );
    }
    let cut = format!("{ONE}\n{}", &TWO[..20]);
    let damaged = format!("damaged {}", &TWO[..20]);
    assert_eq!(opened(cut.as_bytes()).unwrap(), [ONE, &damaged]);
    let invalid = [ONE.as_bytes(), b"\n{\"a\":\"\xff\"", b"\n", TWO.as_bytes()].concat();
    assert_eq!(opened(&invalid).unwrap().len(), 3);
}

#[test]
fn a_record_that_is_nested_too_deeply_is_kept_with_its_bytes_and_spares_its_neighbours() {
    let levels = 2 * MAX_DEPTH as usize;
    let deep = format!(
        r#"{{"eventVersion":"1","x":{}"]"{}}}"#,
        "[".repeat(levels),
        "]".repeat(levels)
    );
    let damaged = format!("damaged {deep}");
    for text in [
        format!(r#"{{"a":1,"Records":[{ONE}, {deep} ,{TWO}]}}"#),
        format!("[{ONE},{deep},{TWO}]"),
    ] {
        assert_eq!(opened(text.as_bytes()).unwrap(), [ONE, &damaged, TWO]);
    }
    for broken in [
        format!(r#"{{"Records":[{ONE},{deep}"#),
        format!(r#"{{"Records":[{deep}}}"#),
        format!(r#"{{"Records":[{ONE},{{"a":}},{deep}]"#),
    ] {
        assert_eq!(
            opened(broken.as_bytes()),
            Err(Unreadable::NotJson),
            "{broken}"
        );
    }
}

#[test]
fn a_container_that_is_cut_short_is_not_read_as_lines() {
    let pretty = format!("{{\"Records\": [\n{ONE},\n{ONE},\n{TWO}");
    let array = format!("[\n{ONE},\n{TWO}\n");
    for text in [&pretty, &array] {
        assert_eq!(opened(text.as_bytes()), Err(Unreadable::NotJson), "{text}");
    }
}

#[test]
fn what_holds_no_record_is_told() {
    for text in [
        r#"{"name":"x","version":"1"}"#,
        r#"{"message":"hello"}"#,
        r#"{"message":"{\"a\":1}"}"#,
        "[1,2]",
        "\"text\"",
        "",
    ] {
        assert_eq!(
            opened(text.as_bytes()),
            Err(Unreadable::NoRecords),
            "{text}"
        );
    }
    assert_eq!(opened(b"hello\nworld"), Err(Unreadable::NotJson));
    assert_eq!(opened(br#"{"Events":[]}"#).unwrap(), [""; 0]);
}

#[test]
fn embedded_text_that_is_no_json_is_kept_as_a_string() {
    for bad in ["{", "{}]", "1,2", "{} {}", "x\ny"] {
        let text = format!("[{},{}]", lookup(ONE), lookup(bad));
        let expected = [ONE.to_owned(), string(bad)];
        assert_eq!(opened(text.as_bytes()).unwrap(), expected, "{bad:?}");
    }
}

#[test]
fn what_is_opened_takes_its_own_size_again_and_no_more() {
    let text = format!(r#"{{"Records":[{}]}}"#, vec![ONE; 1_000].join(","));
    let length = text.len() as u64;
    let read = |heap| {
        let uncompressed = 1 << 20;
        open_document(
            text.as_bytes(),
            Limits { uncompressed, heap },
            Rules::default(),
        )
    };
    assert!(read(2 * length + 1_000).is_ok());
    assert_eq!(read(2 * length - 1), Err(Unreadable::TooMuchMemory));
}

const AGGREGATED: &str = r#"{"eventVersion":"1.0","eventCategory":"Aggregated","summary":{}}"#;
const NOTIFICATION: &str =
    r#"{"eventVersion":"2.1","eventSource":"aws:s3","eventTime":"x","eventName":"y"}"#;

#[test]
fn what_stands_around_an_event_is_no_record_where_the_event_is_missing() {
    let events = ["null", "7", "[]", "\"\""].map(|event| format!(r#","CloudTrailEvent":{event}"#));
    for event in events.iter().map(String::as_str).chain([""]) {
        let wrapper = format!(
            r#"{{"EventId":"1","EventTime":"2024-05-01T00:00:00Z","EventName":"A"{event}}}"#
        );
        let text = format!(r#"{{"Events":[{wrapper},{}]}}"#, lookup(ONE));
        let damaged = format!("damaged {wrapper}");
        assert_eq!(opened(text.as_bytes()).unwrap(), [&damaged, ONE]);
        assert_eq!(opened(wrapper.as_bytes()).unwrap(), [damaged]);
    }
}

#[test]
fn a_record_with_one_odd_value_is_no_row_of_a_query() {
    let odd = [
        r#"{"eventVersion":"1","eventTime":"2024-05-01 00:00:00","userIdentity":{}}"#,
        r#"{"eventVersion":"1","eventTime":"2024-05-01T00:00:00Z","requestParameters":"x","resources":[]}"#,
        r#"{"eventVersion":"1","eventTime":1714521600,"eventName":"A"}"#,
        r#"{"eventTime":"2024-05-01T00:00:00Z","eventName":"A","requestParameters":"x"}"#,
    ];
    assert_eq!(opened(odd.join("\n").as_bytes()).unwrap(), odd);
}

#[test]
fn what_is_known_to_be_no_record_is_counted_wherever_it_stands() {
    let both = [(Left::Aggregated, 1), (Left::Notification, 1)];
    for text in [
        format!(r#"{{"Records":[{AGGREGATED},{ONE},{NOTIFICATION}]}}"#),
        format!("{AGGREGATED}\n{ONE}\n{NOTIFICATION}"),
        format!(
            r#"[{{"message":{}}},{{"detail-type":"x","detail":{NOTIFICATION}}},{ONE}]"#,
            string(AGGREGATED)
        ),
    ] {
        let (records, left) = opened_by(text.as_bytes(), Rules::default()).unwrap();
        assert_eq!(
            (records, left),
            (vec![ONE.to_owned()], both.to_vec()),
            "{text}"
        );
    }
    let alone = format!("[{AGGREGATED},{AGGREGATED},7]");
    let (records, left) = opened_by(alone.as_bytes(), Rules::default()).unwrap();
    assert_eq!((records.len(), left), (0, vec![(Left::Aggregated, 2)]));
    let control =
        format!(r#"{{"messageType":"CONTROL_MESSAGE","logEvents":[{{"message":"x"}}]}}{ONE}"#);
    let (records, left) = opened_by(control.as_bytes(), Rules::default()).unwrap();
    assert_eq!((records.len(), left), (1, vec![(Left::Control, 1)]));
}

#[test]
fn a_row_of_a_query_is_left_and_a_record_in_small_letters_is_not() {
    let small = r#"{"eventversion":"1.08","eventtime":"2024-05-01T00:00:00Z","eventname":"A"}"#;
    let query = small.replace('}', r#","requestparameters":"{}"}"#);
    let spaced = small.replace('T', " ");
    let lakes = r#"{"eventVersion":"1.08","eventTime":"2024-05-01 00:00:00.000","userIdentity":"{type=x}"}"#;
    let few = r#"{"eventTime":"2024-05-01 00:00:00.000","eventName":"A","readOnly":true}"#;
    let renamed = r#"{"eventTime":"2024-05-01T00:00:00Z","eventName":"A","userIdentity":"{\"type\":\"Root\"}"}"#;
    let text = format!("{small}\n{query}\n{spaced}\n{lakes}\n{few}\n{renamed}\n");
    let (records, left) = opened_by(text.as_bytes(), Rules::default()).unwrap();
    assert_eq!(
        (records, left),
        (vec![small.to_owned()], vec![(Left::QueryResult, 5)])
    );
}

#[test]
fn what_a_path_leads_to_is_opened_where_the_rules_find_nothing() {
    let path: UnwrapPath = "a.raw".parse().unwrap();
    let rules = Rules {
        unwrap: Some(&path),
        is_log: false,
    };
    let by_path = |text: &str| opened_by(text.as_bytes(), rules).map(|(records, _)| records);
    let (one, two) = (string(ONE), string(TWO));
    for text in [
        format!(r#"{{"a":{{"raw":{one}}}}}{{"a":{{"raw":{TWO}}}}}"#),
        format!(r#"{{"a":[{{"raw":{one}}},{{"raw":[["1714",{two}],"x"]}}]}}"#),
        format!(r#"[{{"a":{{"raw":{{"message":{one}}}}}}},{TWO}]"#),
        format!(r#"{{"a.raw":{}}}"#, string(&format!("[{ONE},{TWO}]"))),
    ] {
        assert_eq!(by_path(&text).unwrap(), [ONE, TWO], "{text}");
    }
    // What looks like JSON there and is none is kept.
    let torn = format!(r#"{{"a":{{"raw":[{one},"{{\"x"]}}}}"#);
    assert_eq!(by_path(&torn).unwrap(), [ONE, r#""{\"x""#]);
    // Where there is no event, the object stays whole.
    let plain = r#"{"a":{"raw":{"eventTime":"2024-05-01T00:00:00Z"}}}"#;
    assert_eq!(by_path(&format!("{plain}{ONE}")).unwrap(), [plain, ONE]);
    assert_eq!(by_path(plain), Err(Unreadable::NoRecords));
}

#[test]
fn an_object_with_a_time_alone_is_kept_apart_unless_its_key_is_a_logs() {
    let hollow = r#"{"eventTime":"2024-05-01T00:00:00Z","x":1}"#;
    let text = format!("{ONE}{hollow}");
    let is = |is_log| {
        let rules = Rules {
            unwrap: None,
            is_log,
        };
        opened_by(text.as_bytes(), rules).unwrap().0
    };
    assert_eq!(is(false), [ONE, &format!("damaged {hollow}")]);
    assert_eq!(is(true), [ONE, hollow]);
}

#[test]
fn a_line_of_text_beside_an_event_is_kept_and_torn_json_is_not_read_as_lines() {
    let text = format!("[INFO] x\nstarting\n{ONE}\nbye");
    let kept = ["damaged [INFO] x", "damaged starting", ONE, "damaged bye"];
    assert_eq!(opened(text.as_bytes()).unwrap(), kept);
    let torn = format!("{{\"a\":\n{ONE}\n]\n");
    assert_eq!(opened(torn.as_bytes()), Err(Unreadable::NotJson));
}

proptest! {
    #[test]
    fn any_bytes_are_opened_or_refused_within_the_limits(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        text in r#"([\[\]{},:" 1\n]|"Records":|"Events":|"CloudTrailEvent":|"message":|"detail-type":|"body":|"Messages":|"data":"e30="|"data":|"detail":|"eventVersion":|"\{\}"|\\u00e9){0,14}"#,
    ) {
        for bytes in [&bytes, text.as_bytes(), &gzip(text.as_bytes())] {
            if let Ok(document) = open_document(bytes, Limits::of(1 << 10), Rules::default()) {
                let walked = for_each_record::<Unreadable>(&document, |scanner| {
                    scanner.skip()?;
                    Ok(())
                });
                prop_assert!(walked.is_ok(), "{}", document.text);
            }
        }
    }
}
