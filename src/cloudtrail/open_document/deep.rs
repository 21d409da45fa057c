//! Containers with a record that is nested too deeply.

use super::opener::{Opener, placeholder};
use crate::cloudtrail::damaged::Damaged;
use crate::cloudtrail::members::LISTS;
use crate::cloudtrail::unreadable::Unreadable;
use crate::json::{Kind, Scanner, unescape};

impl Opener<'_> {
    /// Opens a container of which some element is nested too deeply: that is kept with its bytes.
    pub(super) fn deep(
        &mut self,
        text: &str,
        scanner: &mut Scanner<'_>,
        damaged: &Damaged,
        layer: u32,
    ) -> Result<(), Unreadable> {
        if scanner.peek()? == Kind::Array {
            return self.deep_list(text, scanner, damaged, layer);
        }
        let mut first = true;
        scanner.enter_object()?;
        while let Some(key) = scanner.next_key(&mut first)? {
            let (name, _) = unescape(key.span.of(text));
            if LISTS.contains(&&*name) && scanner.peek()? == Kind::Array {
                self.deep_list(text, scanner, damaged, layer)?;
            } else {
                scanner.skip()?;
            }
        }
        Ok(())
    }

    fn deep_list(
        &mut self,
        text: &str,
        scanner: &mut Scanner<'_>,
        damaged: &Damaged,
        layer: u32,
    ) -> Result<(), Unreadable> {
        let mut first = true;
        scanner.enter_array()?;
        while scanner.next_element(&mut first)? {
            if scanner.clone().skip().is_ok() {
                self.value(text, scanner, damaged, layer + 1)?;
            } else {
                scanner.peek()?;
                let record = scanner.skip_brackets()?;
                self.push_damaged(&placeholder(record.len()), record.of(text).as_bytes())?;
                self.found += 1;
            }
        }
        Ok(())
    }
}
