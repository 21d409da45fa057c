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
