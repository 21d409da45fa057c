//! Any bytes are read or refused: no panic, no more than the cap, and every record found
//! is one JSON value of the text.
#![no_main]

use cloudtrail2parquet::cloudtrail::{Unreadable, for_each_record, read_document};
use cloudtrail2parquet::json::Scanner;
use libfuzzer_sys::fuzz_target;

const CAP: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = read_document(bytes, CAP) else {
        return;
    };
    assert!(document.raw_bytes <= CAP);
    let mut damaged_records = 0;
    let walked = for_each_record::<Unreadable>(&document, |scanner, damaged| {
        let span = scanner.skip()?;
        let record = span.of(&document.text);
        let mut alone = Scanner::new(record.as_bytes());
        let whole = alone.skip().expect("a record is JSON by itself");
        assert_eq!(whole.end as usize, record.len());
        if let Some(damaged) = damaged {
            assert_eq!(damaged.span, span);
            assert!(std::str::from_utf8(&damaged.bytes).is_err());
            damaged_records += 1;
        }
        Ok(())
    });
    if walked.is_ok() {
        assert_eq!(damaged_records, document.damaged.len());
    }
});
