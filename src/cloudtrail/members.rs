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
    /// `CloudTrailEvent`: of a text, what stands between its quotes.
    pub(super) event: Option<(Kind, Span)>,
    /// Where each list begins that is opened.
    pub(super) lists: Vec<usize>,
    /// Where an EventBridge object's event begins.
    pub(super) detail: Option<usize>,
    /// A `message` text.
    pub(super) message: Option<StringToken>,
    /// What is opened if it holds a record.
    pub(super) wrapped: Vec<Wrapped>,
    /// Whether it has an eventTime.
    pub(super) has_time: bool,
    /// What it is, if it is known to be no record.
    pub(super) left: Option<Left>,
    has_version: bool,
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
                ("detail-type", _) => has_detail_type = true,
                ("message", Kind::String) => members.message = Some(value.string()?),
                (name, _) => {
                    members.wrapped.extend(Wrapped::of(name, kind, start));
                    members.look(name, span.of(text));
                    query.look(name, kind, span.of(text));
                }
            }
        }
        members.detail = members.detail.filter(|_| has_detail_type);
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

    /// Whether it is a record.
    pub(super) fn is_record(&self) -> bool {
        self.left.is_none() && (self.has_version || (self.has_time && self.has_name_or_id))
    }
}

/// What tells a row that a query gave: names in small letters, and JSON or times as text.
#[derive(Default)]
struct QueryRow {
    has_small_names: bool,
    has_text_for_object: bool,
    has_time_with_space: bool,
}

impl QueryRow {
    fn look(&mut self, name: &str, kind: Kind, value: &str) {
        self.has_small_names |= name == "eventtime" || name == "eventversion";
        if kind == Kind::String {
            let is_time = name.eq_ignore_ascii_case("eventTime");
            self.has_time_with_space |= is_time && value.as_bytes().get(11) == Some(&b' ');
            let is_object = |object: &&str| name.eq_ignore_ascii_case(object);
            self.has_text_for_object |= OBJECTS.iter().any(is_object);
        }
    }

    fn is_one(&self) -> bool {
        match (self.has_text_for_object, self.has_time_with_space) {
            (true, true) => true,
            (false, false) => false,
            // Names in CloudTrail's own spelling may be those of a record with one odd value.
            _ => self.has_small_names,
        }
    }
}
