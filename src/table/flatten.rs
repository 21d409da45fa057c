//! The walk that fills flattened columns while a member's JSON is passed over.

use crate::json::{JsonError, Kind, Scanner, Span, unescape};

use super::cells::Cell;
use super::objects::narrow;
use super::shape::Slot;
use super::shred::Shredder;
use super::trie::TrieNode;

impl Shredder<'_> {
    /// Passes a value that stands at `node` of the trie.
    ///
    /// `scope` numbers the record, or the list element, whose first value counts.
    pub(super) fn flatten(
        &mut self,
        scanner: &mut Scanner<'_>,
        node: usize,
        scope: u32,
    ) -> Result<Span, JsonError> {
        let kind = scanner.peek()?;
        let trie = &self.schema.trie;
        if kind == Kind::Null {
            return scanner.skip();
        }
        let node = trie.node(node);
        let leaf = node.leaf.filter(|(_, contest)| self.win(*contest, scope));
        if let Some((slot, _)) = leaf {
            if node.is_leaf_only() {
                return self.leaf(scanner, slot, kind);
            }
            self.leaf(&mut scanner.clone(), slot, kind)?;
        }
        let list = node.list.filter(|(_, contest)| self.win(*contest, scope));
        if let Some((element, _)) = list {
            for slot in &node.opens {
                self.push(Cell::marker(*slot));
            }
            if kind == Kind::Array {
                return self.flatten_elements(scanner, element);
            }
            let scope = self.new_scope();
            self.flatten(&mut scanner.clone(), element, scope)?;
        }
        if kind == Kind::Object && node.has_children() {
            self.flatten_members(scanner, node, scope)
        } else {
            scanner.skip()
        }
    }

    fn flatten_members(
        &mut self,
        scanner: &mut Scanner<'_>,
        node: &TrieNode,
        scope: u32,
    ) -> Result<Span, JsonError> {
        if self.last_counts {
            let object = scanner.skip()?;
            for item in self.members(object)? {
                if let Some(child) = node.child(&item.name) {
                    let value = item.value.start as usize;
                    let mut scanner = Scanner::at(self.text.as_bytes(), value);
                    self.flatten(&mut scanner, child, scope)?;
                }
            }
            return Ok(object);
        }
        let start = scanner.position();
        let mut first = true;
        scanner.enter_object()?;
        while let Some(key) = scanner.next_key(&mut first)? {
            let raw = key.span.of(self.text);
            let child = if key.escaped {
                node.child(unescape(raw).0.as_bytes())
            } else {
                node.child(raw.as_bytes())
            };
            match child {
                Some(child) => self.flatten(scanner, child, scope)?,
                None => scanner.skip()?,
            };
        }
        Ok(span(start, scanner))
    }

    fn flatten_elements(
        &mut self,
        scanner: &mut Scanner<'_>,
        element: usize,
    ) -> Result<Span, JsonError> {
        let start = scanner.position();
        let mut first = true;
        scanner.enter_array()?;
        while scanner.next_element(&mut first)? {
            let scope = self.new_scope();
            self.flatten(scanner, element, scope)?;
        }
        Ok(span(start, scanner))
    }

    /// A string as itself, anything else as its JSON text.
    fn leaf(
        &mut self,
        scanner: &mut Scanner<'_>,
        slot: Slot,
        kind: Kind,
    ) -> Result<Span, JsonError> {
        let start = scanner.position();
        if kind == Kind::String {
            let token = scanner.string()?;
            self.string_cell(slot, token);
        } else {
            let span = scanner.skip()?;
            self.push(Cell::of(slot, span));
        }
        Ok(span(start, scanner))
    }

    /// Whether this is the first value in its scope.
    #[inline]
    fn win(&mut self, contest: usize, scope: u32) -> bool {
        std::mem::replace(&mut self.winners[contest], scope) != scope
    }
}

/// From `start` to where the scanner stands.
fn span(start: usize, scanner: &Scanner<'_>) -> Span {
    Span {
        start: narrow(start),
        end: narrow(scanner.position()),
    }
}
