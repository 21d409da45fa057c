//! Texts that are read line by line.

use super::opener::{Opener, placeholder};
use super::{RECORD_DEPTH, after_time, is_at_end};
use crate::cloudtrail::damaged::Damaged;
use crate::cloudtrail::unreadable::Unreadable;
use crate::json::Scanner;

impl Opener<'_> {
    /// Opens each line, with the time before it that CloudWatch Logs puts there.
    pub(super) fn lines(&mut self, bytes: &[u8]) -> Result<(), Unreadable> {
        let (mut good, mut torn) = (0_u64, 0_u64);
        for line in bytes.split(|&byte| byte == b'\n') {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            let text = std::str::from_utf8(line).ok();
            match text.and_then(values_of_line) {
                Some(text) => {
                    self.values(text, &Damaged::default(), 0)?;
                    good += 1;
                }
                None => {
                    self.push_damaged(&placeholder(line.len()), line)?;
                    torn += u64::from(is_torn(line));
                }
            }
        }
        // A container that is cut short is not read as lines.
        match self.told() == 0 || torn > good {
            true => Err(Unreadable::NotJson),
            false => Ok(()),
        }
    }
}

/// The JSON of a line, if it is that, perhaps after a time.
fn values_of_line(line: &str) -> Option<&str> {
    let is_json = |text: &str| {
        let mut scanner = Scanner::new(text.as_bytes()).within(RECORD_DEPTH);
        while !is_at_end(text, &mut scanner) {
            if scanner.skip().is_err() {
                return false;
            }
        }
        true
    };
    if is_json(line) {
        return Some(line);
    }
    Some(after_time(line)).filter(|rest| is_json(rest))
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
