//! An event as JSON text.

/// One event, written.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) text: String,
    /// Where a comma parts its members in two lists.
    pub(super) comma: usize,
}

impl Record {
    /// The record with its members in another order.
    pub(super) fn reordered(&self) -> String {
        match (
            self.text.get(1..self.comma),
            self.text.get(self.comma + 1..),
        ) {
            (Some(head), Some(tail)) => {
                let tail = tail.strip_suffix('}').unwrap_or(tail);
                format!("{{{tail},{head}}}")
            }
            _ => self.text.clone(),
        }
    }

    pub(super) fn push_member(&mut self, member: &str) {
        self.text.pop();
        self.text.push(',');
        self.text.push_str(member);
        self.text.push('}');
    }
}
