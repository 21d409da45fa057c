//! A record that holds something undocumented → cells, by the letter of the rules.
//!
//! - Of duplicate names the last counts.
//! - A member that is documented in another spelling fills the column when the documented
//!   spelling is absent, and is kept in `additionalfields`; if both are there both are kept
//!   there, so that rebuilding can tell.
//! - A value of another type than its column's is its JSON text in the column (a string as
//!   itself), and kept verbatim.
//! - What is kept mirrors the record's nesting; `resources` is kept whole.

use crate::json::{JsonError, Kind, Scanner, Span};

use super::cells::Cell;
use super::members::{Item, members, write_member};
use super::shape::{Fields, Node, Slot};
use super::shred::Shredder;

/// JSON text that has to be kept for a value, if any.
type Kept = Option<String>;

/// Members of what holds an event, or of what a query gives.
const MAY_WRAP: [&[u8]; 6] = [
    b"CloudTrailEvent",
    b"EventTime",
    b"detail-type",
    b"eventtime",
    b"eventversion",
    b"message",
];

/// The shortest member, and a comma.
const SHORTEST_MEMBER: usize = r#""":1,"#.len();

impl<'d> Shredder<'d> {
    /// The members of an object; none if there is no memory for a list of so many.
    pub(super) fn members(&mut self, object: Span) -> Result<Vec<Item<'d>>, JsonError> {
        // The list, which doubles, and their order by name.
        let list = |members: usize| members * (2 * size_of::<Item<'_>>() + 2 * size_of::<u32>());
        if !self.allowance.has(list(object.len() / SHORTEST_MEMBER)) {
            let members = count(self.text, object)?;
            if !self.allowance.lends(list(members)) {
                return Ok(Vec::new());
            }
        }
        members(self.text, object.start)
    }

    /// Adds the cells of a whole record, `additionalfields` among them.
    pub(super) fn irregular_record(&mut self, record: Span) -> Result<(), JsonError> {
        let schema = self.schema;
        let scope = self.new_scope();
        // What is kept is written from the inside out.
        if !self.allowance.lends(2 * record.len()) {
            return Ok(());
        }
        for item in self.members(record)? {
            self.has_wrapper |= MAY_WRAP.contains(&&*item.name);
            if let Some(root) = schema.trie.root(&item.name) {
                let member = schema.record.find(&item.name);
                let member = member.map(|(index, _)| &schema.record.fields[index]);
                self.last_counts = member.is_some_and(|member| {
                    matches!(member.node, Node::Struct { .. } | Node::Structs { .. })
                });
                let mut scanner = Scanner::at(self.text.as_bytes(), item.value.start as usize);
                self.flatten(&mut scanner, root, scope)?;
            }
        }
        self.last_counts = false;
        if let Some(kept) = self.irregular_fields(&schema.record, record)? {
            self.arena_cell(schema.known.additional_fields, &kept);
        }
        Ok(())
    }

    fn irregular_fields(&mut self, fields: &Fields, object: Span) -> Result<Kept, JsonError> {
        let items = self.members(object)?;
        let mut exact: Vec<Option<&Item<'_>>> = vec![None; fields.fields.len()];
        let mut variants = exact.clone();
        let mut has_variant = vec![false; fields.fields.len()];
        let mut kept = "{".to_owned();
        for item in &items {
            let found = item.unicode_name().and_then(|n| fields.find(n.as_bytes()));
            let is_null = item.kind == Kind::Null;
            match found {
                Some((index, true)) if !is_null => exact[index] = Some(item),
                Some((_, true)) => {}
                Some((index, false)) => {
                    has_variant[index] = true;
                    if !is_null {
                        variants[index].get_or_insert(item);
                    }
                    item.write(item.value.of(self.text), &mut kept);
                }
                None => item.write(item.value.of(self.text), &mut kept),
            }
        }
        for (index, field) in fields.fields.iter().enumerate() {
            let Some(item) = exact[index].or(variants[index]) else {
                continue;
            };
            let part = self.irregular_node(&field.node, item.value, item.kind)?;
            let verbatim = item.value.of(self.text);
            if exact[index].is_none() {
                // The variant is kept already.
            } else if has_variant[index] {
                write_member(&mut kept, field.source, verbatim);
            } else if let Some(part) = part {
                write_member(&mut kept, field.source, &part);
            }
        }
        Ok(finish(kept))
    }

    fn irregular_node(&mut self, node: &Node, value: Span, kind: Kind) -> Result<Kept, JsonError> {
        match (node, kind) {
            (Node::Text(slot), Kind::String) => self.irregular_string(*slot, value),
            (Node::Boolean(slot), Kind::Bool) | (Node::Json(slot), _) => {
                self.has_text_for_object |= kind == Kind::String;
                self.push(Cell::of(*slot, value));
                Ok(None)
            }
            (Node::Text(slot) | Node::Boolean(slot), _) => self.irregular_other(*slot, value, kind),
            (Node::Struct { present, fields }, Kind::Object) => {
                self.push(Cell::marker(*present));
                self.irregular_fields(fields, value)
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
                let mut fits = true;
                let mut scanner = Scanner::at(self.text.as_bytes(), value.start as usize);
                let mut first = true;
                scanner.enter_array()?;
                while scanner.next_element(&mut first)? {
                    let kind = scanner.peek()?;
                    let span = scanner.skip()?;
                    if kind == Kind::Object {
                        self.push(Cell::present(*element));
                        fits &= self.irregular_fields(fields, span)?.is_none();
                    } else {
                        self.push(Cell::marker(*element));
                        fits &= kind == Kind::Null;
                    }
                }
                Ok((!fits).then(|| value.of(self.text).to_owned()))
            }
            (
                Node::Map {
                    list,
                    key,
                    value: slot,
                    text,
                },
                _,
            ) => {
                self.irregular_other(*text, value, kind)?;
                if kind == Kind::Object {
                    self.push(Cell::marker(*list));
                    self.irregular_map(value, *key, *slot)
                } else {
                    Ok(Some(value.of(self.text).to_owned()))
                }
            }
            (Node::Struct { .. } | Node::Structs { .. }, _) => {
                self.has_text_for_object |= kind == Kind::String;
                Ok(Some(value.of(self.text).to_owned()))
            }
        }
    }

    fn irregular_map(&mut self, map: Span, key: Slot, slot: Slot) -> Result<Kept, JsonError> {
        let mut kept = "{".to_owned();
        for item in self.members(map)? {
            let Some(name) = item.unicode_name() else {
                item.write(item.value.of(self.text), &mut kept);
                continue;
            };
            self.arena_cell(key, name);
            let part = match item.kind {
                Kind::Null => None,
                Kind::String => self.irregular_string(slot, item.value)?,
                other => self.irregular_other(slot, item.value, other)?,
            };
            if let Some(part) = part {
                item.write(&part, &mut kept);
            }
        }
        Ok(finish(kept))
    }

    /// A string in a string column; kept as well if it is no Unicode.
    fn irregular_string(&mut self, slot: Slot, value: Span) -> Result<Kept, JsonError> {
        let token = Scanner::at(self.text.as_bytes(), value.start as usize).string()?;
        let is_unicode = self.string_cell(slot, token);
        Ok((!is_unicode).then(|| value.of(self.text).to_owned()))
    }

    /// Another type in a string column: a string as itself, anything else as its JSON text.
    fn irregular_other(&mut self, slot: Slot, value: Span, kind: Kind) -> Result<Kept, JsonError> {
        if kind == Kind::String {
            self.irregular_string(slot, value)?;
        } else {
            self.push(Cell::of(slot, value));
        }
        Ok(Some(value.of(self.text).to_owned()))
    }
}

fn finish(mut kept: String) -> Kept {
    kept.push('}');
    (kept.len() > 2).then_some(kept)
}

fn count(text: &str, object: Span) -> Result<usize, JsonError> {
    let mut scanner = Scanner::at(text.as_bytes(), object.start as usize);
    let mut first = true;
    let mut count = 0;
    scanner.enter_object()?;
    while scanner.next_key(&mut first)?.is_some() {
        scanner.skip()?;
        count += 1;
    }
    Ok(count)
}
