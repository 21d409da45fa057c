use super::*;
use proptest::prelude::*;

fn accepts(text: &str) -> bool {
    let mut scanner = Scanner::new(text.as_bytes());
    scanner.skip().is_ok() && scanner.finish().is_ok()
}

#[test]
fn accepts_what_serde_json_accepts_and_nothing_else() {
    let texts = [
        "null",
        "true",
        "fals",
        "0",
        "-0",
        "01",
        "1.",
        "1.5e+9",
        "1e",
        "-",
        "\"a\"",
        "\"\\x\"",
        "\"\\u12\"",
        "[]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "[[],{\"a\":[{}]}] ",
        "[] x",
        "",
        " ",
        "\"\n\"",
        "\"abcdefgh\u{1}\"",
        "\"é€😀\\\"\"",
        "{\"a\":1,\"a\":2}",
        "[1}",
        "{\"a\"]",
        "\u{feff}1",
        "\"unterminated",
    ];
    for text in texts {
        let expected = serde_json::from_str::<serde_json::Value>(text).is_ok();
        assert_eq!(accepts(text), expected, "{text:?}");
    }
}

#[test]
fn nesting_is_accepted_up_to_the_limit() {
    for levels in [1, 126, 127, 128, 129, 5000] {
        let text = "[".repeat(levels) + &"]".repeat(levels);
        let expected = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        assert_eq!(accepts(&text), expected, "{levels}");
    }
}

proptest! {
    #[test]
    fn any_text_is_judged_as_serde_json_judges_it(text in "[\\[\\]{}:,\"a0-9.eE+ \\\\u\\-ntrfuls]{0,24}") {
        let mut stream = serde_json::Deserializer::from_str(&text);
        let expected = serde::de::IgnoredAny::deserialize(&mut stream).is_ok() && stream.end().is_ok();
        prop_assert_eq!(accepts(&text), expected);
    }
}

use serde::Deserialize as _;
