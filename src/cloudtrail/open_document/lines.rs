//! Texts that are read line by line.

use super::opener::{Opener, placeholder};
use super::{after_head, are_values};
use crate::cloudtrail::damaged::Damaged;
use crate::cloudtrail::unreadable::Unreadable;

impl Opener<'_> {
    /// Opens each line; of one that has something before its JSON, the event.
    pub(super) fn lines(&mut self, bytes: &[u8]) -> Result<(), Unreadable> {
        let (mut good, mut torn) = (0_u64, 0_u64);
        for line in bytes.split(|&byte| byte == b'\n') {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            let text = std::str::from_utf8(line).ok();
            let is_opened = match text {
                Some(text) if are_values(text) => {
                    self.values(text, &Damaged::default(), 0)?;
                    true
                }
                Some(text) if !is_torn(line) => self.event_of_line(text)?,
                _ => false,
            };
            if is_opened {
                good += 1;
            } else {
                self.push_damaged(&placeholder(line.len()), line)?;
                torn += u64::from(is_torn(line));
            }
        }
        // A container that is cut short is not read as lines.
        match self.told() == 0 || torn > good {
            true => Err(Unreadable::NotJson),
            false => Ok(()),
        }
    }

    /// Opens the event at the end of a line; false if there is none, and nothing is changed.
    fn event_of_line(&mut self, line: &str) -> Result<bool, Unreadable> {
        let event = after_head(line);
        if !are_values(event) {
            return Ok(false);
        }
        let mark = self.mark();
        self.values(event, &Damaged::default(), 0)?;
        Ok(self.has_told(&mark))
    }
}

/// Whether a line looks like a part of some JSON text, not like another text.
fn is_torn(line: &[u8]) -> bool {
    let begins = match line {
        [b'{' | b'}' | b']' | b'"', ..] => true,
        [b'[', rest @ ..] => rest
            .trim_ascii_start()
            .first()
            .is_none_or(|next| b"{[\"".contains(next)),
        _ => false,
    };
    begins || matches!(line, [.., b',' | b'{' | b'['])
}
