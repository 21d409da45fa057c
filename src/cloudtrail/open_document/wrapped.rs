//! What is opened only if it holds a record: messages of queues and topics, and payloads of streams
//! in base64.

use super::opener::Opener;
use super::{MAX_LAYERS, are_values, begins_as_json};
use crate::cloudtrail::damaged::Damaged;
use crate::cloudtrail::inflate::inflate;
use crate::cloudtrail::limits::Limits;
use crate::cloudtrail::unreadable::Unreadable;
use crate::json::{Kind, Scanner, unescape};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Something that may hold records, and where it begins.
#[derive(Debug, Clone, Copy)]
pub(in crate::cloudtrail) enum Wrapped {
    /// A list, an object or a text of JSON.
    Json(usize),
    /// A text that is base64, perhaps of what is compressed.
    Base64(usize),
}

impl Wrapped {
    /// What a member is of that name.
    pub(in crate::cloudtrail) fn of(name: &str, kind: Kind, start: usize) -> Option<Self> {
        match (name, kind) {
            // SQS and SNS; CloudWatch Logs Insights; EventBridge that was passed on as text.
            ("body" | "Body" | "Message" | "@message", Kind::String | Kind::Object)
            | ("message", Kind::Object)
            | ("detail", Kind::String)
            // What Lambda is given of SNS, Kinesis, and subscriptions of CloudWatch Logs.
            | ("Sns" | "kinesis" | "awslogs", Kind::Object)
            // What SQS gives; what Firehose gives and takes.
            | ("Messages" | "records", Kind::Array) => Some(Self::Json(start)),
            // In `awslogs`, `kinesis` and Firehose's records; from Kinesis; what Firehose could not
            // process.
            ("data" | "Data" | "rawData", Kind::String) => Some(Self::Base64(start)),
            _ => None,
        }
    }
}

impl Opener<'_> {
    /// Opens those that hold a record, or what is known to be none; false if none does, and nothing
    /// is changed.
    pub(super) fn wrapped(
        &mut self,
        text: &str,
        members: &[Wrapped],
        layer: u32,
    ) -> Result<bool, Unreadable> {
        if layer >= MAX_LAYERS {
            return Ok(false);
        }
        let mut has_told = false;
        for &member in members {
            let mark = self.mark();
            match member {
                Wrapped::Json(start) => {
                    let mut scanner = Scanner::at(text.as_bytes(), start);
                    // A list or a text counts as a layer itself.
                    let own = u32::from(scanner.peek()? == Kind::Object);
                    self.value(text, &mut scanner, &Damaged::default(), layer + own)?;
                }
                Wrapped::Base64(start) => {
                    let token = Scanner::at(text.as_bytes(), start).string()?;
                    self.payload(token.span.of(text), layer)?;
                }
            }
            has_told |= self.has_told(&mark);
        }
        Ok(has_told)
    }

    /// Opens the values that base64 holds, if it is that.
    fn payload(&mut self, content: &str, layer: u32) -> Result<(), Unreadable> {
        self.check_heap(2 * content.len())?;
        let (encoded, _) = unescape(content);
        let Ok(packed) = STANDARD.decode(&*encoded) else {
            return Ok(());
        };
        let bytes = match inflate(&packed, self.limits_of_payloads()) {
            Ok(bytes) => bytes,
            Err(reason @ (Unreadable::TooLarge | Unreadable::TooMuchMemory)) => return Err(reason),
            Err(_) => return Ok(()),
        };
        drop(packed);
        self.inflated += bytes.len() as u64;
        let Some(text) = String::from_utf8(bytes)
            .ok()
            .filter(|text| begins_as_json(text) && are_values(text))
        else {
            return Ok(());
        };
        self.taken += text.len();
        self.values(&text, &Damaged::default(), layer + 1)?;
        self.taken -= text.len();
        Ok(())
    }

    /// All payloads of an object together may be as large as an object.
    fn limits_of_payloads(&self) -> Limits {
        let taken = (self.taken + self.out.capacity()) as u64;
        Limits {
            uncompressed: self.limits.uncompressed.saturating_sub(self.inflated),
            heap: self.limits.heap.saturating_sub(taken),
        }
    }
}
