//! The members of one JSON object as the rules of this format see them: decoded names, and
//! of duplicate names the last. For the paths where clarity counts more than speed.

use std::borrow::Cow;

use crate::json::{JsonError, Kind, Scanner, Span, unescape};

use super::objects::narrow;

/// One member of an object.
#[derive(Debug, Clone)]
pub(crate) struct Item<'t> {
    /// The name, decoded; a lone surrogate stands as its three bytes, so that names are
    /// equal just when their bytes are.
    pub(crate) name: Cow<'t, [u8]>,
    /// The name between its quotes, as delivered.
    pub(crate) raw_name: &'t str,
    /// Where the value is in the text.
    pub(crate) value: Span,
    /// The value's type.
    pub(crate) kind: Kind,
}

impl Item<'_> {
    /// The name, if it is Unicode.
    pub(crate) fn unicode_name(&self) -> Option<&str> {
        std::str::from_utf8(&self.name).ok()
    }

    /// The member as it stands in JSON.
    pub(crate) fn write(&self, value: &str, out: &mut String) {
        write_member(out, self.raw_name, value);
    }
}

/// Appends a member to an object that is being written, whose `{` is there already.
/// `raw_name` and `value` are JSON as they stand, the name without its quotes.
pub(crate) fn write_member(out: &mut String, raw_name: &str, value: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    out.push('"');
    out.push_str(raw_name);
    out.push_str("\":");
    out.push_str(value);
}

/// The members of the object that begins at byte `start` of `text`, in the order of the
/// text; of duplicates the last, at its place.
pub(crate) fn members(text: &str, start: u32) -> Result<Vec<Item<'_>>, JsonError> {
    let mut scanner = Scanner::at(text.as_bytes(), start as usize);
    let mut items = all_members(text, &mut scanner)?;
    drop_repeated(&mut items);
    Ok(items)
}

/// The members of the object of `text` that the scanner is to pass, by their names; of duplicates the last.
pub(super) fn members_by_name<'t>(
    text: &'t str,
    scanner: &mut Scanner<'_>,
) -> Result<Vec<Item<'t>>, JsonError> {
    let mut items = all_members(text, scanner)?;
    items.reverse();
    items.sort_by(|a, b| a.name.cmp(&b.name));
    items.dedup_by(|later, kept| later.name == kept.name);
    Ok(items)
}

fn all_members<'t>(text: &'t str, scanner: &mut Scanner<'_>) -> Result<Vec<Item<'t>>, JsonError> {
    let mut items = Vec::new();
    let mut first = true;
    scanner.enter_object()?;
    while let Some(key) = scanner.next_key(&mut first)? {
        let kind = scanner.peek()?;
        let value = scanner.skip()?;
        let raw_name = key.span.of(text);
        items.push(Item {
            name: decode(raw_name),
            raw_name,
            value,
            kind,
        });
    }
    Ok(items)
}

/// Leaves of members of one name the last.
fn drop_repeated(items: &mut Vec<Item<'_>>) {
    let mut by_name: Vec<u32> = (0..narrow(items.len())).collect();
    let name = |at: u32| &items[at as usize].name;
    by_name.sort_unstable_by(|a, b| name(*a).cmp(name(*b)).then(a.cmp(b)));
    let pairs = by_name.windows(2);
    let mut repeated: Vec<u32> = pairs
        .filter(|pair| name(pair[0]) == name(pair[1]))
        .map(|pair| pair[0])
        .collect();
    if repeated.is_empty() {
        return;
    }
    repeated.sort_unstable();
    let mut repeated = repeated.into_iter().peekable();
    let mut at = 0;
    items.retain(|_| {
        at += 1;
        repeated.next_if_eq(&(at - 1)).is_none()
    });
}

/// The spans and types of the elements of the array that begins at byte `start`.
pub(crate) fn elements(text: &str, start: u32) -> Result<Vec<(Span, Kind)>, JsonError> {
    let mut scanner = Scanner::at(text.as_bytes(), start as usize);
    let mut elements = Vec::new();
    let mut first = true;
    scanner.enter_array()?;
    while scanner.next_element(&mut first)? {
        let kind = scanner.peek()?;
        elements.push((scanner.skip()?, kind));
    }
    Ok(elements)
}

/// What scanned string content stands for, in bytes: UTF-8, but that a lone surrogate is
/// encoded as if it were a character, which keeps different strings different.
pub(crate) fn decode(content: &str) -> Cow<'_, [u8]> {
    match unescape(content) {
        (Cow::Borrowed(plain), _) => Cow::Borrowed(plain.as_bytes()),
        (Cow::Owned(text), true) => Cow::Owned(text.into_bytes()),
        (Cow::Owned(_), false) => Cow::Owned(decode_surrogates(content)),
    }
}

/// Splits at each `\uXXXX` that is a surrogate without a partner.
fn decode_surrogates(content: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len());
    let mut rest = content;
    while !rest.is_empty() {
        // A piece is a plain run, or one escape, or a pair of them.
        let length = match rest.find('\\') {
            Some(0) if is_surrogate(rest, 0xD800) && is_surrogate(&rest[6..], 0xDC00) => 12,
            Some(0) if rest[1..].starts_with('u') => 6,
            Some(0) => 2,
            Some(plain) => plain,
            None => rest.len(),
        };
        let (piece, tail) = rest.split_at(length);
        rest = tail;
        match (unescape(piece), surrogate(piece)) {
            ((_, false), Some(unit)) => out.extend([
                0xE0 | (unit >> 12) as u8,
                0x80 | (unit >> 6 & 0x3F) as u8,
                0x80 | (unit & 0x3F) as u8,
            ]),
            ((text, _), _) => out.extend_from_slice(text.as_bytes()),
        }
    }
    out
}

fn surrogate(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

fn is_surrogate(text: &str, from: u16) -> bool {
    surrogate(text).is_some_and(|unit| unit & 0xFC00 == from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_duplicate_names_the_last_counts_however_it_is_spelled() {
        let text = r#" {"a":1,"b":2,"\u0061":3,"a ":4}"#;
        let items = members(text, 1).unwrap();
        let found: Vec<_> = items
            .iter()
            .map(|item| (item.unicode_name().unwrap(), item.value.of(text)))
            .collect();
        assert_eq!(found, [("b", "2"), ("a", "3"), ("a ", "4")]);
    }

    #[test]
    fn names_with_different_lone_surrogates_differ() {
        assert_ne!(decode("\\ud800"), decode("\\ud801"));
        assert_eq!(decode("x\\uD800y"), decode("x\\ud800y"));
        assert_eq!(
            decode("\\ud83d\\ude00\\ud800"),
            "😀".bytes().chain([0xED, 0xA0, 0x80]).collect::<Vec<_>>()
        );
        assert_eq!(
            decode("\\ud800\\n\\ud83d\\ude00é").as_ref(),
            [&[0xED, 0xA0, 0x80][..], "\n😀é".as_bytes()].concat()
        );
        assert_eq!(decode("a\\nb").as_ref(), b"a\nb");
    }
}
