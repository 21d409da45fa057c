//! One record → cells, in one pass over its JSON.
//!
//! Records nearly always hold what is documented, spelled as documented. This pass takes
//! those; at the first irregularity inside a struct it drops the record's cells and leaves
//! the record to `irregular`.

use jiff::Timestamp;

use crate::cloudtrail::{Document, Limits, Unreadable, for_each_record};
use crate::json::{JsonError, Kind, Scanner, Span, StringToken, unescape};

use super::allowance::Allowance;
use super::cells::{Cell, MAX_TEXT};
use super::object_rows::{ObjectRows, RowEntry};
use super::objects::narrow;
use super::parts::{PART_BYTES, shred_in_parts};
use super::reject_reason::RejectEntry;
use super::schema::Schema;
use super::shape::{Fields, Node, Slot};

/// Takes a document's records apart within what `limits` leaves of the heap, of which each
/// reject takes what writing it down will take as well.
///
/// `source` is what the rows' `sourcefile` says; an eventTime after `latest` is refused.
pub fn shred(
    schema: &Schema,
    document: Document,
    source: &str,
    latest: Timestamp,
    limits: Limits,
) -> Result<ObjectRows, Unreadable> {
    if document.text.len() > MAX_TEXT {
        return Err(Unreadable::TooLarge);
    }
    let walk = Walk {
        schema,
        document: &document,
        latest,
        heap: limits.heap,
        taken: document.heap_bytes() + source.len(),
    };
    let shredder = match shred_in_parts(&walk, PART_BYTES) {
        Some(shredder) => shredder,
        None => {
            let allowance = Allowance::new(walk.heap, walk.taken);
            let mut shredder = Shredder::new(&walk, allowance, document.text.len());
            for_each_record(&document, |scanner| shredder.record(scanner))?;
            shredder
        }
    };
    let Shredder {
        arena,
        cells,
        rows,
        rejects,
        region,
        has_wrapper,
        has_hollow,
        ..
    } = shredder;
    Ok(ObjectRows {
        text: document.text,
        arena,
        cells,
        rows,
        rejects,
        damaged: document.damaged,
        source: source.to_owned(),
        known: schema.known,
        region,
        has_wrapper,
        has_hollow,
    })
}

/// A document that is to be taken apart.
pub(super) struct Walk<'d> {
    pub(super) schema: &'d Schema,
    pub(super) document: &'d Document,
    pub(super) latest: Timestamp,
    /// What it may take on the heap, in bytes.
    pub(super) heap: u64,
    /// What of that is gone.
    pub(super) taken: usize,
}

/// Why the one pass over a record ends early.
enum Stop {
    NotJson(JsonError),
    /// The record holds something that `irregular` has to judge.
    Irregular,
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
    pub(super) allowance: Allowance,
    pub(super) arena: String,
    pub(super) cells: Vec<Cell>,
    /// The scope that each contest of the trie was last won in.
    pub(super) winners: Vec<u32>,
    /// Whether what is flattened is a struct that may have duplicate names, of which the
    /// last counts; of those in JSON text the first does.
    pub(super) last_counts: bool,
    last_scope: u32,
    pub(super) document: &'d Document,
    pub(super) latest: Timestamp,
    pub(super) rows: Vec<RowEntry>,
    pub(super) rejects: Vec<RejectEntry>,
    pub(super) count: u32,
    /// The awsRegion of all rows so far, if they have one and the same.
    pub(super) region: Option<Cell>,
    /// Whether an object may be no record.
    pub(super) has_wrapper: bool,
    /// Whether a row has nothing that an event has but a time.
    pub(super) has_hollow: bool,
    /// Whether the record at hand has a text where events have an object or list.
    pub(super) has_text_for_object: bool,
    /// The keys of the map at hand.
    map_keys: Vec<Span>,
    /// The member that came next the last time, see [`Fields`]. Like the strings below these
    /// only tell where to look first: a wrong one costs time.
    guesses: Vec<u8>,
    /// For each slot the last string without escapes, as a place in the text.
    last_strings: Vec<Span>,
}

/// No member: a struct has fewer.
const NO_GUESS: u8 = u8::MAX;

/// Maps of more keys are left to `irregular`, whose look for duplicates does not get slow.
const MAX_PLAIN_KEYS: usize = 16;

impl<'d> Shredder<'d> {
    /// For a text, or a part of it, of this length.
    pub(super) fn new(walk: &Walk<'d>, mut allowance: Allowance, length: usize) -> Self {
        let Walk {
            schema,
            document,
            latest,
            ..
        } = *walk;
        // A little more than usual records need, so that it seldom grows.
        let (mut cells, mut rows) = (Vec::new(), Vec::new());
        allowance.presize(&mut cells, length / 32);
        allowance.presize(&mut rows, length / 1024);
        Self {
            schema,
            text: &document.text,
            allowance,
            arena: String::new(),
            cells,
            winners: vec![0; schema.trie.contests],
            last_counts: false,
            last_scope: 0,
            document,
            latest,
            rows,
            rejects: Vec::new(),
            count: 0,
            region: None,
            has_wrapper: false,
            has_hollow: false,
            has_text_for_object: false,
            map_keys: Vec::new(),
            guesses: vec![NO_GUESS; schema.slots.guesses],
            last_strings: vec![Span { start: 0, end: 0 }; schema.slots.kinds.len()],
        }
    }

    pub(super) fn object(&mut self, scanner: &mut Scanner<'_>) -> Result<Span, JsonError> {
        let start = scanner.clone();
        let (cells, arena) = (self.cells.len(), self.arena.len());
        let scope = self.new_scope();
        let schema = self.schema;
        match self.fields(scanner, &schema.record, Some(scope)) {
            Ok(()) => Ok(Span {
                start: narrow(start.position()),
                end: narrow(scanner.position()),
            }),
            Err(Stop::NotJson(error)) => Err(error),
            Err(Stop::Irregular) => {
                self.cells.truncate(cells);
                self.arena.truncate(arena);
                *scanner = start;
                let record = scanner.skip()?;
                self.irregular_record(record)?;
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
        let mut guess = fields.first_guess;
        scanner.enter_object()?;
        while let Some(index) = self.next_field(scanner, fields, &mut first, guess)? {
            guess = fields.first_guess + 1 + index;
            if seen >> index & 1 == 1 {
                return Err(Stop::Irregular);
            }
            seen |= 1 << index;
            let field = &fields.fields[index];
            let kind = scanner.peek()?;
            if kind == Kind::Null {
                scanner.skip()?;
                continue;
            }
            let root = scope.and_then(|_| self.schema.roots[index]);
            if let (Some(root), Some(scope)) = (root, scope) {
                if let Node::Json(slot) = field.node {
                    self.has_text_for_object |= kind == Kind::String;
                    let span = self.flatten(scanner, root, scope)?;
                    self.push(Cell::of(slot, span));
                    continue;
                }
                self.flatten(&mut scanner.clone(), root, scope)?;
            }
            self.node(scanner, &field.node, kind)?;
        }
        Ok(())
    }

    /// Passes the next member's key, or the end of the struct; `guess` is the place of the guess.
    #[inline]
    fn next_field(
        &mut self,
        scanner: &mut Scanner<'_>,
        fields: &Fields,
        first: &mut bool,
        guess: usize,
    ) -> Result<Option<usize>, Stop> {
        let guessed = usize::from(self.guesses[guess]);
        if let Some(field) = fields.fields.get(guessed)
            && scanner.pass_key(first, &field.quoted)
        {
            return Ok(Some(guessed));
        }
        let Some(key) = scanner.next_key(first)? else {
            return Ok(None);
        };
        let Some((index, true)) = fields.find(key.span.of(self.text).as_bytes()) else {
            return Err(Stop::Irregular);
        };
        self.guesses[guess] = index as u8;
        Ok(Some(index))
    }

    /// Passes a string, which nearly always is that of the record before, or has no escapes. What
    /// is repeated is the same place in the text: when arrays are built, it is in the cache.
    #[inline]
    fn string_of(&mut self, scanner: &mut Scanner<'_>, slot: Slot) -> Result<StringToken, Stop> {
        let last = &mut self.last_strings[usize::from(slot)];
        let known = &self.text.as_bytes()[last.start as usize..last.end as usize];
        if scanner.pass_string(known) {
            return Ok(StringToken {
                span: *last,
                escaped: false,
            });
        }
        let token = scanner.string()?;
        if !token.escaped {
            *last = token.span;
        }
        Ok(token)
    }

    fn node(&mut self, scanner: &mut Scanner<'_>, node: &Node, kind: Kind) -> Result<(), Stop> {
        match (node, kind) {
            (Node::Text(slot), Kind::String) => {
                let token = self.string_of(scanner, *slot)?;
                if !self.string_cell(*slot, token) {
                    return Err(Stop::Irregular);
                }
            }
            (Node::Boolean(slot), Kind::Bool) | (Node::Json(slot), _) => {
                let span = scanner.skip()?;
                self.push(Cell::of(*slot, span));
            }
            (Node::Struct { present, fields }, Kind::Object) => {
                self.push(Cell::marker(*present));
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
                self.push(Cell::marker(*list));
                let mut first = true;
                scanner.enter_array()?;
                while scanner.next_element(&mut first)? {
                    match scanner.peek()? {
                        Kind::Object => {
                            self.push(Cell::present(*element));
                            self.fields(scanner, fields, None)?;
                        }
                        Kind::Null => {
                            self.push(Cell::marker(*element));
                            scanner.skip()?;
                        }
                        _ => return Err(Stop::Irregular),
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
                self.push(Cell::of(*text, span));
                self.push(Cell::marker(*list));
                self.map(scanner, *key, *value)?;
            }
            _ => return Err(Stop::Irregular),
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
                return Err(Stop::Irregular);
            }
            self.map_keys.push(key.span);
            self.push(Cell::of(key_slot, key.span));
            match scanner.peek()? {
                Kind::String => {
                    let token = scanner.string()?;
                    if !self.string_cell(value_slot, token) {
                        return Err(Stop::Irregular);
                    }
                }
                Kind::Null => {
                    scanner.skip()?;
                }
                _ => return Err(Stop::Irregular),
            }
        }
        Ok(())
    }

    /// Adds a string's text as a cell; gives whether it was Unicode.
    #[inline]
    pub(super) fn string_cell(&mut self, slot: Slot, token: StringToken) -> bool {
        if !token.escaped {
            self.push(Cell::of(slot, token.span));
            return true;
        }
        let (text, is_unicode) = unescape(token.span.of(self.text));
        self.arena_cell(slot, &text);
        is_unicode
    }

    /// Adds a cell.
    #[inline]
    pub(super) fn push(&mut self, cell: Cell) {
        self.allowance.push(&mut self.cells, cell);
    }

    /// Adds a cell whose text stands nowhere in the document.
    pub(super) fn arena_cell(&mut self, slot: Slot, text: &str) {
        let start = self.arena.len();
        self.allowance.push_str(&mut self.arena, text);
        if self.allowance.is_exhausted() || self.arena.len() > MAX_TEXT {
            return;
        }
        let span = Span {
            start: narrow(start),
            end: narrow(self.arena.len()),
        };
        self.push(Cell::in_arena(slot, span));
    }

    #[inline]
    pub(super) fn new_scope(&mut self) -> u32 {
        self.last_scope = self.last_scope.wrapping_add(1);
        self.last_scope
    }
}
