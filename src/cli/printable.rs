//! Text that a name of a file, key or record cannot break, colour or turn around.
//!
//! All output passes here: standard output through `output`, log lines through `log`, what
//! clap says through `parse`.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character acts on a terminal or a log instead of being shown: a control
/// character, a line or paragraph separator, or one that sets the direction of text.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// One line: whatever is unprintable, newlines included, as `\u{1b}`.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    escaped(text, is_unprintable, |out, c| {
        let _ = write!(out, "{}", c.escape_unicode());
    })
}

/// A JSON document, with JSON's own escapes. Outside of strings it has no unprintable
/// characters but the newlines between them.
pub(crate) fn json(document: &str) -> Cow<'_, str> {
    let inside = |c: char| c != '\n' && is_unprintable(c);
    escaped(document, inside, |out, c| {
        // Each is in the basic plane.
        let _ = write!(out, "\\u{:04x}", u32::from(c));
    })
}

fn escaped(
    text: &str,
    is_escaped: fn(char) -> bool,
    escape: fn(&mut String, char),
) -> Cow<'_, str> {
    if !text.contains(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_escaped(c) {
            true => escape(&mut out, c),
            false => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_escaped_and_the_rest_stays() {
        assert_eq!(
            line("a\nERROR b\u{1b}[31m\u{9b}\u{202e}\u{2028}\u{2066}\u{200f}\t\r\u{7f}"),
            "a\\u{a}ERROR b\\u{1b}[31m\\u{9b}\\u{202e}\\u{2028}\\u{2066}\\u{200f}\\u{9}\\u{d}\\u{7f}"
        );
        assert_eq!(line("ключ-日本 \\ \u{200d}"), "ключ-日本 \\ \u{200d}");
    }

    #[test]
    fn an_escaped_document_is_the_same_json() {
        let value = serde_json::json!({"a\u{202e}": ["\n\u{1b}\u{9b}\u{2029}"]});
        let text = serde_json::to_string_pretty(&value).unwrap();
        let printed = json(&text);
        assert!(!printed.contains(|c| c != '\n' && is_unprintable(c)));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&printed).unwrap(),
            value
        );
    }
}
