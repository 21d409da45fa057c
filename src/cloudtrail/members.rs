//! What an object has, of what tells what it is.

use crate::json::{JsonError, Kind, Scanner, Span, StringToken, unescape};

use super::left::Left;
use super::open_document::Wrapped;

/// The members whose lists are opened.
pub(super) const LISTS: [&str; 4] = ["Records", "Events", "logEvents", "events"];

/// The columns that a query gives as text where CloudTrail has objects or lists.
const OBJECTS: [&str; 7] = [
    "useridentity",
    "requestparameters",
    "responseelements",
    "additionaleventdata",
    "serviceeventdetails",
    "tlsdetails",
    "resources",
];

/// What an object has, of what tells what it is.
#[derive(Default)]
pub(super) struct Members {
    /// Each `CloudTrailEvent`: of a text, what stands between its quotes.
    pub(super) events: Vec<(Kind, Span)>,
    /// Where each list begins that is opened.
    pub(super) lists: Vec<usize>,
    /// Where an EventBridge object's event begins; each, should it be there twice.
    pub(super) details: Vec<usize>,
    /// Each `message` text.
    pub(super) messages: Vec<StringToken>,
    /// What is opened if it holds a record.
    pub(super) wrapped: Vec<Wrapped>,
    /// Whether it has an eventTime.
    pub(super) has_time: bool,
    /// What it is, if it is known to be no record.
    pub(super) left: Option<Left>,
    has_version: bool,
    /// Whether it has the names by which `lookup-events` lists an event.
    is_listed: bool,
    /// Whether it is a message of a queue or topic.
    is_message: bool,
    has_name_or_id: bool,
}

impl Members {
    /// Reads the object that the scanner stands at.
    pub(super) fn read(text: &str, mut scanner: Scanner<'_>) -> Result<Self, JsonError> {
        let mut members = Self::default();
        let mut query = QueryRow::default();
        let (mut has_detail_type, mut first) = (false, true);
        let (mut has_listed_id, mut has_listed_name) = (false, false);
        scanner.enter_object()?;
        while let Some(key) = scanner.next_key(&mut first)? {
            let (name, _) = unescape(key.span.of(text));
            let kind = scanner.peek()?;
            let start = scanner.position();
            let mut value = scanner.clone();
            let span = scanner.skip()?;
            match (&*name, kind) {
                ("CloudTrailEvent", Kind::String) => {
                    members.events.push((kind, value.string()?.span));
                }
                ("CloudTrailEvent", _) => members.events.push((kind, span)),
                (list, Kind::Array) if LISTS.contains(&list) => members.lists.push(start),
                ("detail", Kind::Object) => members.details.push(start),
                ("detail-type", _) => has_detail_type = true,
                ("message", Kind::String) => members.messages.push(value.string()?),
                (name, _) => {
                    has_listed_id |= name == "EventId";
                    has_listed_name |= name == "EventName";
                    members.wrapped.extend(Wrapped::of(name, kind, start));
                    members.look(name, span.of(text));
                    query.look(name, kind, span.of(text));
                }
            }
        }
        if !has_detail_type {
            members.details.clear();
        }
        members.is_listed = has_listed_id && has_listed_name;
        if query.is_one() {
            members.left.get_or_insert(Left::QueryResult);
        }
        Ok(members)
    }

    fn look(&mut self, name: &str, value: &str) {
        let is = |mark: &str| name.eq_ignore_ascii_case(mark);
        self.has_version |= is("eventVersion");
        self.has_time |= is("eventTime");
        self.has_name_or_id |= is("eventName") || is("eventID");
        self.is_message |= ["TopicArn", "ReceiptHandle", "receiptHandle"].contains(&name);
        let is_aggregated = (is("eventType") && value == "\"AwsAggregatedEvent\"")
            || (is("eventCategory") && value == "\"Aggregated\"");
        if is_aggregated {
            self.left = Some(Left::Aggregated);
        } else if is("eventSource") && value.starts_with("\"aws:") {
            self.left = Some(Left::Notification);
        } else if name == "messageType" && value == "\"CONTROL_MESSAGE\"" {
            self.left = Some(Left::Control);
        }
    }

    /// What it is, if it is known to be no record and holds none.
    pub(super) fn left_as(&self) -> Option<Left> {
        self.left.or(self.is_message.then_some(Left::Notification))
    }

    /// Whether it is what `lookup-events` puts around an event, without the event.
    pub(super) fn lacks_event(&self) -> bool {
        self.events.is_empty() && self.is_listed && !self.has_version
    }

    /// Whether it is a record.
    pub(super) fn is_record(&self) -> bool {
        self.left.is_none() && (self.has_version || (self.has_time && self.has_name_or_id))
    }
}

/// What tells a row that a query gave: JSON or times as text, in small names or with nothing nested.
#[derive(Default)]
struct QueryRow {
    has_small_names: bool,
    is_nested: bool,
    has_text_for_object: bool,
    has_time_with_space: bool,
}

impl QueryRow {
    fn look(&mut self, name: &str, kind: Kind, value: &str) {
        self.has_small_names |= name == "eventtime" || name == "eventversion";
        self.is_nested |= matches!(kind, Kind::Object | Kind::Array);
        if kind == Kind::String {
            let is_time = name.eq_ignore_ascii_case("eventTime");
            self.has_time_with_space |= is_time && value.as_bytes().get(11) == Some(&b' ');
            let is_object = |object: &&str| name.eq_ignore_ascii_case(object);
            let is_text_of_one = matches!(value.as_bytes().get(1), Some(b'{' | b'['));
            self.has_text_for_object |= is_text_of_one && OBJECTS.iter().any(is_object);
        }
    }

    fn is_one(&self) -> bool {
        match (self.has_text_for_object, self.has_time_with_space) {
            (true, true) => true,
            (false, false) => false,
            // An event's caller is an object: where one is, some value is just odd.
            _ => self.has_small_names || !self.is_nested,
        }
    }
}
