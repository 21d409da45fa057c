//! `lookup-events` output to a text of records.

use crate::json::{JsonError, Kind, Scanner, Span, unescape};

use super::damaged::Damaged;
use super::limits::Limits;
use super::records::{Origin, walk};
use super::unreadable::Unreadable;

/// How deep the records of `{"Records":[…]}` stand.
const RECORD_DEPTH: u32 = 2;

/// Writes the records of a `lookup-events` result as `{"Records":[…]}`.
///
/// An event is its `CloudTrailEvent`, unescaped. What cannot be taken out is kept as a
/// record of another form: an event without that string as it is, a string that is no
/// JSON or no Unicode as a JSON string, a damaged event as it is.
pub(super) fn normalise(
    text: &str,
    damaged: &Damaged,
    limits: Limits,
) -> Result<(String, Damaged), Unreadable> {
    let taken = 2 * text.len() + damaged.heap_bytes();
    limits.check_heap(taken)?;
    let mut out = String::with_capacity(text.len());
    let mut moved = Damaged::default();
    out.push_str("{\"Records\":[");
    let mut separator = "";
    walk(text, |scanner, origin| {
        let mut inside = scanner.clone();
        let span = scanner.skip()?;
        out.push_str(separator);
        separator = ",";
        if let Some(delivered) = damaged.delivered(span) {
            let start = out.len();
            out.push_str(span.of(text));
            moved.push(narrow(start, out.len())?, delivered);
            limits.check_heap(taken + moved.heap_bytes())?;
        } else if origin == Origin::Events {
            // The event is unescaped beside both texts.
            let event = (span.end - span.start) as usize;
            limits.check_heap(taken + moved.heap_bytes() + event)?;
            push_event(&mut out, text, span, &mut inside)?;
        } else {
            out.push_str(span.of(text));
        }
        Ok::<_, Unreadable>(())
    })?;
    out.push_str("]}");
    Ok((out, moved))
}

fn push_event(
    out: &mut String,
    text: &str,
    span: Span,
    inside: &mut Scanner<'_>,
) -> Result<(), JsonError> {
    let mut embedded = None;
    if inside.peek()? == Kind::Object {
        let mut first = true;
        inside.enter_object()?;
        while let Some(key) = inside.next_key(&mut first)? {
            if unescape(key.span.of(text)).0 == "CloudTrailEvent" {
                embedded = match inside.peek()? {
                    Kind::String => Some(inside.string()?),
                    _ => inside.skip().map(|_| None)?,
                };
            } else {
                inside.skip()?;
            }
        }
    }
    let Some(embedded) = embedded else {
        out.push_str(span.of(text));
        return Ok(());
    };
    let content = embedded.span.of(text);
    let (event, is_unicode) = unescape(content);
    if is_unicode && is_one_value(&event) {
        out.push_str(&event);
    } else {
        out.push('"');
        out.push_str(content);
        out.push('"');
    }
    Ok(())
}

/// Whether the text is a single JSON value also when it stands as deep as records do.
fn is_one_value(text: &str) -> bool {
    let mut scanner = Scanner::new(text.as_bytes()).within(RECORD_DEPTH);
    scanner.skip().and_then(|_| scanner.finish()).is_ok()
}

fn narrow(start: usize, end: usize) -> Result<Span, JsonError> {
    match (u32::try_from(start), u32::try_from(end)) {
        (Ok(start), Ok(end)) => Ok(Span { start, end }),
        _ => Err(JsonError {
            what: "the text is larger than 4 GiB",
            at: start,
        }),
    }
}

#[cfg(test)]
mod tests {
    use crate::cloudtrail::{Limits, Unreadable, for_each_record, read_document};
    use crate::json::{MAX_DEPTH, write_string};

    /// Each record's text, and its delivered bytes if it was damaged.
    fn records(bytes: &[u8]) -> Vec<(String, Option<Vec<u8>>)> {
        let document = read_document(bytes, Limits::of(1 << 20)).unwrap();
        let mut records = Vec::new();
        for_each_record::<Unreadable>(&document, |scanner| {
            let span = scanner.skip()?;
            let delivered = document.damaged.delivered(span).map(<[u8]>::to_vec);
            records.push((span.of(&document.text).to_owned(), delivered));
            Ok(())
        })
        .unwrap();
        records
    }

    fn texts(text: &str) -> Vec<String> {
        let records = records(text.as_bytes());
        records.into_iter().map(|(text, _)| text).collect()
    }

    fn event(embedded: &str) -> String {
        let mut string = String::new();
        write_string(&mut string, embedded);
        format!(r#"{{"EventId":"1","CloudTrailEvent":{string},"Resources":[]}}"#)
    }

    #[test]
    fn the_embedded_events_of_lookup_events_are_the_records() {
        let embedded = [
            r#"{"eventName":"A","userAgent":"a \"b\" \\ \u00e9 \ud83d\ude00"}"#,
            "{\n  \"eventName\": \"é😀\"\n}",
        ];
        let events: Vec<String> = embedded.into_iter().map(event).collect();
        let list = events.join(", ");
        let expected = embedded.map(str::to_owned);
        assert_eq!(texts(&format!(r#"{{"Events":[{list}]}}"#)), expected);
        let text = format!("{{\"NextToken\": \"x\", \"Events\": [\n{list}], \"Other\": {{}}}}\n");
        assert_eq!(texts(&text), expected);
        let pages = format!(
            "{{\"Events\":[{}]}}\n{{\"Events\":[{}]}}",
            events[0], events[1]
        );
        assert_eq!(texts(&pages), expected);
    }

    #[test]
    fn the_last_of_two_embedded_events_counts() {
        let text = r#"{"Events":[{"CloudTrailEvent":"{\"a\":1}","CloudTrailEvent":"{\"a\":2}"}]}"#;
        assert_eq!(texts(text), [r#"{"a":2}"#]);
    }

    #[test]
    fn an_event_without_an_embedded_one_is_kept_as_it_is() {
        let odd = [
            r#"{"EventId":"1"}"#,
            r#"{"CloudTrailEvent":{"a":1}}"#,
            "5",
            "null",
            "[]",
        ];
        let text = format!(r#"{{"Events":[{}]}}"#, odd.join(","));
        assert_eq!(texts(&text), odd);
    }

    #[test]
    fn embedded_text_that_is_no_json_is_kept_as_a_string_and_spares_its_neighbours() {
        let good = event(r#"{"eventName":"A"}"#);
        let levels = MAX_DEPTH as usize - 1;
        let deep = "[".repeat(levels) + &"]".repeat(levels);
        for bad in [
            "", " ", "{", "{}]", "1,2", "1],[2", "1]],[[2", "]", "{} {}", "x\ny", "\"", "{\"a\":1",
            &deep,
        ] {
            let text = format!(r#"{{"Events":[{good},{},{good}]}}"#, event(bad));
            let mut string = String::new();
            write_string(&mut string, bad);
            let expected = [r#"{"eventName":"A"}"#, &string, r#"{"eventName":"A"}"#];
            assert_eq!(texts(&text), expected, "{bad:?}");
        }
        let text = r#"{"Events":[{"CloudTrailEvent":"{\"a\":\"\ud83d\"}"}]}"#;
        assert_eq!(texts(text), [r#""{\"a\":\"\ud83d\"}""#]);
    }

    #[test]
    fn an_embedded_value_of_another_type_is_a_record() {
        let text = format!(
            r#"{{"Events":[{},{}]}}"#,
            event("5"),
            event(" {\"Records\":[1]} ")
        );
        assert_eq!(texts(&text), ["5", r#"{"Records":[1]}"#]);
    }

    #[test]
    fn an_event_with_invalid_utf8_is_kept_as_delivered() {
        let good = event(r#"{"eventName":"A"}"#);
        let mut bad = event(r#"{"eventName":"@"}"#).into_bytes();
        let at = bad.iter().position(|&byte| byte == b'@').unwrap();
        bad[at] = 0xff;
        let text = [
            b"{\"Events\":[",
            good.as_bytes(),
            b",",
            &bad,
            b",",
            good.as_bytes(),
            b"]}",
        ];
        let records = records(&text.concat());
        let bytes: Vec<_> = records.iter().map(|(_, bytes)| bytes.clone()).collect();
        assert_eq!(bytes, [None, Some(bad), None]);
        assert_eq!(records[2].0, r#"{"eventName":"A"}"#);
    }
}
