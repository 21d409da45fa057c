//! Kept rejects, judged as the records that they are.

use super::batch::LaneRows;
use super::decode::{decode, latest_event_time};
use super::list::RawObject;
use crate::cloudtrail::{Limits, Rules};
use crate::failure::{Failure, Waiting};
use crate::ledger::RejectedLine;
use crate::store::Entry;
use crate::table::Schema;
use crate::work::Cpu;
use jiff::Timestamp;
use std::sync::Arc;

/// Judges the lines of rejects objects.
pub(crate) struct RejectsJudge<'j> {
    pub(crate) schema: &'j Arc<Schema>,
    pub(crate) cpu: &'j Cpu,
    pub(crate) limits: Limits,
    /// By which time events must have been.
    pub(crate) read_at: Timestamp,
}

/// A line that is a row.
pub(crate) struct JudgedLine {
    /// From 0.
    pub(crate) number: u32,
    /// The record, as a raw object by itself under the name of its own.
    pub(crate) object: RawObject,
    /// Its one row.
    pub(crate) rows: LaneRows,
}

impl RejectsJudge<'_> {
    /// The lines that are asked for and are rows, of the rejects object at `url`.
    ///
    /// # Errors
    /// [`Waiting::Ledger`] if a line is damaged.
    pub(crate) async fn rows(
        &self,
        url: &str,
        body: &[u8],
        wanted: impl Fn(u32) -> bool,
    ) -> Result<Vec<JudgedLine>, Failure> {
        let mut judged = Vec::new();
        for (number, line) in (0..).zip(body.split(|&byte| byte == b'\n')) {
            if line.is_empty() || !wanted(number) {
                continue;
            }
            let line: RejectedLine = serde_json::from_slice(line).map_err(|error| {
                let line = number + 1;
                Waiting::Ledger(format!(
                    "line {line} of {url} cannot be read ({error}): it is damaged; restore it from a backup"
                ))
            })?;
            if let Some((object, rows)) = self.judge(line).await? {
                judged.push(JudgedLine {
                    number,
                    object,
                    rows,
                });
            }
        }
        Ok(judged)
    }

    /// The record's row, if it is one.
    async fn judge(&self, line: RejectedLine) -> Result<Option<(RawObject, LaneRows)>, Failure> {
        let Some(record) = line.record else {
            return Ok(None);
        };
        let entry = Entry {
            key: line.sourcefile.clone(),
            size: record.len() as u64,
            etag: String::new(),
            modified: None,
        };
        let object = RawObject::named(entry, line.source, line.sourcefile);
        let latest = latest_event_time(&object, self.read_at);
        let (schema, limits) = (Arc::clone(self.schema), self.limits);
        let (source_file, text) = (object.source_file.clone(), record.clone());
        let rules = Rules {
            unwrap: None,
            is_log: object.lane.is_some(),
        };
        let decode = move || {
            let text = text.as_bytes();
            decode(&schema, text, limits, &source_file, latest, rules)
        };
        let Ok(decoded) = self.cpu.run(decode).await? else {
            return Ok(None);
        };
        // A record may look like a container of records; then it is none.
        let is_row = decoded.rows.rejects().len() == 0
            && decoded.rows.len() == 1
            && decoded.rows.row(0).record_text() == record.trim();
        Ok(is_row.then(|| (object, LaneRows::all(decoded))))
    }
}
