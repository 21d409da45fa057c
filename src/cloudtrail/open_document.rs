//! Delivered bytes whose records stand inside of other things → a document of the records alone.
//!
//! What is what is judged object by object, in this order: an object with a `CloudTrailEvent` is
//! that event; `Records`, `Events`, `logEvents`, `events`, arrays and strings of JSON are opened;
//! an EventBridge object is its `detail`; a `message` that is an event is that event; an object
//! with eventVersion, or with eventTime and one of eventName and eventID, is a record; messages and
//! payloads that hold one are opened ([`wrapped`]); what stands at the path that was asked for is
//! opened. What is known to be no record is counted. Anything
//! else in a list stays there as it is, and will be a reject. A text that is no JSON as a whole is
//! read line by line ([`lines`]): a line that is no JSON is kept with its bytes.

mod deep;
mod lines;
mod opener;
#[cfg(test)]
mod tests;
mod wrapped;

use crate::json::{Kind, Scanner, Span, unescape};

use super::damaged::Damaged;
use super::document::Document;
use super::inflate::inflate;
use super::limits::Limits;
use super::members::Members;
use super::read_document::text_of;
use super::sha256::Sha256;
use super::unreadable::Unreadable;
use super::unwrap_path::UnwrapPath;
use opener::{Opener, placeholder};
pub(super) use wrapped::Wrapped;

/// How deep things may stand inside of each other to be opened.
const MAX_LAYERS: u32 = 8;

/// How deep the records of `{"Records":[…]}` stand.
const RECORD_DEPTH: u32 = 2;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// By what an object is judged.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules<'r> {
    /// Where events stand in what the other rules do not know.
    pub unwrap: Option<&'r UnwrapPath>,
    /// Whether the object's key is one of CloudTrail's: then whatever has a time is a record.
    pub is_log: bool,
}

/// Reads a delivered object as [`read_document`](super::read_document) does, and opens what its
/// records stand in. It costs more, and is for what that does not read.
pub fn open_document(
    delivered: &[u8],
    limits: Limits,
    rules: Rules<'_>,
) -> Result<Document, Unreadable> {
    let bytes = inflate(delivered, limits)?;
    let uncompressed_bytes = bytes.len() as u64;
    // Of a text that is no UTF-8 the lines are read as they were.
    let kept = std::str::from_utf8(&bytes).is_err().then(|| bytes.clone());
    let length = bytes.len();
    let taken = length * if kept.is_some() { 2 } else { 1 };
    limits.check_heap(taken + length)?;
    let read = text_of(bytes, limits);
    let mut opener = Opener::new(limits, rules, taken, length);
    let whole = match &read {
        Ok((text, damaged)) => opener.values(text, damaged, 0),
        Err(reason) => Err(*reason),
    };
    match whole.and_then(|()| opener.finish()) {
        Ok(()) => {}
        Err(Unreadable::NotJson | Unreadable::InvalidUtf8OutsideRecords) => {
            opener = Opener::new(limits, rules, taken, length);
            let lines = match (&read, &kept) {
                (Ok((text, damaged)), _) if damaged.is_empty() => text.as_bytes(),
                (_, Some(kept)) => kept,
                _ => return Err(Unreadable::NotJson),
            };
            opener.lines(lines)?;
            opener.finish()?;
        }
        Err(reason) => return Err(reason),
    }
    opener.out.push_str("]}");
    Ok(Document {
        text: opener.out,
        sha256: Sha256::of(delivered),
        uncompressed_bytes,
        damaged: opener.damaged,
        left: opener.left,
        depends_on_path: opener.depends_on_path,
    })
}

impl Opener<'_> {
    /// Opens each value of a text.
    fn values(&mut self, text: &str, damaged: &Damaged, layer: u32) -> Result<(), Unreadable> {
        let mut scanner = Scanner::new(text.as_bytes());
        while !is_at_end(text, &mut scanner) {
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

    fn object(
        &mut self,
        text: &str,
        span: Span,
        inside: Scanner<'_>,
        damaged: &Damaged,
        layer: u32,
    ) -> Result<(), Unreadable> {
        let members = Members::read(text, inside)?;
        let at = |start: usize| Scanner::at(text.as_bytes(), start);
        if members.lacks_event() {
            return self.around(text, span);
        }
        if !members.events.is_empty() {
            for (kind, event) in members.events {
                match kind {
                    Kind::Object => {
                        self.found += 1;
                        self.push(event.of(text))?;
                    }
                    Kind::String if !event.is_empty() => self.embedded(event.of(text))?,
                    _ => self.around(text, span)?,
                }
            }
            return Ok(());
        }
        if !members.lists.is_empty() && members.left.is_none() {
            for list in members.lists {
                self.list(text, &mut at(list), damaged, layer)?;
            }
            return Ok(());
        }
        if !members.details.is_empty() {
            for detail in members.details {
                self.value(text, &mut at(detail), damaged, layer + 1)?;
            }
            return Ok(());
        }
        let mut has_message = false;
        for message in &members.messages {
            has_message |= self.inner(message.span.of(text), layer)?;
        }
        if has_message {
            return Ok(());
        }
        if members.is_record() {
            self.found += 1;
            return self.push(span.of(text));
        }
        if self.wrapped(text, &members.wrapped, layer)? || self.unwrap(text, span, layer)? {
            return Ok(());
        }
        if let Some(left) = members.left_as() {
            *self.left.entry(left).or_default() += 1;
            return Ok(());
        }
        match members.has_time && !self.rules.is_log {
            // Else its time would make it a row.
            true => self.push_damaged(&placeholder(span.len()), span.of(text).as_bytes()),
            false => self.push(span.of(text)),
        }
    }

    /// What stands around an event is none itself, and is kept where the event is missing.
    fn around(&mut self, text: &str, object: Span) -> Result<(), Unreadable> {
        self.found += 1;
        self.push_damaged(&placeholder(object.len()), object.of(text).as_bytes())
    }

    /// Opens what stands at the path that was asked for, if that holds a record; else nothing is
    /// changed.
    fn unwrap(&mut self, text: &str, object: Span, layer: u32) -> Result<bool, Unreadable> {
        self.depends_on_path = true;
        let Some(path) = self.rules.unwrap.filter(|_| layer < MAX_LAYERS) else {
            return Ok(false);
        };
        let mark = self.mark();
        for start in path.find(text, object.start as usize)? {
            self.unwrapped(text, &mut Scanner::at(text.as_bytes(), start), layer)?;
        }
        Ok(self.has_told(&mark))
    }

    /// Opens the next value. What stands beside events there and is no JSON, such as times, is
    /// none of them.
    fn unwrapped(
        &mut self,
        text: &str,
        scanner: &mut Scanner<'_>,
        layer: u32,
    ) -> Result<(), Unreadable> {
        match scanner.peek()? {
            Kind::Array => {
                let mut first = true;
                scanner.enter_array()?;
                while scanner.next_element(&mut first)? {
                    self.unwrapped(text, scanner, layer)?;
                }
                Ok(())
            }
            Kind::Object => self.value(text, scanner, &Damaged::default(), layer + 1),
            Kind::String => {
                let content = scanner.string()?.span.of(text);
                if !self.inner(content, layer)? && may_be_json(content) {
                    self.push(&format!("\"{content}\""))?;
                }
                Ok(())
            }
            _ => Ok(scanner.skip().map(|_| ())?),
        }
    }

    /// An event that is embedded as a string.
    fn embedded(&mut self, content: &str) -> Result<(), Unreadable> {
        // The event is unescaped beside the texts.
        self.check_heap(2 * content.len())?;
        self.found += 1;
        let (mut event, mut is_unicode) = unescape(content);
        // It may be the text of a text.
        if is_unicode && event.starts_with('"') && is_one_value(&event) {
            let inside = Scanner::new(event.as_bytes()).string()?.span;
            let (text, is) = unescape(inside.of(&event));
            (event, is_unicode) = (text.into_owned().into(), is);
        }
        match is_unicode && is_one_value(&event) {
            true => self.push(&event),
            false => self.push(&format!("\"{content}\"")),
        }
    }

    /// Opens the JSON text in a string, if it holds a record; else nothing is changed.
    fn inner(&mut self, content: &str, layer: u32) -> Result<bool, Unreadable> {
        let content = match may_be_json(content) {
            true => content,
            false => after_head(content),
        };
        if layer >= MAX_LAYERS || !may_be_json(content) {
            return Ok(false);
        }
        self.check_heap(content.len())?;
        let (text, is_unicode) = unescape(content);
        let is_text = text.starts_with('"');
        if !is_unicode || !(is_text || begins_as_json(&text)) || !is_one_value(&text) {
            return Ok(false);
        }
        let mark = self.mark();
        self.taken += text.len();
        self.values(&text, &Damaged::default(), layer + 1)?;
        self.taken -= text.len();
        Ok(self.has_told(&mark))
    }
}

/// Whether only white space is left; marks of UTF-8 are passed over, which files have that were
/// put together.
fn is_at_end<'t>(text: &'t str, scanner: &mut Scanner<'t>) -> bool {
    while !scanner.is_at_end() {
        let at = scanner.position();
        if !text[at..].starts_with(BYTE_ORDER_MARK) {
            return false;
        }
        *scanner = Scanner::at(text.as_bytes(), at + BYTE_ORDER_MARK.len_utf8());
    }
    true
}

/// A line or message without what programs put before an object, or a list of them: a time, the name
/// of a log stream, the head of syslog.
fn after_head(text: &str) -> &str {
    let Some(at) = text.find('{') else {
        return text;
    };
    let is_list = text[..at].ends_with('[');
    &text[at - usize::from(is_list)..]
}

/// Whether a string's content may be an object or list when its escapes are read.
fn may_be_json(content: &str) -> bool {
    begins_as_json(content) || content.trim_start().starts_with('\\')
}

fn begins_as_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// Whether the text is a single JSON value also when it stands as deep as records do.
fn is_one_value(text: &str) -> bool {
    let mut scanner = Scanner::new(text.as_bytes()).within(RECORD_DEPTH);
    scanner.skip().and_then(|_| scanner.finish()).is_ok()
}

/// Whether the text is such values one after another.
fn are_values(text: &str) -> bool {
    let mut scanner = Scanner::new(text.as_bytes()).within(RECORD_DEPTH);
    while !is_at_end(text, &mut scanner) {
        if scanner.skip().is_err() {
            return false;
        }
    }
    true
}
