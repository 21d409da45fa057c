//! Delivered bytes whose records stand inside of other things → a document of the records alone.
//!
//! What is what is judged object by object, in this order: an object with a `CloudTrailEvent` is
//! that event; `Records`, `Events`, `logEvents`, `events`, arrays and strings of JSON are opened;
//! an EventBridge object is its `detail`; a `message` that is an event is that event; an object
//! with eventVersion, or with eventTime and one of eventName and eventID, is a record. A
//! notification of S3, SQS or SNS is none. Anything else in a list stays there as it is, and will
//! be a reject. A text that is no JSON as a whole is read line by line: a line that is no JSON is
//! kept with its bytes.

use crate::json::{JsonError, Kind, Scanner, Span, StringToken, unescape};

use super::damaged::Damaged;
use super::document::Document;
use super::limits::Limits;
use super::read_document::{inflate, text_of};
use super::sha256::Sha256;
use super::time::parse_event_time;
use super::unreadable::Unreadable;

/// How deep things may stand inside of each other to be opened.
const MAX_LAYERS: u32 = 8;

/// How deep the records of `{"Records":[…]}` stand.
const RECORD_DEPTH: u32 = 2;

const LISTS: [&str; 4] = ["Records", "Events", "logEvents", "events"];

/// Reads a delivered object as [`read_document`](super::read_document) does, and opens what its
/// records stand in. It costs more, and is for what that does not read.
pub fn open_document(delivered: &[u8], limits: Limits) -> Result<Document, Unreadable> {
    let bytes = inflate(delivered, limits)?;
    let uncompressed_bytes = bytes.len() as u64;
    // Of a text that is no UTF-8 the lines are read as they were.
    let kept = std::str::from_utf8(&bytes).is_err().then(|| bytes.clone());
    let length = bytes.len();
    let taken = length * if kept.is_some() { 2 } else { 1 };
    limits.check_heap(taken + length)?;
    let read = text_of(bytes, limits);
    let mut opener = Opener::new(limits, taken, length);
    let whole = match &read {
        Ok((text, damaged)) => opener.values(text, damaged, 0),
        Err(reason) => Err(*reason),
    };
    match whole.and_then(|()| opener.found_any()) {
        Ok(()) => {}
        Err(Unreadable::NotJson | Unreadable::InvalidUtf8OutsideRecords) => {
            opener = Opener::new(limits, taken, length);
            let lines = match (&read, &kept) {
                (Ok((text, damaged)), _) if damaged.is_empty() => text.as_bytes(),
                (_, Some(kept)) => kept,
                _ => return Err(Unreadable::NotJson),
            };
            opener.lines(lines)?;
        }
        Err(reason) => return Err(reason),
    }
    opener.out.push_str("]}");
    Ok(Document {
        text: opener.out,
        sha256: Sha256::of(delivered),
        uncompressed_bytes,
        damaged: opener.damaged,
    })
}

/// The records found so far, as `{"Records":[…`.
struct Opener {
    out: String,
    damaged: Damaged,
    /// How many of them are records, or lists that may hold some.
    found: u64,
    limits: Limits,
    /// Bytes on the heap besides.
    taken: usize,
}

/// What an object has, of what tells what it is.
#[derive(Default)]
struct Members {
    event: Option<(Kind, Span)>,
    lists: Vec<usize>,
    detail: Option<usize>,
    has_detail_type: bool,
    message: Option<StringToken>,
    has_version: bool,
    has_time: bool,
    has_name_or_id: bool,
    is_notification: bool,
}

impl Members {
    fn is_record(&self) -> bool {
        self.has_version || (self.has_time && self.has_name_or_id)
    }
}

impl Opener {
    /// Nothing yet, with room for a text of that length; so many bytes are on the heap.
    fn new(limits: Limits, taken: usize, length: usize) -> Self {
        // What is opened is seldom longer, and would else be copied while it grows.
        let mut out = String::with_capacity(length + 64);
        out.push_str("{\"Records\":[");
        Self {
            out,
            damaged: Damaged::default(),
            found: 0,
            limits,
            taken,
        }
    }

    fn found_any(&self) -> Result<(), Unreadable> {
        match self.found {
            0 => Err(Unreadable::NoRecords),
            _ => Ok(()),
        }
    }

    /// Opens each value of a text.
    fn values(&mut self, text: &str, damaged: &Damaged, layer: u32) -> Result<(), Unreadable> {
        let mut scanner = Scanner::new(text.as_bytes());
        while !scanner.is_at_end() {
            self.value(text, &mut scanner, damaged, layer)?;
        }
        Ok(())
    }

    /// Opens the next value.
    fn value(
        &mut self,
        text: &str,
        scanner: &mut Scanner<'_>,
        damaged: &Damaged,
        layer: u32,
    ) -> Result<(), Unreadable> {
        let kind = scanner.peek()?;
        let mut inside = scanner.clone();
        let Ok(span) = scanner.skip() else {
            *scanner = inside;
            return self.deep(text, scanner, damaged, layer);
        };
        if let Some(delivered) = damaged.delivered(span) {
            return self.push_damaged(span.of(text), delivered);
        }
        match kind {
            _ if layer >= MAX_LAYERS => self.push(span.of(text)),
            Kind::Array => self.list(text, &mut inside, damaged, layer),
            Kind::Object => self.object(text, span, inside, damaged, layer),
            Kind::String => {
                let content = inside.string()?.span.of(text);
                match self.inner(content, layer)? {
                    true => Ok(()),
                    false => self.push(span.of(text)),
                }
            }
            _ => self.push(span.of(text)),
        }
    }

    fn list(
        &mut self,
        text: &str,
        scanner: &mut Scanner<'_>,
        damaged: &Damaged,
        layer: u32,
    ) -> Result<(), Unreadable> {
        let (mut first, mut is_empty) = (true, true);
        scanner.enter_array()?;
        while scanner.next_element(&mut first)? {
            is_empty = false;
            self.value(text, scanner, damaged, layer + 1)?;
        }
        // An empty list holds no records, and that is fine.
        self.found += u64::from(is_empty);
        Ok(())
    }

    /// Opens a container of which some element is nested too deeply: that is kept with its bytes.
    fn deep(
        &mut self,
        text: &str,
        scanner: &mut Scanner<'_>,
        damaged: &Damaged,
        layer: u32,
    ) -> Result<(), Unreadable> {
        if scanner.peek()? == Kind::Array {
            return self.deep_list(text, scanner, damaged, layer);
        }
        let mut first = true;
        scanner.enter_object()?;
        while let Some(key) = scanner.next_key(&mut first)? {
            let (name, _) = unescape(key.span.of(text));
            if LISTS.contains(&&*name) && scanner.peek()? == Kind::Array {
                self.deep_list(text, scanner, damaged, layer)?;
            } else {
                scanner.skip()?;
            }
        }
        Ok(())
    }

    fn deep_list(
        &mut self,
        text: &str,
        scanner: &mut Scanner<'_>,
        damaged: &Damaged,
        layer: u32,
    ) -> Result<(), Unreadable> {
        let mut first = true;
        scanner.enter_array()?;
        while scanner.next_element(&mut first)? {
            if scanner.clone().skip().is_ok() {
                self.value(text, scanner, damaged, layer + 1)?;
            } else {
                scanner.peek()?;
                let record = scanner.skip_brackets()?;
                self.push_damaged(&placeholder(record.len()), record.of(text).as_bytes())?;
                self.found += 1;
            }
        }
        Ok(())
    }

    fn object(
        &mut self,
        text: &str,
        span: Span,
        inside: Scanner<'_>,
        damaged: &Damaged,
        layer: u32,
    ) -> Result<(), Unreadable> {
        let members = members(text, inside)?;
        let at = |start: usize| Scanner::at(text.as_bytes(), start);
        match members.event {
            Some((Kind::Object, event)) => {
                self.found += 1;
                return self.push(event.of(text));
            }
            Some((Kind::String, event)) => return self.embedded(event.of(text)),
            _ => {}
        }
        if !members.lists.is_empty() {
            for list in members.lists {
                self.list(text, &mut at(list), damaged, layer)?;
            }
            return Ok(());
        }
        if let (true, Some(detail)) = (members.has_detail_type, members.detail) {
            return self.value(text, &mut at(detail), damaged, layer + 1);
        }
        if let Some(message) = members.message
            && self.inner(message.span.of(text), layer)?
        {
            return Ok(());
        }
        if members.is_notification {
            return Ok(());
        }
        self.found += u64::from(members.is_record());
        self.push(span.of(text))
    }

    /// An event that is embedded as a string.
    fn embedded(&mut self, content: &str) -> Result<(), Unreadable> {
        // The event is unescaped beside the texts.
        self.check_heap(content.len())?;
        self.found += 1;
        let (event, is_unicode) = unescape(content);
        match is_unicode && is_one_value(&event) {
            true => self.push(&event),
            false => self.push(&format!("\"{content}\"")),
        }
    }

    /// Opens the JSON text in a string, if it holds a record; else nothing is changed.
    fn inner(&mut self, content: &str, layer: u32) -> Result<bool, Unreadable> {
        let is_json = |text: &str| text.trim_start().starts_with(['{', '[']);
        if layer >= MAX_LAYERS || !(is_json(content) || content.trim_start().starts_with('\\')) {
            return Ok(false);
        }
        self.check_heap(content.len())?;
        let (text, is_unicode) = unescape(content);
        if !is_unicode || !is_json(&text) || !is_one_value(&text) {
            return Ok(false);
        }
        let (length, found) = (self.out.len(), self.found);
        self.taken += text.len();
        self.values(&text, &Damaged::default(), layer + 1)?;
        self.taken -= text.len();
        if self.found == found {
            self.out.truncate(length);
        }
        Ok(self.found > found)
    }

    /// Opens each line, with the time before it that CloudWatch Logs exports have.
    fn lines(&mut self, bytes: &[u8]) -> Result<(), Unreadable> {
        let (mut good, mut bad) = (0_u64, 0_u64);
        for line in bytes.split(|&byte| byte == b'\n') {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            let text = std::str::from_utf8(line).ok();
            match text.and_then(values_of_line) {
                Some(text) => {
                    self.values(text, &Damaged::default(), 0)?;
                    good += 1;
                }
                None => {
                    self.push_damaged(&placeholder(line.len()), line)?;
                    bad += 1;
                }
            }
        }
        // A container that is cut short is not read as lines.
        match self.found == 0 || bad > good {
            true => Err(Unreadable::NotJson),
            false => Ok(()),
        }
    }

    fn push(&mut self, record: &str) -> Result<(), Unreadable> {
        self.check_heap(record.len())?;
        if !self.out.ends_with('[') {
            self.out.push(',');
        }
        self.out.push_str(record);
        Ok(())
    }

    fn push_damaged(&mut self, text: &str, delivered: &[u8]) -> Result<(), Unreadable> {
        self.push(text)?;
        let end = self.out.len();
        let narrow = |at: usize| u32::try_from(at).map_err(|_| Unreadable::TooLarge);
        let span = Span {
            start: narrow(end - text.len())?,
            end: narrow(end)?,
        };
        self.damaged.push(span, delivered);
        self.check_heap(0)
    }

    fn check_heap(&self, more: usize) -> Result<(), Unreadable> {
        let own = self.out.capacity() + self.damaged.heap_bytes();
        self.limits.check_heap(self.taken + own + more)
    }
}

fn members(text: &str, mut scanner: Scanner<'_>) -> Result<Members, JsonError> {
    let mut members = Members::default();
    let mut first = true;
    scanner.enter_object()?;
    while let Some(key) = scanner.next_key(&mut first)? {
        let (name, _) = unescape(key.span.of(text));
        let kind = scanner.peek()?;
        let start = scanner.position();
        let mut value = scanner.clone();
        let span = scanner.skip()?;
        match (&*name, kind) {
            ("CloudTrailEvent", Kind::String) => {
                members.event = Some((kind, value.string()?.span));
            }
            ("CloudTrailEvent", _) => members.event = Some((kind, span)),
            (list, Kind::Array) if LISTS.contains(&list) => members.lists.push(start),
            ("detail", Kind::Object) => members.detail = Some(start),
            ("detail-type", _) => members.has_detail_type = true,
            ("message", Kind::String) => members.message = Some(value.string()?),
            (name, _) => {
                let is = |mark: &str| name.eq_ignore_ascii_case(mark);
                members.has_version |= is("eventVersion");
                members.has_time |= is("eventTime");
                members.has_name_or_id |= is("eventName") || is("eventID");
                let source = span.of(text);
                members.is_notification |= is("eventSource") && source.starts_with("\"aws:");
            }
        }
    }
    Ok(members)
}

/// Whether the text is a single JSON value also when it stands as deep as records do.
fn is_one_value(text: &str) -> bool {
    let mut scanner = Scanner::new(text.as_bytes()).within(RECORD_DEPTH);
    scanner.skip().and_then(|_| scanner.finish()).is_ok()
}

/// The JSON of a line, if it is that, perhaps after a time.
fn values_of_line(line: &str) -> Option<&str> {
    let is_json = |text: &str| {
        let mut scanner = Scanner::new(text.as_bytes()).within(RECORD_DEPTH);
        while !scanner.is_at_end() {
            if scanner.skip().is_err() {
                return false;
            }
        }
        true
    };
    if is_json(line) {
        return Some(line);
    }
    let (time, rest) = line.split_once(' ')?;
    (parse_event_time(time).is_some() && is_json(rest)).then_some(rest)
}

/// A JSON value as long as what stands for it.
fn placeholder(length: usize) -> String {
    match length {
        1 => "0".to_owned(),
        _ => format!("\"{}\"", "x".repeat(length - 2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudtrail::for_each_record;
    use crate::cloudtrail::gunzip::tests::gzip;
    use crate::json::{MAX_DEPTH, write_string};
    use proptest::prelude::*;

    /// Each record's text, or the bytes that stand for it.
    fn opened(bytes: &[u8]) -> Result<Vec<String>, Unreadable> {
        let document = open_document(bytes, Limits::of(1 << 20))?;
        let mut records = Vec::new();
        for_each_record::<Unreadable>(&document, |scanner| {
            let span = scanner.skip()?;
            records.push(match document.damaged.delivered(span) {
                Some(bytes) => format!("damaged {}", String::from_utf8_lossy(bytes)),
                None => span.of(&document.text).to_owned(),
            });
            Ok(())
        })?;
        Ok(records)
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
            string(&format!("[{one},{two}]")),
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
            format!("{ONE}{TWO}"),
        ] {
            assert_eq!(opened(text.as_bytes()).unwrap(), [ONE, TWO], "{text}");
        }
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
            r#"{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventTime":"x","eventName":"y"}]}"#,
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
        for bad in ["", "{", "{}]", "1,2", "{} {}", "x\ny"] {
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
            open_document(text.as_bytes(), Limits { uncompressed, heap })
        };
        assert!(read(2 * length + 1_000).is_ok());
        assert_eq!(read(2 * length - 1), Err(Unreadable::TooMuchMemory));
    }

    proptest! {
        #[test]
        fn any_bytes_are_opened_or_refused_within_the_limits(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            text in r#"([\[\]{},:" 1\n]|"Records":|"Events":|"CloudTrailEvent":|"message":|"detail-type":|"detail":|"eventVersion":|"\{\}"|\\u00e9){0,14}"#,
        ) {
            for bytes in [&bytes, text.as_bytes(), &gzip(text.as_bytes())] {
                if let Ok(document) = open_document(bytes, Limits::of(1 << 10)) {
                    let walked = for_each_record::<Unreadable>(&document, |scanner| {
                        scanner.skip()?;
                        Ok(())
                    });
                    prop_assert!(walked.is_ok(), "{}", document.text);
                }
            }
        }
    }
}
