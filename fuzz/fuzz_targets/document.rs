//! Any bytes are read or refused: no panic, no more than the cap, and every record found
//! is one JSON value of the text.
#![no_main]

use cloudtrail2parquet::cloudtrail::{Limits, Unreadable, for_each_record, read_document};
use cloudtrail2parquet::json::Scanner;
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits {
    uncompressed: 1 << 20,
    heap: 1 << 22,
};

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = read_document(bytes, LIMITS) else {
        return;
    };
    assert!(document.heap_bytes() as u64 <= LIMITS.heap);
    assert!(document.uncompressed_bytes <= LIMITS.uncompressed);
    let mut damaged_records = 0;
    let walked = for_each_record::<Unreadable>(&document, |scanner| {
        let span = scanner.skip()?;
        let record = span.of(&document.text);
        let mut alone = Scanner::new(record.as_bytes());
        let whole = alone.skip().expect("a record is JSON by itself");
        assert_eq!(whole.end as usize, record.len());
        if let Some(bytes) = document.damaged.delivered(span) {
            assert!(std::str::from_utf8(bytes).is_err());
            damaged_records += 1;
        }
        Ok(())
    });
    if walked.is_ok() {
        assert_eq!(damaged_records, document.damaged.len());
    }
});
