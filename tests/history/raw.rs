//! Raw records and objects, and what is to become of them.

use cloudtrail2parquet::lane::{Account, Lane};
use flate2::{Compression, write::GzEncoder};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use std::io::Write as _;

/// The lanes of the histories.
pub(crate) const LANES: [(&str, &str); 3] = [
    ("111111111111", "us-east-1"),
    ("111111111111", "eu-west-1"),
    ("222222222222", "us-east-1"),
];

/// Delivery and event days: two months.
pub(crate) const DAYS: [&str; 4] = ["2024-05-30", "2024-05-31", "2024-06-01", "2024-06-02"];

/// A lane of the histories.
pub(crate) fn lane(index: u8) -> Lane {
    let (account, region) = LANES[usize::from(index) % LANES.len()];
    Lane::parse(account, region).unwrap()
}

/// The lane of records that name none.
pub(crate) fn home() -> Lane {
    Lane::unknown()
}

/// What stands for a record's lane where it names only the region.
pub(crate) const NAMELESS: u8 = LANES.len() as u8;

/// Account and region that a record of a lane names.
fn named(lane: u8) -> (Option<&'static str>, &'static str) {
    match lane {
        NAMELESS => (None, LANES[0].1),
        lane => {
            let (account, region) = LANES[usize::from(lane) % LANES.len()];
            (Some(account), region)
        }
    }
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// Equal `id`, `variant` and `lane` are the same event, whatever the `spelling`.
    Event {
        id: Option<u8>,
        variant: u8,
        lane: u8,
        spelling: u8,
    },
    /// It has no eventTime.
    Timeless { lane: u8 },
    /// It is no object.
    Number(u8),
}

impl Record {
    /// The day and hour of the event.
    fn time(id: Option<u8>, variant: u8) -> (&'static str, u8) {
        let later = if variant < 4 { variant / 2 } else { 0 };
        let day = usize::from(id.unwrap_or(1) + later) % DAYS.len();
        let hour = match variant {
            0 | 2 => 6,
            1 | 3 => 18,
            // Every hour of the day.
            variant => (variant - 4) % 24,
        };
        (DAYS[day], hour)
    }

    /// Its JSON text.
    pub(crate) fn text(&self) -> String {
        let Record::Event {
            id,
            variant,
            lane,
            spelling,
        } = *self
        else {
            return match *self {
                Record::Timeless { lane } => {
                    let (account, region) = named(lane);
                    json!({"eventName": "Timeless", "recipientAccountId": account, "awsRegion": region}).to_string()
                }
                Record::Number(number) => number.to_string(),
                Record::Event { .. } => unreachable!(),
            };
        };
        let (account, region) = named(lane);
        let (day, hour) = Self::time(id, variant);
        let parameters = match spelling % 2 {
            0 => format!(r#"{{"variant":{variant},"none":null}}"#),
            _ => format!(r#"{{ "none":null,"variant":{variant} }}"#),
        };
        let mut members = vec![
            r#""eventVersion":"1.11""#.to_owned(),
            format!(r#""eventTime":"{day}T{hour:02}:00:00Z""#),
            r#""eventSource":"iam.amazonaws.com""#.to_owned(),
            format!(r#""eventName":"Event{}""#, variant % 2),
            format!(r#""awsRegion":"{region}""#),
            format!(r#""requestParameters":{parameters}"#),
            r#""futureMember":{"deep":[1.50,null]}"#.to_owned(),
        ];
        match id {
            // The same text, but another record: a number is no string.
            Some(4) if variant % 2 == 1 => members.push(r#""eventID":4"#.into()),
            Some(id) => members.push(format!(r#""eventID":"{id}""#)),
            None => {}
        }
        if let Some(account) = account {
            members.push(format!(r#""recipientAccountId":"{account}""#));
        }
        if variant > 0 {
            let user = variant % 3;
            members.push(format!(
                r#""userIdentity":{{"arn":"arn:aws:iam::user/{user}"}}"#
            ));
        }
        if spelling.is_multiple_of(3) {
            members.push(r#""errorCode":null"#.into());
        }
        let by = usize::from(spelling) % members.len();
        members.rotate_left(by);
        format!("{{{}}}", members.join(","))
    }

    /// The lane that it names; what it does not name is as a run was told.
    pub(crate) fn lane(&self, account_of_unknown: Option<Account>) -> Lane {
        let (account, region) = match *self {
            Record::Event { lane, .. } | Record::Timeless { lane } => {
                let (account, region) = named(lane);
                (account, Some(region))
            }
            Record::Number(_) => (None, None),
        };
        let lane = Lane::of_record(account, None, region);
        match account_of_unknown.filter(|_| account.is_none()) {
            Some(account) => Lane { account, ..lane },
            None => lane,
        }
    }

    /// Whether it names its account.
    pub(crate) fn names_account(&self) -> bool {
        self.lane(None).account != home().account
    }

    /// The date of its row; none if it is a reject of an object delivered then, or read then
    /// where its key tells no delivery.
    pub(crate) fn row_date(
        &self,
        delivered: Option<(&str, u8)>,
        read_at: Timestamp,
    ) -> Option<&'static str> {
        let Record::Event { id, variant, .. } = *self else {
            return None;
        };
        let (day, hour) = Self::time(id, variant);
        let at = |day: &str, hour: u8| -> Timestamp {
            format!("{day}T{hour:02}:00:00Z").parse().unwrap()
        };
        let base = delivered.map_or(read_at, |(day, hour)| at(day, hour));
        (at(day, hour) <= base + SignedDuration::from_hours(24)).then_some(day)
    }

    /// Whether copies of it are duplicates.
    pub(crate) fn has_id(&self) -> bool {
        matches!(self, Record::Event { id: Some(_), .. })
    }
}

/// A record as a text that is the same for equal records.
pub(crate) fn canonical(record: &str) -> String {
    let value: Value = serde_json::from_str(record).unwrap();
    let Value::Object(members) = value else {
        return value.to_string();
    };
    let present = members.into_iter().filter(|(_, value)| !value.is_null());
    sorted(Value::Object(present.collect())).to_string()
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .into_iter()
                .map(|(name, value)| (name, sorted(value)))
                .collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(Map::from_iter(members))
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// Where an object is delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Under a lane's prefix, with a date.
    Lane {
        lane: u8,
        tree: u8,
        insight: bool,
        day: u8,
    },
    /// Under a lane's prefix, but its key names no day.
    Stray { lane: u8 },
    /// Somewhere else.
    Dump,
    /// Where another was, below another folder.
    Moved(Box<Place>, String),
}

impl Place {
    /// The key of the `number`th object.
    pub(crate) fn key(&self, number: usize) -> String {
        let minute = number * 37 % 60;
        match *self {
            Place::Lane {
                lane,
                tree,
                insight,
                day,
            } => {
                let (account, region) = LANES[usize::from(lane) % LANES.len()];
                let tree = [
                    "AWSLogs/",
                    "AWSLogs/o-abcdefgh12/",
                    "o-abcdefgh12/AWSLogs/o-abcdefgh12/",
                ][usize::from(tree) % 3];
                let folder = if insight {
                    "CloudTrail-Insight"
                } else {
                    "CloudTrail"
                };
                let day = DAYS[usize::from(day) % DAYS.len()];
                format!(
                    "{tree}{account}/{folder}/{region}/{}/{account}_{folder}_{region}_{}T12{minute:02}Z_{number:04}.json.gz",
                    day.replace('-', "/"),
                    day.replace('-', ""),
                )
            }
            Place::Stray { lane } => {
                let (account, region) = LANES[usize::from(lane) % LANES.len()];
                format!("AWSLogs/{account}/CloudTrail/{region}/copied/{number:04}.json.gz")
            }
            Place::Dump => format!("dump/{minute:02}/{number:04}.json.gz"),
            Place::Moved(_, ref key) => format!("mounted elsewhere/{number}/{key}"),
        }
    }

    /// The lane of the key, if it names one.
    pub(crate) fn lane(&self) -> Option<Lane> {
        match *self {
            Place::Lane { lane: of, .. } => Some(lane(of)),
            Place::Stray { .. } | Place::Dump => None,
            Place::Moved(ref from, _) => from.lane(),
        }
    }

    /// Day and hour of delivery, if the key tells.
    pub(crate) fn delivered(&self) -> Option<(&'static str, u8)> {
        match *self {
            Place::Lane { day, .. } => Some((DAYS[usize::from(day) % DAYS.len()], 12)),
            Place::Stray { .. } | Place::Dump => None,
            Place::Moved(ref from, _) => from.delivered(),
        }
    }
}

/// How the records are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `{"Records":[…]}`, gzip.
    Delivered,
    /// One record a line, not compressed.
    Lines,
    /// As delivered, but cut short: it cannot be read.
    Truncated,
    /// No JSON: it cannot be read either, for another reason.
    Garbage,
    /// JSON without a record: it is left where no key of a log's says that it must have some.
    Note,
    /// All below [`UNWRAP`]: without that path it is like a note.
    Wrapped,
}

/// Where the events of [`Form::Wrapped`] stand.
pub(crate) const UNWRAP: &str = "note.raw";

impl Form {
    /// Whether it can be read by who looks for events at a path.
    pub(crate) fn is_readable(self, unwrap: Option<&str>) -> bool {
        match self {
            Form::Delivered | Form::Lines => true,
            Form::Wrapped => unwrap == Some(UNWRAP),
            Form::Truncated | Form::Garbage | Form::Note => false,
        }
    }

    /// What can be delivered in it: below a path stand objects, and an event among them.
    pub(crate) fn fit(self, mut records: Vec<Record>) -> (Self, Vec<Record>) {
        let is_event = |record: &Record| matches!(record, Record::Event { .. });
        match self {
            Form::Wrapped if records.iter().any(is_event) => {
                records.retain(|record| !matches!(record, Record::Number(_)));
                (self, records)
            }
            Form::Wrapped => (Form::Note, records),
            _ => (self, records),
        }
    }

    /// The object's bytes.
    pub(crate) fn pack(self, records: &[Record]) -> Vec<u8> {
        let texts: Vec<String> = records.iter().map(Record::text).collect();
        let delivered = || gzip(&format!(r#"{{"Records":[{}]}}"#, texts.join(",")));
        match self {
            // Lines that are no objects are no log.
            Form::Lines if !texts.is_empty() && texts.iter().all(|text| text.starts_with('{')) => {
                texts.join("\n").into_bytes()
            }
            Form::Delivered | Form::Lines => delivered(),
            Form::Truncated => {
                let mut bytes = delivered();
                bytes.truncate(bytes.len() - 9);
                bytes
            }
            Form::Garbage => gzip("AccessDenied"),
            Form::Note => gzip(r#"{"name":"notes"}"#),
            Form::Wrapped => gzip(&format!(r#"{{"note":{{"raw":[{}]}}}}"#, texts.join(","))),
        }
    }
}

/// One gzip member.
pub(crate) fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}
