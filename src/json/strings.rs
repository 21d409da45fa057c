//! JSON strings to text, and back.

use std::borrow::Cow;

/// The string that scanned string content stands for, and whether it was Unicode: a lone
/// surrogate becomes U+FFFD and gives `false`. Content that [`Scanner::string`](super::Scanner::string) has not
/// passed gives some string, never a panic.
pub fn unescape(content: &str) -> (Cow<'_, str>, bool) {
    let Some(first) = content.find('\\') else {
        return (Cow::Borrowed(content), true);
    };
    let mut out = String::with_capacity(content.len());
    let mut unicode = true;
    let (plain, mut rest) = content.split_at(first);
    out.push_str(plain);
    while let Some(after) = rest.strip_prefix('\\') {
        let code = after.bytes().next().unwrap_or(b'\\');
        let mut used = 1;
        match code {
            b'b' => out.push('\u{8}'),
            b'f' => out.push('\u{c}'),
            b'n' => out.push('\n'),
            b'r' => out.push('\r'),
            b't' => out.push('\t'),
            b'u' => {
                let (character, length) = unicode_escape(after);
                unicode &= character.is_some();
                out.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
                used = length;
            }
            other => out.push(char::from(other)),
        }
        rest = after.get(used..).unwrap_or_default();
        let next = rest.find('\\').unwrap_or(rest.len());
        let (plain, tail) = rest.split_at(next);
        out.push_str(plain);
        rest = tail;
    }
    (Cow::Owned(out), unicode)
}

/// Reads `uXXXX`, or `uXXXX\uXXXX` where the two are a surrogate pair: the character, and
/// the bytes used of `text`.
fn unicode_escape(text: &str) -> (Option<char>, usize) {
    let unit = |from: usize| {
        let digits = text.get(from..from + 4)?;
        u32::from_str_radix(digits, 16).ok()
    };
    let Some(high) = unit(1) else {
        return (None, 1);
    };
    if (0xD800..0xDC00).contains(&high)
        && text.get(5..7) == Some("\\u")
        && let Some(low @ 0xDC00..0xE000) = unit(7)
    {
        let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
        return (char::from_u32(code), 11);
    }
    (char::from_u32(high), 5)
}

/// Appends `text` as a JSON string, quotes included.
pub fn write_string(out: &mut String, text: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[plain..at]);
        if escape.is_empty() {
            out.push_str("\\u00");
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        } else {
            out.push_str(escape);
        }
        plain = at + 1;
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::scanner::Scanner;
    use proptest::prelude::*;

    #[test]
    fn unescape_replaces_a_lone_surrogate_and_says_so() {
        assert_eq!(unescape("a\\ud83d\\ude00b"), ("a😀b".into(), true));
        assert_eq!(unescape("a\\ud83db"), ("a\u{fffd}b".into(), false));
        assert_eq!(unescape("\\ude00\\u0041"), ("\u{fffd}A".into(), false));
        assert_eq!(unescape("\\ud83d\\u0041"), ("\u{fffd}A".into(), false));
    }

    proptest! {
        #[test]
        fn a_written_string_reads_back(text in any::<String>()) {
            let mut json = String::new();
            write_string(&mut json, &text);
            prop_assert_eq!(&serde_json::from_str::<String>(&json).unwrap(), &text);
            let token = Scanner::new(json.as_bytes()).string().unwrap();
            let (back, unicode) = unescape(token.span.of(&json));
            prop_assert_eq!(back.as_ref(), text.as_str());
            prop_assert!(unicode);
        }
    }
}
