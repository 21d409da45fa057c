//! What becomes of one record: a row, or a reject.

use std::num::NonZeroU32;

use crate::cloudtrail::{EARLIEST, EventTime, Unreadable, parse_event_time};
use crate::json::{Kind, Scanner, Span};

use super::cells::{Cell, MAX_TEXT};
use super::object_rows::{RowEntry, id_hash};
use super::objects::narrow;
use super::reject_reason::{RejectEntry, RejectReason};
use super::shape::Slot;
use super::shred::Shredder;

/// What a reject takes besides its record when it is written down.
const REJECT_BYTES: usize = 256;

impl Shredder<'_> {
    /// Takes the next record apart.
    pub(super) fn record(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Unreadable> {
        let index = self.count;
        self.count += 1;
        let (first_cell, arena) = (self.cells.len(), self.arena.len());
        let kind = scanner.peek()?;
        let record = if kind == Kind::Object {
            self.object(scanner)?
        } else {
            scanner.skip()?
        };
        let damaged = &self.document.damaged;
        let delivered = match damaged.is_empty() {
            true => None,
            false => damaged.delivered(record),
        };
        let judged = match (kind, delivered) {
            (_, Some(bytes)) => Err(match std::str::from_utf8(bytes) {
                Ok(_) if Scanner::new(bytes).skip().is_ok() => RejectReason::NotAnEvent,
                Ok(_) => RejectReason::NotJson,
                Err(_) => RejectReason::InvalidUtf8,
            }),
            (Kind::Object, None) => self.judge(first_cell),
            (_, None) => Err(RejectReason::NotAnObject),
        };
        let may_be_queried = std::mem::take(&mut self.has_text_for_object);
        match judged {
            Ok(time) => {
                self.has_wrapper |= may_be_queried;
                self.add_row(index, record, first_cell, time);
            }
            Err(reason) => self.add_reject(index, record, (first_cell, arena), reason),
        }
        if self.allowance.is_exhausted() || self.arena.len() > MAX_TEXT {
            return Err(Unreadable::TooMuchMemory);
        }
        Ok(())
    }

    fn add_row(&mut self, index: u32, record: Span, first_cell: usize, time: EventTime) {
        let known = self.schema.known;
        let (mut event_id, mut hash, mut names, mut region) = (None, 0, [0; 3], None);
        for (number, cell) in (1..).zip(&self.cells[first_cell..]) {
            if cell.slot == known.event_id {
                event_id = NonZeroU32::new(number);
                hash = id_hash(cell.bytes(self.text, &self.arena));
            } else if cell.slot == known.event_source {
                names[0] = number;
                // What S3, SQS or SNS tell is no event of CloudTrail.
                let source = cell.bytes(self.text, &self.arena);
                self.has_wrapper |= source.starts_with(b"aws:");
            } else if cell.slot == known.event_name {
                names[1] = number;
            } else if cell.slot == known.identity_arn {
                names[2] = number;
            } else if cell.slot == known.aws_region {
                region = Some(*cell);
            }
        }
        let text = |cell: Cell| cell.bytes(self.text, &self.arena);
        match self.rows.is_empty() {
            true => self.region = region,
            false if self.region.map(text) != region.map(text) => self.region = None,
            false => {}
        }
        if names[1] == 0 && event_id.is_none() {
            self.has_hollow |= self.value(first_cell, known.event_version).is_none();
        }
        let row = RowEntry {
            millis: time.millis,
            date: time.date,
            index,
            record,
            cells: (narrow(first_cell), narrow(self.cells.len())),
            event_id,
            id_hash: hash,
            names,
        };
        self.allowance.push(&mut self.rows, row);
    }

    /// Of a reject's cells those stay that name its lane.
    fn add_reject(
        &mut self,
        index: u32,
        record: Span,
        (first_cell, arena): (usize, usize),
        reason: RejectReason,
    ) {
        let known = self.schema.known;
        let mut kept = first_cell;
        for slot in [
            known.recipient_account,
            known.identity_account,
            known.aws_region,
        ] {
            let mut rest = kept..self.cells.len();
            if let Some(at) = rest.find(|at| self.cells[*at].slot == slot) {
                self.cells.swap(kept, at);
                kept += 1;
            }
        }
        self.cells.truncate(kept);
        let kept = &self.cells[first_cell..];
        if !kept.iter().any(|cell| cell.is_in_arena()) {
            self.arena.truncate(arena);
        }
        let reject = RejectEntry {
            index,
            record,
            cells: (narrow(first_cell), kept.len() as u8),
            reason,
        };
        self.allowance.push(&mut self.rejects, reject);
        self.allowance.reserve(REJECT_BYTES + record.len());
    }

    /// The record's time, or why it is no row.
    fn judge(&self, first_cell: usize) -> Result<EventTime, RejectReason> {
        let text = self
            .value(first_cell, self.schema.known.event_time)
            .ok_or(RejectReason::NoEventTime)?;
        let time = parse_event_time(text).ok_or(RejectReason::BadEventTime)?;
        if time.date < EARLIEST {
            Err(RejectReason::TooEarly)
        } else if time.millis > self.latest.as_millisecond() {
            Err(RejectReason::TooLate)
        } else {
            Ok(time)
        }
    }

    fn value(&self, first_cell: usize, slot: Slot) -> Option<&str> {
        let mut cells = self.cells[first_cell..].iter();
        let cell = cells.find(|cell| cell.slot == slot)?;
        Some(cell.text(self.text, &self.arena))
    }
}
