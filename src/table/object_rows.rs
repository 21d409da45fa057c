//! The records of one raw object, taken apart.

use jiff::civil::Date;
use xxhash_rust::xxh3::xxh3_64;

use crate::cloudtrail::Damaged;
use crate::json::Span;
use crate::lane::Lane;

use super::cells::Cell;
use super::reject_reason::{RejectEntry, RejectReason};
use super::schema::Known;
use super::shape::Slot;

/// The records of one raw object: its rows as cells, and its rejects.
#[derive(Debug, Clone)]
pub struct ObjectRows {
    pub(super) text: String,
    pub(super) arena: String,
    pub(super) cells: Vec<Cell>,
    pub(super) rows: Vec<RowEntry>,
    pub(super) rejects: Vec<RejectEntry>,
    pub(super) damaged: Damaged,
    pub(super) source: String,
    pub(super) known: Known,
    /// The awsRegion of every row, if all have one and the same.
    pub(super) region: Option<Cell>,
    pub(super) has_wrapper: bool,
    pub(super) has_hollow: bool,
}

/// What is kept of a record that became a row.
#[derive(Debug, Clone)]
pub(super) struct RowEntry {
    pub(super) millis: i64,
    pub(super) date: Date,
    pub(super) index: u32,
    pub(super) record: Span,
    /// The first of its cells, and one past the last.
    pub(super) cells: (u32, u32),
    /// The cell of its eventID, counted from its first: asked for again and again.
    pub(super) event_id: Option<std::num::NonZeroU32>,
    /// The hash of that, taken while the text is in the cache.
    pub(super) id_hash: u64,
    /// The cells of eventSource, eventName and userIdentity.arn, counted from 1; 0 for none.
    pub(super) names: [u32; 3],
}

/// The bytes that memory is fetched by.
const CACHE_LINE: usize = 64;

impl ObjectRows {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows; there may be rejects.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A row, counted in the order of the object.
    ///
    /// # Panics
    ///
    /// If there are not so many: a number of a row comes from this object.
    #[inline]
    pub fn row(&self, index: usize) -> Row<'_> {
        Row {
            object: self,
            entry: &self.rows[index],
        }
    }

    /// All rows, in the order of the object.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        let entries = self.rows.iter();
        entries.map(|entry| Row {
            object: self,
            entry,
        })
    }

    /// Whether something in it may be no record: an object that may hold one, a notification, a
    /// row of a query.
    pub fn has_wrapper(&self) -> bool {
        self.has_wrapper
    }

    /// Whether some row has nothing that an event has but a time.
    pub fn has_hollow(&self) -> bool {
        self.has_hollow
    }

    /// Whether some object in it has no time that can be read: it may be a wrapper of another kind,
    /// or a row of a query.
    pub fn has_timeless(&self) -> bool {
        let is_timeless = |reason| {
            matches!(
                reason,
                RejectReason::NoEventTime | RejectReason::BadEventTime
            )
        };
        let mut rejects = self.rejects.iter();
        rejects.any(|reject| is_timeless(reject.reason))
    }

    /// What `sourcefile` says.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The bytes that this keeps on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.text.capacity()
            + self.arena.capacity()
            + self.cells.capacity() * size_of::<Cell>()
            + self.rows.capacity() * size_of::<RowEntry>()
            + self.rejects.capacity() * size_of::<RejectEntry>()
            + self.damaged.heap_bytes()
            + self.source.capacity()
    }

    /// The cells from one number to another.
    #[inline]
    pub(super) fn cells_between(&self, (start, end): (u32, u32)) -> &[Cell] {
        &self.cells[start as usize..end as usize]
    }

    /// The first value of a slot among some cells.
    pub(super) fn value_among(&self, cells: &[Cell], slot: Slot) -> Option<&str> {
        let cell = cells.iter().find(|cell| cell.slot == slot)?;
        Some(self.text_of(*cell))
    }

    /// The lane that the record with these cells names.
    pub(super) fn lane_among(&self, cells: &[Cell]) -> Lane {
        Lane::of_record(
            self.value_among(cells, self.known.recipient_account),
            self.value_among(cells, self.known.identity_account),
            self.value_among(cells, self.known.aws_region),
        )
    }

    /// The bytes of the text of one of the cells.
    #[inline]
    pub(super) fn bytes_of(&self, cell: Cell) -> &[u8] {
        cell.bytes(&self.text, &self.arena)
    }

    /// The text of one of the cells.
    #[inline]
    pub(super) fn text_of(&self, cell: Cell) -> &str {
        cell.text(&self.text, &self.arena)
    }
}

/// The hash by which event ids are told apart first, here and in [`event_ids`](super::event_ids).
pub(crate) fn id_hash(event_id: &[u8]) -> u64 {
    xxh3_64(event_id)
}

/// One record that became a row.
#[derive(Debug, Clone, Copy)]
pub struct Row<'o> {
    object: &'o ObjectRows,
    entry: &'o RowEntry,
}

impl<'o> Row<'o> {
    /// eventTime in milliseconds since the epoch.
    #[inline]
    pub fn millis(self) -> i64 {
        self.entry.millis
    }

    /// The UTC date of eventTime.
    pub fn date(self) -> Date {
        self.entry.date
    }

    /// The record's position in its object, from 0.
    pub fn index(self) -> u64 {
        u64::from(self.entry.index)
    }

    /// The record as delivered: its JSON text.
    pub fn record_text(self) -> &'o str {
        self.entry.record.of(&self.object.text)
    }

    /// Has the record's text brought into the cache: lines of memory asked for here are waited for
    /// together, while value after value waits for its own.
    #[inline]
    pub(super) fn fetch(self) {
        let span = self.entry.record;
        let text = &self.object.text.as_bytes()[span.start as usize..span.end as usize];
        let lines = text.iter().step_by(CACHE_LINE);
        std::hint::black_box(lines.fold(0, |all, byte| all | byte));
    }

    /// The same of its cells.
    #[inline]
    pub(super) fn fetch_cells(self) {
        let lines = self.cells().iter().step_by(CACHE_LINE / size_of::<Cell>());
        std::hint::black_box(lines.fold(0, |all, cell| all | cell.len()));
    }

    /// The bytes of the record's JSON text.
    pub fn record_len(self) -> usize {
        self.entry.record.len()
    }

    /// The hash of the record's eventID, as [`event_ids`](super::event_ids) gives it.
    #[inline]
    pub fn id_hash(self) -> Option<u64> {
        self.entry.event_id.map(|_| self.entry.id_hash)
    }

    /// The record's eventID.
    #[inline]
    pub fn event_id(self) -> Option<&'o str> {
        let at = self.entry.event_id?.get() as usize - 1;
        Some(self.object.text_of(self.cells()[at]))
    }

    /// The record's eventSource, eventName and userIdentity.arn.
    pub(super) fn names(self) -> [Option<&'o [u8]>; 3] {
        let cell = |number: u32| Some(self.cells()[(number as usize).checked_sub(1)?]);
        (self.entry.names).map(|number| Some(self.object.bytes_of(cell(number)?)))
    }

    /// The record's awsRegion.
    pub fn aws_region(self) -> Option<&'o str> {
        if let Some(region) = self.object.region {
            return Some(self.object.text_of(region));
        }
        let slot = self.object.known.aws_region;
        self.object.value_among(self.cells(), slot)
    }

    /// The lane that the record names.
    pub fn lane(self) -> Lane {
        self.object.lane_among(self.cells())
    }

    /// The object that the record is of.
    pub fn object(self) -> &'o ObjectRows {
        self.object
    }

    /// The record's values.
    #[inline]
    pub(super) fn cells(self) -> &'o [Cell] {
        self.object.cells_between(self.entry.cells)
    }
}
