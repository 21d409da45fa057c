//! One record → cells, in one pass over its JSON.
//!
//! Records nearly always hold what is documented, spelled as documented. This pass takes
//! those; at the first surprise inside a struct it drops the record's cells and leaves the
//! record to `careful`.

use jiff::Timestamp;

use crate::cloudtrail::{
    Damaged, Document, EARLIEST, EventTime, Unreadable, for_each_record, parse_event_time,
};
use crate::json::{JsonError, Kind, Scanner, Span, StringToken, unescape};

use super::cells::{Cell, MAX_TEXT, Reject, RejectReason, Row, Rows, cell_text};
use super::schema::Schema;
use super::shape::{Fields, Node, Slot};

/// Takes a document's records apart.
///
/// `source` is what the rows' `sourcefile` says; an eventTime after `latest` is refused.
pub fn shred(
    schema: &Schema,
    document: Document,
    source: &str,
    latest: Timestamp,
) -> Result<Rows, Unreadable> {
    if document.text.len() > MAX_TEXT {
        return Err(Unreadable::TooLarge {
            cap: MAX_TEXT as u64,
        });
    }
    let mut shredder = Shredder::new(schema, &document.text, latest);
    for_each_record(&document, |scanner, damaged| {
        shredder.record(scanner, damaged)
    })?;
    let Shredder {
        arena,
        cells,
        rows,
        rejects,
        ..
    } = shredder;
    Ok(Rows {
        text: document.text,
        arena,
        cells,
        rows,
        rejects,
        source: source.to_owned(),
        known: schema.known,
    })
}

/// Why the one pass over a record ends early.
enum Stop {
    NotJson(JsonError),
    /// The record holds something that `careful` has to judge.
    Surprise,
}

impl From<JsonError> for Stop {
    fn from(error: JsonError) -> Self {
        Self::NotJson(error)
    }
}

/// The state of the walk over one document.
pub(super) struct Shredder<'d> {
    pub(super) schema: &'d Schema,
    pub(super) text: &'d str,
    pub(super) arena: String,
    pub(super) cells: Vec<Cell>,
    /// The scope that each contest of the trie was last won in.
    pub(super) winners: Vec<u32>,
    /// Whether what is flattened is a struct that may have duplicate names, of which the
    /// last counts; of those in JSON text the first does.
    pub(super) last_counts: bool,
    last_scope: u32,
    latest: Timestamp,
    rows: Vec<Row>,
    rejects: Vec<Reject>,
    count: u64,
    /// The keys of the map at hand.
    map_keys: Vec<Span>,
}

/// Maps of more keys are left to `careful`, whose look for duplicates does not get slow.
const MAX_PLAIN_KEYS: usize = 16;

impl<'d> Shredder<'d> {
    fn new(schema: &'d Schema, text: &'d str, latest: Timestamp) -> Self {
        Self {
            schema,
            text,
            arena: String::new(),
            // A little more than usual records need, so that it seldom grows.
            cells: Vec::with_capacity(text.len() / 32),
            winners: vec![0; schema.trie.contests],
            last_counts: false,
            last_scope: 0,
            latest,
            rows: Vec::with_capacity(text.len() / 1024),
            rejects: Vec::new(),
            count: 0,
            map_keys: Vec::new(),
        }
    }

    fn record(
        &mut self,
        scanner: &mut Scanner<'_>,
        damaged: Option<&Damaged>,
    ) -> Result<(), Unreadable> {
        let index = self.count;
        self.count += 1;
        let first_cell = self.cells.len();
        let kind = scanner.peek()?;
        let start = scanner.position();
        let record = if kind == Kind::Object {
            self.object(scanner)?
        } else {
            scanner.skip()?
        };
        debug_assert_eq!(record.start as usize, start);
        if self.arena.len() > MAX_TEXT {
            return Err(Unreadable::TooLarge {
                cap: MAX_TEXT as u64,
            });
        }
        let judged = match (damaged, kind) {
            (Some(_), _) => Err(RejectReason::InvalidUtf8),
            (None, Kind::Object) => self.judge(first_cell),
            (None, _) => Err(RejectReason::NotAnObject),
        };
        match judged {
            Ok(time) => {
                let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                let mut cells = self.cells.iter().skip(first_cell);
                let event_id = cells.find(|cell| cell.slot == self.schema.known.event_id);
                self.rows.push(Row {
                    millis: time.millis,
                    date: time.date,
                    index,
                    record,
                    cells: (narrow(first_cell), narrow(self.cells.len())),
                    event_id: event_id.copied(),
                });
            }
            Err(reason) => {
                let value = |slot| self.value(first_cell, slot).map(str::to_owned);
                let known = self.schema.known;
                let delivered = damaged.map_or(record.of(self.text).as_bytes(), |d| &d.bytes);
                self.rejects.push(Reject {
                    index,
                    reason,
                    record: delivered.to_vec(),
                    recipient_account: value(known.recipient_account),
                    identity_account: value(known.identity_account),
                    aws_region: value(known.aws_region),
                });
                self.cells.truncate(first_cell);
            }
        }
        Ok(())
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
        let mut cells = self.cells.get(first_cell..)?.iter();
        let cell = cells.find(|cell| cell.slot == slot)?;
        Some(cell_text(*cell, self.text, &self.arena))
    }

    fn object(&mut self, scanner: &mut Scanner<'_>) -> Result<Span, JsonError> {
        let start = scanner.clone();
        let (cells, arena) = (self.cells.len(), self.arena.len());
        let scope = self.new_scope();
        let schema = self.schema;
        match self.fields(scanner, &schema.record, Some(scope)) {
            Ok(()) => Ok(Span {
                start: u32::try_from(start.position()).unwrap_or(u32::MAX),
                end: u32::try_from(scanner.position()).unwrap_or(u32::MAX),
            }),
            Err(Stop::NotJson(error)) => Err(error),
            Err(Stop::Surprise) => {
                self.cells.truncate(cells);
                self.arena.truncate(arena);
                *scanner = start;
                let record = scanner.skip()?;
                self.careful_record(record)?;
                Ok(record)
            }
        }
    }

    /// Passes the members of a struct; `scope` is given at the top level.
    fn fields(
        &mut self,
        scanner: &mut Scanner<'_>,
        fields: &Fields,
        scope: Option<u32>,
    ) -> Result<(), Stop> {
        let mut seen: u64 = 0;
        let mut first = true;
        scanner.enter_object()?;
        while let Some(key) = scanner.next_key(&mut first)? {
            let Some((index, true)) = fields.find(key.span.of(self.text).as_bytes()) else {
                return Err(Stop::Surprise);
            };
            if seen >> index & 1 == 1 {
                return Err(Stop::Surprise);
            }
            seen |= 1 << index;
            let Some(field) = fields.fields.get(index) else {
                return Err(Stop::Surprise);
            };
            let kind = scanner.peek()?;
            if kind == Kind::Null {
                scanner.skip()?;
                continue;
            }
            let root = scope.and(self.schema.roots.get(index).copied().flatten());
            if let (Some(root), Some(scope)) = (root, scope) {
                if let Node::Json(slot) = field.node {
                    let span = self.flatten(scanner, root, scope)?;
                    self.cells.push(Cell::of(slot, span));
                    continue;
                }
                self.flatten(&mut scanner.clone(), root, scope)?;
            }
            self.node(scanner, &field.node, kind)?;
        }
        Ok(())
    }

    fn node(&mut self, scanner: &mut Scanner<'_>, node: &Node, kind: Kind) -> Result<(), Stop> {
        match (node, kind) {
            (Node::Text(slot), Kind::String) => {
                let token = scanner.string()?;
                if !self.string_cell(*slot, token) {
                    return Err(Stop::Surprise);
                }
            }
            (Node::Boolean(slot), Kind::Bool) | (Node::Json(slot), _) => {
                let span = scanner.skip()?;
                self.cells.push(Cell::of(*slot, span));
            }
            (Node::Struct { present, fields }, Kind::Object) => {
                self.cells.push(Cell::marker(*present));
                self.fields(scanner, fields, None)?;
            }
            (
                Node::Structs {
                    list,
                    element,
                    fields,
                },
                Kind::Array,
            ) => {
                self.cells.push(Cell::marker(*list));
                let mut first = true;
                scanner.enter_array()?;
                while scanner.next_element(&mut first)? {
                    match scanner.peek()? {
                        Kind::Object => {
                            self.cells.push(Cell::present(*element));
                            self.fields(scanner, fields, None)?;
                        }
                        Kind::Null => {
                            self.cells.push(Cell::marker(*element));
                            scanner.skip()?;
                        }
                        _ => return Err(Stop::Surprise),
                    }
                }
            }
            (
                Node::Map {
                    list,
                    key,
                    value,
                    text,
                },
                Kind::Object,
            ) => {
                let span = scanner.clone().skip()?;
                self.cells.push(Cell::of(*text, span));
                self.cells.push(Cell::marker(*list));
                self.map(scanner, *key, *value)?;
            }
            _ => return Err(Stop::Surprise),
        }
        Ok(())
    }

    fn map(
        &mut self,
        scanner: &mut Scanner<'_>,
        key_slot: Slot,
        value_slot: Slot,
    ) -> Result<(), Stop> {
        self.map_keys.clear();
        let mut first = true;
        scanner.enter_object()?;
        while let Some(key) = scanner.next_key(&mut first)? {
            let name = key.span.of(self.text);
            let mut known = self.map_keys.iter();
            if key.escaped
                || self.map_keys.len() == MAX_PLAIN_KEYS
                || known.any(|known| known.of(self.text) == name)
            {
                return Err(Stop::Surprise);
            }
            self.map_keys.push(key.span);
            self.cells.push(Cell::of(key_slot, key.span));
            match scanner.peek()? {
                Kind::String => {
                    let token = scanner.string()?;
                    if !self.string_cell(value_slot, token) {
                        return Err(Stop::Surprise);
                    }
                }
                Kind::Null => {
                    scanner.skip()?;
                }
                _ => return Err(Stop::Surprise),
            }
        }
        Ok(())
    }

    /// Adds a string's text as a cell; gives whether it was Unicode.
    #[inline]
    pub(super) fn string_cell(&mut self, slot: Slot, token: StringToken) -> bool {
        if !token.escaped {
            self.cells.push(Cell::of(slot, token.span));
            return true;
        }
        let (text, is_unicode) = unescape(token.span.of(self.text));
        self.arena_cell(slot, &text);
        is_unicode
    }

    /// Adds a cell whose text stands nowhere in the document.
    pub(super) fn arena_cell(&mut self, slot: Slot, text: &str) {
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let start = self.arena.len();
        self.arena.push_str(text);
        let span = Span {
            start: narrow(start),
            end: narrow(self.arena.len()),
        };
        self.cells.push(Cell::in_arena(slot, span));
    }

    #[inline]
    pub(super) fn new_scope(&mut self) -> u32 {
        self.last_scope = self.last_scope.wrapping_add(1);
        self.last_scope
    }
}
