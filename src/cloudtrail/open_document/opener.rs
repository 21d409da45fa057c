//! The records found so far, and what is left.

use super::Rules;
use crate::cloudtrail::damaged::Damaged;
use crate::cloudtrail::left::LeftOut;
use crate::cloudtrail::limits::Limits;
use crate::cloudtrail::unreadable::Unreadable;
use crate::json::Span;

const HEAD: &str = "{\"Records\":[";

/// The records found so far, as `{"Records":[…`.
pub(super) struct Opener<'r> {
    pub(super) out: String,
    pub(super) damaged: Damaged,
    /// How many of them are records, or lists that may hold some.
    pub(super) found: u64,
    /// What is no record, and known to be none.
    pub(super) left: LeftOut,
    /// Whether something was met in which only a path might find records.
    pub(super) depends_on_path: bool,
    pub(super) rules: Rules<'r>,
    pub(super) limits: Limits,
    /// Bytes of payloads so far.
    pub(super) inflated: u64,
    /// Bytes on the heap besides.
    pub(super) taken: usize,
}

/// How far an opener was.
pub(super) struct Mark {
    length: usize,
    damaged: usize,
    told: u64,
}

impl<'r> Opener<'r> {
    /// Nothing yet, with room for a text of that length; so many bytes are on the heap.
    pub(super) fn new(limits: Limits, rules: Rules<'r>, taken: usize, length: usize) -> Self {
        // What is opened is seldom longer, and would else be copied while it grows.
        let mut out = String::with_capacity(length + 64);
        out.push_str(HEAD);
        Self {
            out,
            damaged: Damaged::default(),
            found: 0,
            left: LeftOut::new(),
            depends_on_path: false,
            rules,
            limits,
            inflated: 0,
            taken,
        }
    }

    /// Without a record there is nothing, or only what is left.
    pub(super) fn finish(&mut self) -> Result<(), Unreadable> {
        if self.found > 0 {
            return Ok(());
        }
        self.out.truncate(HEAD.len());
        self.damaged = Damaged::default();
        match self.left.is_empty() {
            true => Err(Unreadable::NoRecords),
            false => Ok(()),
        }
    }

    /// How many things were told apart.
    pub(super) fn told(&self) -> u64 {
        self.found + self.left.values().sum::<u64>()
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            length: self.out.len(),
            damaged: self.damaged.len(),
            told: self.told(),
        }
    }

    /// Whether something was told apart since; if not, nothing is changed.
    pub(super) fn has_told(&mut self, since: &Mark) -> bool {
        if self.told() > since.told {
            return true;
        }
        self.out.truncate(since.length);
        self.damaged.truncate(since.damaged);
        false
    }

    pub(super) fn push(&mut self, record: &str) -> Result<(), Unreadable> {
        self.check_heap(record.len())?;
        if !self.out.ends_with('[') {
            self.out.push(',');
        }
        self.out.push_str(record);
        Ok(())
    }

    pub(super) fn push_damaged(&mut self, text: &str, delivered: &[u8]) -> Result<(), Unreadable> {
        self.push(text)?;
        let end = self.out.len();
        let narrow = |at: usize| u32::try_from(at).map_err(|_| Unreadable::TooLarge);
        let span = Span {
            start: narrow(end - text.len())?,
            end: narrow(end)?,
        };
        self.damaged.push(span, delivered);
        self.check_heap(0)
    }

    pub(super) fn check_heap(&self, more: usize) -> Result<(), Unreadable> {
        let own = self.out.capacity() + self.damaged.heap_bytes();
        self.limits.check_heap(self.taken + own + more)
    }
}

/// A JSON value as long as what stands for it.
pub(super) fn placeholder(length: usize) -> String {
    match length {
        1 => "0".to_owned(),
        _ => format!("\"{}\"", "x".repeat(length - 2)),
    }
}
