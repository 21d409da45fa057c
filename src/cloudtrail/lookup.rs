//! `lookup-events` output to a text of records.

use crate::json::{JsonError, Kind, Scanner, Span, unescape};

use super::document::{Damaged, Unreadable};
use super::records::{Origin, walk};

/// Writes the records of a `lookup-events` result as `{"Records":[…]}`.
///
/// An event is its `CloudTrailEvent`, unescaped. What cannot be taken out is kept as a
/// record of another form: an event without that string as it is, a string that is no
/// JSON or no Unicode as a JSON string, a damaged event as it is.
pub(super) fn normalise(
    text: &str,
    damaged: &[Damaged],
) -> Result<(String, Vec<Damaged>), Unreadable> {
    let mut out = String::with_capacity(text.len());
    let mut moved = Vec::with_capacity(damaged.len());
    let mut damaged = damaged.iter().peekable();
    out.push_str("{\"Records\":[");
    let mut separator = "";
    walk(text, |scanner, origin| {
        let mut inside = scanner.clone();
        let span = scanner.skip()?;
        out.push_str(separator);
        separator = ",";
        if let Some(damaged) = damaged.next_if(|damaged| damaged.span == span) {
            let start = out.len();
            out.push_str(span.of(text));
            moved.push(Damaged {
                span: narrow(start, out.len())?,
                bytes: damaged.bytes.clone(),
            });
        } else if origin == Origin::Events {
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
    let nested = format!("[[{text}]]");
    let mut scanner = Scanner::new(nested.as_bytes());
    let mut first = true;
    let mut judge = || {
        scanner.enter_array()?;
        scanner.next_element(&mut first)?;
        let mut first = true;
        scanner.enter_array()?;
        let one = scanner.next_element(&mut first)?;
        scanner.skip()?;
        let more = scanner.next_element(&mut first)? || scanner.next_element(&mut first)?;
        scanner.finish()?;
        Ok::<_, JsonError>(one && !more)
    };
    judge().unwrap_or(false)
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
    use crate::cloudtrail::{Unreadable, for_each_record, read_document};
    use crate::json::{MAX_DEPTH, write_string};

    /// Each record's text, and its delivered bytes if it was damaged.
    fn records(bytes: &[u8]) -> Vec<(String, Option<Vec<u8>>)> {
        let document = read_document(bytes, 1 << 20).unwrap();
        let mut records = Vec::new();
        for_each_record::<Unreadable>(&document, |scanner, damaged| {
            let span = scanner.skip()?;
            records.push((
                span.of(&document.text).to_owned(),
                damaged.map(|damaged| damaged.bytes.clone()),
            ));
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
