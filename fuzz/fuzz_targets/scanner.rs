//! The scanner accepts what `serde_json` accepts, and passes exactly as much of it.
#![no_main]

use cloudtrail2parquet::json::{Scanner, unescape};
use libfuzzer_sys::fuzz_target;
use serde::Deserialize as _;

fuzz_target!(|text: &str| {
    let mut scanner = Scanner::new(text.as_bytes());
    let accepted = scanner.skip().is_ok() && scanner.finish().is_ok();
    let mut theirs = serde_json::Deserializer::from_str(text);
    let expected = serde::de::IgnoredAny::deserialize(&mut theirs).is_ok() && theirs.end().is_ok();
    assert_eq!(accepted, expected);

    if let Ok(token) = Scanner::new(text.as_bytes()).string() {
        let (value, is_unicode) = unescape(token.span.of(text));
        let mut stream = serde_json::Deserializer::from_str(text).into_iter::<String>();
        match stream.next() {
            Some(Ok(expected)) => assert_eq!((value.as_ref(), is_unicode), (&*expected, true)),
            _ => assert!(!is_unicode),
        }
    }
});
