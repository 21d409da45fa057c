//! What a file is in which no record is found.

use crate::json::{JsonError, Kind, Scanner, unescape};

use super::inflate::inflate;
use super::left::Left;
use super::limits::Limits;
use super::members::{LISTS, Members};
use super::read_document::text_of;
use super::time::parse_event_time;

/// Values of a text or list that are looked at.
const LOOKED_AT: usize = 20;

/// What every log of CloudTrail has somewhere, also as JSON in JSON.
const MARKS: [&str; 4] = [
    "\"eventVersion\"",
    "\\\"eventVersion\\\"",
    "\"eventTime\"",
    "\"CloudTrailEvent\"",
];

/// What a delivered object is in which no record was found; nothing if it looks like a damaged
/// log.
pub fn what_is_left(delivered: &[u8], limits: Limits) -> Option<Left> {
    let bytes = inflate(delivered, limits).ok()?;
    let text = match text_of(bytes, limits) {
        Ok((text, _)) => text,
        Err(_) => String::from_utf8_lossy(&inflate(delivered, limits).ok()?).into_owned(),
    };
    let text = text.trim();
    if text.is_empty() {
        return Some(Left::Empty);
    }
    if text.contains('\0') {
        return Some(Left::Binary);
    }
    let first = text.lines().next().unwrap_or_default();
    match of_values(text) {
        Ok(left) => Some(left),
        Err(_) if is_head(first) => Some(Left::QueryResult),
        Err(_) if MARKS.iter().any(|mark| text.contains(mark)) => None,
        Err(_) => Some(of_line(first)),
    }
}

/// What JSON values one after another are.
fn of_values(text: &str) -> Result<Left, JsonError> {
    let mut scanner = Scanner::new(text.as_bytes());
    let (mut left, mut seen) = (Left::Json, 0);
    while !scanner.is_at_end() {
        if seen < LOOKED_AT && left == Left::Json {
            left = of_value(text, &mut scanner.clone())?;
            seen += 1;
        }
        scanner.skip()?;
    }
    Ok(left)
}

fn of_value(text: &str, scanner: &mut Scanner<'_>) -> Result<Left, JsonError> {
    match scanner.peek()? {
        Kind::Array => {
            let (mut left, mut first, mut seen) = (Left::Json, true, 0);
            scanner.enter_array()?;
            while seen < LOOKED_AT && left == Left::Json && scanner.next_element(&mut first)? {
                left = of_value(text, &mut scanner.clone())?;
                scanner.skip()?;
                seen += 1;
            }
            Ok(left)
        }
        Kind::Object => of_object(text, scanner),
        _ => Ok(Left::Json),
    }
}

fn of_object(text: &str, scanner: &mut Scanner<'_>) -> Result<Left, JsonError> {
    if let Some(left) = Members::read(text, scanner.clone())?.left_as() {
        return Ok(left);
    }
    let mut first = true;
    scanner.enter_object()?;
    while let Some(key) = scanner.next_key(&mut first)? {
        let (name, _) = unescape(key.span.of(text));
        let kind = scanner.peek()?;
        let left = match &*name {
            "digestS3Object" => Left::Digest,
            "configurationItems" | "configurationItem" | "configSnapshotId" => Left::Config,
            "QueryResultRows" | "ResultSet" | "queryCompleteTime" => Left::QueryResult,
            "s3ObjectKey" => Left::Notification,
            list if kind == Kind::Array && (LISTS.contains(&list) || list == "Messages") => {
                of_value(text, &mut scanner.clone())?
            }
            _ => Left::Json,
        };
        let value = scanner.skip()?;
        if name == "Event" && value.of(text).starts_with("\"s3:") {
            return Ok(Left::Notification);
        }
        if left != Left::Json {
            return Ok(left);
        }
    }
    Ok(Left::Json)
}

/// Whether a line names columns that tell of events, as CSV of a query does.
fn is_head(line: &str) -> bool {
    let names = ["eventtime", "eventname", "eventid", "eventversion"];
    let name = |field: &str| field.replace(['"', ' '], "").to_ascii_lowercase();
    (line.split([',', '\t', ';'])).any(|field| names.contains(&&*name(field)))
}

/// What a text is that is no JSON, by its first line.
fn of_line(line: &str) -> Left {
    let fields: Vec<&str> = line.split_ascii_whitespace().take(3).collect();
    match fields.as_slice() {
        ["version", "account-id", ..] | [_, "account-id", ..] => Left::FlowLog,
        [_, _, interface] if interface.starts_with("eni-") => Left::FlowLog,
        [
            "http" | "https" | "h2" | "grpcs" | "ws" | "wss" | "tls",
            time,
            ..,
        ] if parse_event_time(time).is_some() => Left::LoadBalancerLog,
        _ => Left::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudtrail::gzip;

    #[test]
    fn a_file_without_a_record_is_told_by_what_it_holds() {
        for (text, left) in [
            ("", Left::Empty),
            ("\u{feff} \r\n", Left::Empty),
            (r#"{"name":"x","version":"1"}"#, Left::Json),
            ("[1,2]\n{}\n", Left::Json),
            ("hello\nworld", Left::Text),
            ("caf\u{e9}", Left::Text),
            ("PAR1\0\0", Left::Binary),
            (
                r#"{"awsAccountId":"1","digestS3Object":"x","logFiles":[]}"#,
                Left::Digest,
            ),
            (
                r#"[{"eventVersion":"1.0","eventCategory":"Aggregated","summary":{}}]"#,
                Left::Aggregated,
            ),
            (
                r#"{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","s3":{}}]}"#,
                Left::Notification,
            ),
            (
                r#"{"Type":"Notification","TopicArn":"arn:x","Message":"{}"}"#,
                Left::Notification,
            ),
            (
                r#"{"Service":"Amazon S3","Event":"s3:TestEvent"}"#,
                Left::Notification,
            ),
            (
                r#"{"fileVersion":"1.0","configurationItems":[]}"#,
                Left::Config,
            ),
            (
                r#"{"QueryResultRows":[[{"eventName":"x"}]]}"#,
                Left::QueryResult,
            ),
            (
                r#"{"eventtime":"2024-05-01 10:00:00","eventname":"x"}"#,
                Left::QueryResult,
            ),
            (
                r#"{"messageType":"CONTROL_MESSAGE","logEvents":[{"message":"x"}]}"#,
                Left::Control,
            ),
            (
                "version account-id interface-id srcaddr\n2 1 eni-1 x",
                Left::FlowLog,
            ),
            ("2 123456789010 eni-1235b8ca 172.31.16.139", Left::FlowLog),
            (
                "https 2024-05-01T22:23:00.186641Z app/x/1 10.0.0.1:1",
                Left::LoadBalancerLog,
            ),
        ] {
            let limits = Limits::of(1 << 20);
            assert_eq!(what_is_left(text.as_bytes(), limits), Some(left), "{text}");
            assert_eq!(what_is_left(&gzip(text.as_bytes()), limits), Some(left));
        }
        let limits = Limits::of(1 << 20);
        assert_eq!(
            what_is_left(b"PK\x03\x04\0\xff", limits),
            Some(Left::Binary)
        );
        assert_eq!(what_is_left(b"caf\xe9", limits), Some(Left::Text));
    }

    #[test]
    fn rows_of_a_query_as_csv_are_told_by_their_head() {
        for text in [
            "eventVersion,userIdentity,eventTime,eventName\n1.08,\"{type=Root}\",2024-05-01 10:00:00.000,X",
            "\"eventtime\",\"requestparameters\"\n\"2024-05-01T10:00:00Z\",\"{\"\"eventVersion\"\":1}\"",
            "\u{feff}Event name,AWS access key,Event ID,Event time\r\nX,AKIA,1,2024-05-01",
            "sourceipaddress\teventname\n10.0.0.1\tX",
        ] {
            let left = what_is_left(text.as_bytes(), Limits::of(1 << 20));
            assert_eq!(left, Some(Left::QueryResult), "{text}");
        }
    }

    #[test]
    fn what_looks_like_a_damaged_log_is_not_left() {
        for text in [
            r#"{"Records":[{"eventVersion":"1.08","#,
            "x\n{\"Events\":[{\"CloudTrailEvent\":\"",
            r#"{"message":"{\"eventVersion\":"#,
        ] {
            assert_eq!(what_is_left(text.as_bytes(), Limits::of(1 << 20)), None);
        }
    }
}
