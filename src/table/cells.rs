//! The records of one raw object, taken apart.

use jiff::civil::Date;

use crate::json::Span;

use super::schema::Known;
use super::shape::Slot;
use crate::lane::Lane;

/// Marks a cell whose text is in the arena, not in the object's text.
const IN_ARENA: u32 = 1 << 31;

/// The bytes that a text or an arena may have.
pub(crate) const MAX_TEXT: usize = IN_ARENA as usize - 1;

/// One value of one record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) slot: Slot,
    start: u32,
    len: u32,
}

impl Cell {
    /// A value whose bytes stand in the object's text.
    #[inline]
    pub(crate) fn of(slot: Slot, span: Span) -> Self {
        Self {
            slot,
            start: span.start,
            len: span.end - span.start,
        }
    }

    /// A value whose bytes stand in the arena.
    pub(crate) fn in_arena(slot: Slot, span: Span) -> Self {
        Self {
            start: span.start | IN_ARENA,
            ..Self::of(slot, span)
        }
    }

    /// A marker.
    #[inline]
    pub(crate) fn marker(slot: Slot) -> Self {
        Self {
            slot,
            start: 0,
            len: 0,
        }
    }

    /// A marker that is not empty.
    pub(crate) fn present(slot: Slot) -> Self {
        Self {
            slot,
            start: 0,
            len: 1,
        }
    }

    /// Whether this is [`Cell::marker`] or an empty text.
    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// One record that became a row.
#[derive(Debug, Clone)]
pub struct Row {
    /// eventTime in milliseconds since the epoch.
    pub millis: i64,
    /// The UTC date of eventTime.
    pub date: Date,
    /// The record's position in its object, from 0.
    pub index: u64,
    pub(crate) record: Span,
    pub(crate) cells: (u32, u32),
    /// The cell of its eventID: asked for again and again.
    pub(crate) event_id: Option<Cell>,
}

/// One record that became none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The record's position in its object, from 0.
    pub index: u64,
    /// Why it is no row.
    pub reason: RejectReason,
    /// The record's bytes as delivered.
    pub record: Vec<u8>,
    /// Its `recipientAccountId`, if it has one.
    pub recipient_account: Option<String>,
    /// Its `userIdentity.accountId`, if it has one.
    pub identity_account: Option<String>,
    /// Its `awsRegion`, if it has one.
    pub aws_region: Option<String>,
}

impl Reject {
    /// The lane that the record names.
    pub fn lane(&self) -> Lane {
        Lane::of_record(
            self.recipient_account.as_deref(),
            self.identity_account.as_deref(),
            self.aws_region.as_deref(),
        )
    }
}

/// Why a record is no row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RejectReason {
    /// It is some other JSON value.
    #[error("not a JSON object")]
    NotAnObject,
    /// It has no eventTime, or a null one.
    #[error("no eventTime")]
    NoEventTime,
    /// Its eventTime is no time.
    #[error("eventTime is not RFC 3339")]
    BadEventTime,
    /// Its eventTime is before CloudTrail.
    #[error("eventTime is before 2013-01-01")]
    TooEarly,
    /// Its eventTime is after it was delivered.
    #[error("eventTime is more than a day after delivery")]
    TooLate,
    /// It is not UTF-8.
    #[error("invalid UTF-8")]
    InvalidUtf8,
}

impl RejectReason {
    /// x
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAnObject => "not_an_object",
            Self::NoEventTime => "no_event_time",
            Self::BadEventTime => "bad_event_time",
            Self::TooEarly => "too_early",
            Self::TooLate => "too_late",
            Self::InvalidUtf8 => "invalid_utf8",
        }
    }
}

/// The records of one raw object: its rows as cells, and its rejects.
#[derive(Debug, Clone)]
pub struct Rows {
    pub(crate) text: String,
    pub(crate) arena: String,
    pub(crate) cells: Vec<Cell>,
    pub(crate) rows: Vec<Row>,
    pub(crate) rejects: Vec<Reject>,
    pub(crate) source: String,
    pub(crate) known: Known,
}

impl Rows {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows; there may be rejects.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A row, in the order of the object.
    pub fn row(&self, index: usize) -> Option<&Row> {
        self.rows.get(index)
    }

    /// All rows, in the order of the object.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The records that became no row, in the order of the object.
    pub fn rejects(&self) -> &[Reject] {
        &self.rejects
    }

    /// What `sourcefile` says.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The record's eventID.
    pub fn event_id(&self, row: usize) -> Option<&str> {
        let cell = self.rows.get(row)?.event_id?;
        Some(self.text_of(cell))
    }

    /// The record's recipientAccountId.
    pub fn recipient_account(&self, row: usize) -> Option<&str> {
        self.value(row, self.known.recipient_account)
    }

    /// The record's userIdentity.accountId.
    pub fn identity_account(&self, row: usize) -> Option<&str> {
        self.value(row, self.known.identity_account)
    }

    /// The record's awsRegion.
    pub fn aws_region(&self, row: usize) -> Option<&str> {
        self.value(row, self.known.aws_region)
    }

    /// The record as delivered: its JSON text.
    pub fn record_text(&self, row: usize) -> &str {
        self.rows
            .get(row)
            .map_or("", |row| row.record.of(&self.text))
    }

    /// The bytes that the rows keep on the heap.
    pub fn heap_bytes(&self) -> usize {
        let rejects: usize = self.rejects.iter().map(|reject| reject.record.len()).sum();
        self.text.capacity()
            + self.arena.capacity()
            + self.cells.capacity() * size_of::<Cell>()
            + self.rows.capacity() * size_of::<Row>()
            + self.rejects.capacity() * size_of::<Reject>()
            + rejects
    }

    /// The cells of a row.
    #[inline]
    pub(crate) fn cells(&self, row: usize) -> &[Cell] {
        self.rows.get(row).map_or(&[], |row| {
            self.cells
                .get(row.cells.0 as usize..row.cells.1 as usize)
                .unwrap_or_default()
        })
    }

    /// The first value of a slot in a row.
    pub(crate) fn value(&self, row: usize, slot: Slot) -> Option<&str> {
        let cell = self.cells(row).iter().find(|cell| cell.slot == slot)?;
        Some(cell_text(*cell, &self.text, &self.arena))
    }

    /// The text of one of the cells.
    #[inline]
    pub(crate) fn text_of(&self, cell: Cell) -> &str {
        cell_text(cell, &self.text, &self.arena)
    }
}

/// The text of a cell, given the two places where it can stand.
#[inline]
pub(crate) fn cell_text<'t>(cell: Cell, text: &'t str, arena: &'t str) -> &'t str {
    let from = if cell.start & IN_ARENA == 0 {
        text
    } else {
        arena
    };
    let start = (cell.start & !IN_ARENA) as usize;
    from.get(start..start + cell.len as usize)
        .unwrap_or_default()
}
