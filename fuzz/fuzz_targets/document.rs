//! Any bytes are read, opened or refused: no panic, no more than the cap, and every record found
//! is one JSON value of the text.
#![no_main]

use cloudtrail2parquet::cloudtrail::{
    Document, Limits, Rules, Unreadable, UnwrapPath, for_each_record, open_document, read_document,
    what_is_left,
};
use cloudtrail2parquet::json::Scanner;
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits {
    uncompressed: 1 << 20,
    heap: 1 << 22,
};

fuzz_target!(|bytes: &[u8]| {
    let path: UnwrapPath = "a.b".parse().expect("a path");
    let rules = Rules {
        unwrap: Some(&path),
        is_log: bytes.len().is_multiple_of(2),
    };
    let _ = what_is_left(bytes, LIMITS);
    if let Ok(document) = read_document(bytes, LIMITS) {
        let _ = check(&document);
    }
    if let Ok(document) = open_document(bytes, LIMITS, rules) {
        check(&document).expect("what is opened is JSON");
    }
});

fn check(document: &Document) -> Result<u64, Unreadable> {
    assert!(document.heap_bytes() as u64 <= LIMITS.heap);
    assert!(document.uncompressed_bytes <= LIMITS.uncompressed);
    let mut damaged = 0;
    let walked = for_each_record::<Unreadable>(document, |scanner| {
        let span = scanner.skip()?;
        let record = span.of(&document.text);
        let mut alone = Scanner::new(record.as_bytes());
        let whole = alone.skip().expect("a record is JSON by itself");
        assert_eq!(whole.end as usize, record.len());
        damaged += usize::from(document.damaged.delivered(span).is_some());
        Ok(())
    });
    if walked.is_ok() {
        assert_eq!(damaged, document.damaged.len());
    }
    walked
}
