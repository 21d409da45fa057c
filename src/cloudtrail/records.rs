//! A document's records in turn, whatever form their container has.
//!
//! A text is one or more top-level values, with or without white space between them, and
//! each is judged for itself:
//!
//! - an object that holds a `Records` or `Events` array (exact names) is a container: the
//!   elements of all such arrays are records, its other members are passed over;
//! - an array is a container, its elements are records;
//! - anything else is a record itself: one a line, pretty-printed one after another, or
//!   just one.
//!
//! A text without any container object has to look like CloudTrail: unless one of its
//! records is an object with an `eventTime`, `eventName`, `eventSource`, `eventVersion` or
//! `eventID` (in any case), it holds no records. A digest file and any other JSON are told
//! apart by that. An empty array is a container without records, which is fine.

use crate::json::{JsonError, Kind, Scanner, StringToken, unescape};

use super::document::Document;
use super::unreadable::Unreadable;

/// The members of which every CloudTrail record has some.
const MARKS: [&str; 5] = [
    "eventVersion",
    "eventTime",
    "eventSource",
    "eventName",
    "eventID",
];

/// Calls `f` at each record of the document, and gives their number.
///
/// The scanner stands at the record, which may be of any JSON type, and `f` must pass
/// exactly that one value. An error may come after calls of `f`: what those did is then to
/// be dropped.
pub fn for_each_record<E: From<Unreadable>>(
    document: &Document,
    mut f: impl FnMut(&mut Scanner<'_>) -> Result<(), E>,
) -> Result<u64, E> {
    let mut count = 0;
    walk(&document.text, |scanner| {
        count += 1;
        f(scanner)
    })?;
    Ok(count)
}

/// Calls `f` at each record of a text.
pub(super) fn walk<E: From<Unreadable>>(
    text: &str,
    mut f: impl FnMut(&mut Scanner<'_>) -> Result<(), E>,
) -> Result<(), E> {
    if !holds_records(text).map_err(Unreadable::from)? {
        return Err(Unreadable::NoRecords.into());
    }
    let mut scanner = Scanner::new(text.as_bytes());
    while !scanner.is_at_end() {
        match json(scanner.peek())? {
            Kind::Array => elements(&mut scanner, &mut f)?,
            Kind::Object if json(form(text, &mut scanner.clone()))? == Form::Container => {
                container(text, &mut scanner, &mut f)?;
            }
            _ => record(&mut scanner, &mut f)?,
        }
    }
    Ok(())
}

/// What a top-level object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Container,
    /// An object with one of [`MARKS`].
    Record,
    Other,
}

/// Judges the next value, an object, and passes at least as much as that needs: all of it
/// unless it is a container.
fn form(text: &str, scanner: &mut Scanner<'_>) -> Result<Form, JsonError> {
    let mut form = Form::Other;
    let mut first = true;
    scanner.enter_object()?;
    while let Some(key) = scanner.next_key(&mut first)? {
        if is_list(text, key) && scanner.peek()? == Kind::Array {
            return Ok(Form::Container);
        }
        if is_mark(text, key) {
            form = Form::Record;
        }
        scanner.skip()?;
    }
    Ok(form)
}

/// Whether the text is CloudTrail's; looks no further than the first value that says so.
fn holds_records(text: &str) -> Result<bool, JsonError> {
    let mut scanner = Scanner::new(text.as_bytes());
    while !scanner.is_at_end() {
        match scanner.peek()? {
            Kind::Object if form(text, &mut scanner)? != Form::Other => return Ok(true),
            Kind::Object => {}
            Kind::Array => {
                let mut first = true;
                let mut is_empty = true;
                scanner.enter_array()?;
                while scanner.next_element(&mut first)? {
                    is_empty = false;
                    if scanner.peek()? != Kind::Object {
                        scanner.skip()?;
                    } else if form(text, &mut scanner.clone())? == Form::Record {
                        return Ok(true);
                    } else {
                        scanner.skip()?;
                    }
                }
                if is_empty {
                    return Ok(true);
                }
            }
            _ => {
                scanner.skip()?;
            }
        }
    }
    Ok(false)
}

fn container<E: From<Unreadable>>(
    text: &str,
    scanner: &mut Scanner<'_>,
    f: &mut impl FnMut(&mut Scanner<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut first = true;
    json(scanner.enter_object())?;
    while let Some(key) = json(scanner.next_key(&mut first))? {
        match is_list(text, key) {
            true if json(scanner.peek())? == Kind::Array => elements(scanner, f)?,
            _ => {
                json(scanner.skip())?;
            }
        }
    }
    Ok(())
}

fn elements<E: From<Unreadable>>(
    scanner: &mut Scanner<'_>,
    f: &mut impl FnMut(&mut Scanner<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut first = true;
    json(scanner.enter_array())?;
    while json(scanner.next_element(&mut first))? {
        record(scanner, f)?;
    }
    Ok(())
}

fn record<E: From<Unreadable>>(
    scanner: &mut Scanner<'_>,
    f: &mut impl FnMut(&mut Scanner<'_>) -> Result<(), E>,
) -> Result<(), E> {
    json(scanner.peek())?;
    let start = scanner.position();
    f(scanner)?;
    let passed = scanner.position() > start;
    debug_assert!(passed, "the callback passes the record");
    if !passed {
        json(scanner.skip())?;
    }
    Ok(())
}

fn is_list(text: &str, key: StringToken) -> bool {
    matches!(&*unescape(key.span.of(text)).0, "Records" | "Events")
}

fn is_mark(text: &str, key: StringToken) -> bool {
    let (key, _) = unescape(key.span.of(text));
    MARKS.iter().any(|mark| mark.eq_ignore_ascii_case(&key))
}

fn json<T, E: From<Unreadable>>(result: Result<T, JsonError>) -> Result<T, E> {
    result.map_err(|error| Unreadable::from(error).into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cloudtrail::{Limits, read_document};

    /// The records of a text, each as delivered.
    fn records(text: &str) -> Result<Vec<String>, Unreadable> {
        let document = read_document(text.as_bytes(), Limits::of(1 << 20))?;
        let mut records = Vec::new();
        let count = for_each_record::<Unreadable>(&document, |scanner| {
            records.push(scanner.skip()?.of(&document.text).to_owned());
            Ok(())
        })?;
        assert_eq!(count, records.len() as u64);
        Ok(records)
    }

    const ONE: &str = r#"{"eventName":"A","Other":[1]}"#;
    const TWO: &str = r#"{ "x" : {"Records":[1]}, "EVENTTIME" : "" }"#;

    #[test]
    fn records_stand_in_a_records_array_at_any_position_among_other_members() {
        for text in [
            format!(r#"{{"Records":[{ONE},{TWO}]}}"#),
            format!("\u{feff} {{\n \"Records\" : [ {ONE} , {TWO} ] \r\n}}\n\t"),
            format!(r#"{{"a":{{"Records":[7]}},"Records":[{ONE},{TWO}],"b":[{{}}]}}"#),
            format!(r#"{{"eventName":"x","Records":[{ONE},{TWO}]}}"#),
            format!(r#"{{"Rec\u006frds":[{ONE},{TWO}]}}"#),
            format!(r#"{{"Records":null,"Records":[{ONE}],"Records":[],"Records":[{TWO}]}}"#),
        ] {
            assert_eq!(records(&text).unwrap(), [ONE, TWO], "{text}");
        }
    }

    #[test]
    fn records_stand_in_a_bare_array_or_one_after_another() {
        for text in [
            format!("[{ONE},{TWO}]"),
            format!("{ONE}\n{TWO}\n"),
            format!("\r\n{ONE}\r\n\r\n{TWO}"),
            format!("{ONE}{TWO}"),
            format!("[{ONE}]\n[]\n[{TWO}]"),
            format!("{{\"Records\":[{ONE}]}}\n{{\"Records\":[{TWO}]}}\n"),
            format!("{{\"Records\":[]}}{ONE}[{TWO}]"),
        ] {
            assert_eq!(records(&text).unwrap(), [ONE, TWO], "{text}");
        }
        assert_eq!(records(ONE).unwrap(), [ONE]);
        assert_eq!(records(TWO).unwrap(), [TWO]);
    }

    #[test]
    fn a_record_of_any_type_is_handed_out() {
        let list = r#"5,"x",null,[1,[2]],{},true"#;
        let expected = ["5", "\"x\"", "null", "[1,[2]]", "{}", "true"];
        assert_eq!(
            records(&format!("{{\"Records\":[{list}]}}")).unwrap(),
            expected
        );
        let bare = records(&format!("[{list},{ONE}]")).unwrap();
        assert_eq!(bare[..6], expected);
        let lines = records(&format!("{ONE}\n5\nnull\n{{\"foo\":1}}\n\"x\"")).unwrap();
        assert_eq!(lines[1..], ["5", "null", "{\"foo\":1}", "\"x\""]);
        let lines = records(&format!("{{\"foo\":1}}\n7\n{ONE}")).unwrap();
        assert_eq!(lines, ["{\"foo\":1}", "7", ONE]);
    }

    #[test]
    fn an_empty_container_holds_no_records_and_is_fine() {
        for text in [
            r#"{"Records":[]}"#,
            "[]",
            " [ ] ",
            r#"{"Events":[],"NextToken":"x"}"#,
        ] {
            assert_eq!(records(text).unwrap(), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn json_that_is_no_cloudtrail_has_no_records() {
        for text in [
            "",
            " \r\n\t",
            "\u{feff}",
            "{}",
            "null",
            "5",
            r#""eventName""#,
            r#"{"foo":1}"#,
            r#"{"foo":{"eventName":"x"}}"#,
            r#"{"Records":null}"#,
            r#"{"Records":{"eventName":"x"}}"#,
            r#"{"records":[{"eventName":"x"}]}"#,
            r#"{"awsAccountId":"1","digestS3Object":"x","logFiles":[{"hashValue":"x"}],"newestEventTime":null}"#,
            "{\"version\":2}\n{\"version\":2}",
            r#"[{"foo":1},5]"#,
            "[1,2,3]",
            "[[]]",
        ] {
            assert_eq!(records(text), Err(Unreadable::NoRecords), "{text}");
        }
    }

    #[test]
    fn text_that_breaks_off_or_is_no_json_is_told() {
        let text = format!(r#"{{"a":1,"Records":[{ONE},{TWO}],"b":[]}}"#);
        for length in 1..text.len() {
            let result = records(&text[..length]);
            assert_eq!(result, Err(Unreadable::NotJson), "{length}");
        }
        for text in [
            "hello",
            "<xml/>",
            "{\"Records\":[]} x",
            "{\"Records\":[]},",
            "{\"Records\":[,]}",
            "{\"Records\":[{\"eventName\":1},]}",
            "{\"Records\":[{\"eventName\":1} {\"eventName\":2}]}",
            "{\"Records\":[]",
            "{\"Records\":[]]",
            "{\"eventName\":1},{\"eventName\":2}",
            "{\"eventName\":1}\n{\"eventName\":",
            "[{\"eventName\":1}\n{\"eventName\":2}]",
            "{\"Records\":[\"\u{1}\"]}",
            "{\"Records\":[]}\0",
        ] {
            let result = records(text);
            assert_eq!(result, Err(Unreadable::NotJson), "{text}");
        }
    }

    #[test]
    fn an_error_of_the_callback_ends_the_walk() {
        let document = read_document(format!("[{ONE},{TWO}]").as_bytes(), Limits::of(100)).unwrap();
        let mut calls = 0;
        let result = for_each_record(&document, |_| {
            calls += 1;
            Err(Unreadable::CorruptGzip)
        });
        assert_eq!((result, calls), (Err(Unreadable::CorruptGzip), 1));
    }

    proptest! {
        #[test]
        fn any_records_come_out_of_any_container_as_they_went_in(
            extra in prop::collection::vec("[a-z0-9 ]{0,9}", 0..5),
        ) {
            let written: Vec<String> = extra
                .iter()
                .map(|extra| format!(r#"{{"eventName":"{extra}","x":[{{"Records":[]}}]}}"#))
                .collect();
            let list = written.join(",");
            prop_assert_eq!(&records(&format!("{{\"Records\":[{list}]}}")).unwrap(), &written);
            prop_assert_eq!(&records(&format!("[{list}]")).unwrap(), &written);
            if !written.is_empty() {
                prop_assert_eq!(&records(&written.join("\n")).unwrap(), &written);
            }
        }
    }
}
