//! Delivered bytes to one text whose records can be walked.

use sha2::{Digest as _, Sha256};

use crate::json::{JsonError, Span};

use super::gunzip::{MAGIC, gunzip};
use super::lookup::normalise;
use super::records::{is_lookup, walk};

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Why a raw object cannot be read as a whole. The text of each is recorded in the ledger
/// and compared there, so it says nothing that differs between two tries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The gzip data end inside a member.
    #[error("truncated gzip")]
    TruncatedGzip,
    /// The gzip data are invalid, or their checksum or length is wrong.
    #[error("corrupt gzip")]
    CorruptGzip,
    /// Something other than a member or zeros follows the last gzip member.
    #[error("trailing garbage after the gzip data")]
    TrailingGarbage,
    /// More uncompressed bytes than the cap allows.
    #[error("larger than {cap} bytes uncompressed")]
    TooLarge {
        /// The cap in bytes.
        cap: u64,
    },
    /// Invalid UTF-8 that stands in no record.
    #[error("invalid UTF-8 outside the records")]
    InvalidUtf8OutsideRecords,
    /// The text is no JSON.
    #[error("not JSON: {0}")]
    NotJson(#[from] JsonError),
    /// JSON, or nothing at all, but no CloudTrail records.
    #[error("no records")]
    NoRecords,
    /// x
    #[error("its records take more memory than is allowed")]
    TooMuchMemory,
}

impl Unreadable {
    /// x
    pub fn code(&self) -> &'static str {
        match self {
            Self::TruncatedGzip => "truncated_gzip",
            Self::CorruptGzip => "corrupt_gzip",
            Self::TrailingGarbage => "trailing_garbage",
            Self::TooLarge { .. } => "too_large",
            Self::TooMuchMemory => "too_much_memory",
            Self::InvalidUtf8OutsideRecords => "invalid_utf8_outside_records",
            Self::NotJson(_) => "not_json",
            Self::NoRecords => "no_records",
        }
    }
    /// x
    pub fn from_code(code: &str) -> Option<Self> {
        [
            Self::TruncatedGzip,
            Self::CorruptGzip,
            Self::TrailingGarbage,
            Self::TooLarge { cap: 0 },
            Self::TooMuchMemory,
            Self::InvalidUtf8OutsideRecords,
            Self::NoRecords,
        ]
        .into_iter()
        .find(|c| c.code() == code)
    }
}

/// A record that was delivered with invalid UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Where the record is in [`Document::text`], with `?` for each invalid byte.
    pub span: Span,
    /// The record as delivered.
    pub bytes: Vec<u8>,
}

/// What one raw object holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// JSON text that [`for_each_record`](super::for_each_record) walks.
    pub text: String,
    /// SHA-256 of the delivered bytes, uncompressed: the `hashValue` of digest files.
    pub sha256: [u8; 32],
    /// Length of the delivered bytes, uncompressed.
    pub raw_bytes: u64,
    /// The records whose bytes are no UTF-8, in the order of the text.
    pub damaged: Vec<Damaged>,
}

/// Reads a delivered object of at most `cap` uncompressed bytes.
///
/// gzip is known by its magic bytes; a byte order mark is dropped. The events that
/// `lookup-events` embeds as strings become records of the text. Whether the rest is JSON
/// shows only when the records are walked.
pub fn read_document(delivered: &[u8], cap: u64) -> Result<Document, Unreadable> {
    let mut bytes = if delivered.starts_with(&MAGIC) {
        gunzip(delivered, cap)?
    } else if delivered.len() as u64 > cap {
        return Err(Unreadable::TooLarge { cap });
    } else {
        delivered.to_vec()
    };
    let sha256 = Sha256::digest(&bytes).into();
    let raw_bytes = bytes.len() as u64;
    if bytes.starts_with(&BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    let (mut text, mut damaged) = match String::from_utf8(bytes) {
        Ok(text) => (text, Vec::new()),
        Err(error) => patch(error.as_bytes())?,
    };
    if is_lookup(&text) {
        (text, damaged) = normalise(&text, &damaged)?;
    }
    Ok(Document {
        text,
        sha256,
        raw_bytes,
        damaged,
    })
}

/// The bytes as a text of the same length, and the records in which the two differ.
fn patch(bytes: &[u8]) -> Result<(String, Vec<Damaged>), Unreadable> {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    let differs = |from: usize, to: usize| bytes.get(from..to) != text.as_bytes().get(from..to);
    let mut damaged = Vec::new();
    let mut end = 0;
    walk(&text, |scanner, _| {
        let span = scanner.skip()?;
        let (from, to) = (span.start as usize, span.end as usize);
        if differs(end, from) {
            return Err(Unreadable::InvalidUtf8OutsideRecords);
        }
        if differs(from, to) {
            let bytes = bytes.get(from..to).unwrap_or_default().to_vec();
            damaged.push(Damaged { span, bytes });
        }
        end = to;
        Ok(())
    })?;
    if differs(end, bytes.len()) {
        return Err(Unreadable::InvalidUtf8OutsideRecords);
    }
    Ok((text, damaged))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    use proptest::prelude::*;

    use super::*;
    use crate::cloudtrail::for_each_record;
    use crate::cloudtrail::gunzip::tests::gzip;

    const CAP: u64 = 1 << 24;

    fn count(document: &Document) -> Result<u64, Unreadable> {
        for_each_record(document, |scanner, _| Ok(scanner.skip().map(|_| ())?))
    }

    /// Each damaged record: its patched text, its bytes.
    fn damaged(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Unreadable> {
        let document = read_document(bytes, CAP)?;
        let mut found = Vec::new();
        for_each_record::<Unreadable>(&document, |scanner, damaged| {
            let span = scanner.skip()?;
            if let Some(damaged) = damaged {
                assert_eq!(damaged.span, span);
                found.push((span.of(&document.text).to_owned(), damaged.bytes.clone()));
            }
            Ok(())
        })?;
        assert_eq!(found.len(), document.damaged.len());
        Ok(found)
    }

    #[test]
    fn gzip_is_known_by_its_bytes_and_the_hash_is_of_what_it_holds() {
        let text = br#"{"Records":[]}"#;
        let plain = read_document(text, CAP).unwrap();
        assert_eq!(read_document(&gzip(text), CAP).unwrap(), plain);
        assert_eq!(plain.raw_bytes, 14);
        let expected: [u8; 32] = Sha256::digest(text).into();
        assert_eq!(plain.sha256, expected);
    }

    #[test]
    fn a_byte_order_mark_is_dropped_but_hashed() {
        let text = "\u{feff}{\"Records\":[{\"eventName\":\"é\"}]}".as_bytes();
        let document = read_document(text, CAP).unwrap();
        assert_eq!(document.text, "{\"Records\":[{\"eventName\":\"é\"}]}");
        assert_eq!(document.raw_bytes, text.len() as u64);
        let expected: [u8; 32] = Sha256::digest(text).into();
        assert_eq!(document.sha256, expected);
    }

    #[test]
    fn the_cap_holds_for_plain_text_too() {
        let text = br#"{"Records":[]}"#;
        assert_eq!(
            read_document(text, 13),
            Err(Unreadable::TooLarge { cap: 13 })
        );
        assert!(read_document(text, 14).is_ok());
    }

    #[test]
    fn a_record_with_invalid_utf8_is_set_apart_and_its_neighbours_are_not() {
        let file =
            b"{\"Records\":[{\"a\":1}, {\"a\":\"\xff\xc3\"} ,{\"a\":\"?\"},{\"\xe2\x82\":2}]}";
        let expected = [
            (
                "{\"a\":\"??\"}".to_owned(),
                b"{\"a\":\"\xff\xc3\"}".to_vec(),
            ),
            ("{\"??\":2}".to_owned(), b"{\"\xe2\x82\":2}".to_vec()),
        ];
        assert_eq!(damaged(file).unwrap(), expected);
        let lines = b"{\"eventName\":1}\n{\"eventName\":\"\xed\xa0\x80\"}\n";
        let expected = [(
            "{\"eventName\":\"???\"}".to_owned(),
            b"{\"eventName\":\"\xed\xa0\x80\"}".to_vec(),
        )];
        assert_eq!(damaged(lines).unwrap(), expected);
        let marked = [&BYTE_ORDER_MARK[..], lines].concat();
        assert_eq!(damaged(&marked).unwrap(), expected);
    }

    #[test]
    fn invalid_utf8_outside_the_records_makes_the_object_unreadable() {
        for file in [
            &b"{\"a\":\"\xff\",\"Records\":[1]}"[..],
            b"{\"Records\":[1],\"a\":\"\xff\"}",
            b"{\"Records\":[1],\"a\":\"\xff\",\"Records\":[2]}",
            b"{\"Records\":[],\"\xff\":1}",
            b"{\"Events\":[],\"NextToken\":\"\xff\"}",
        ] {
            let result = damaged(file);
            assert_eq!(
                result,
                Err(Unreadable::InvalidUtf8OutsideRecords),
                "{file:?}"
            );
        }
        for file in [
            &b"\xff"[..],
            b"{\"Records\":[1]}\xff",
            b"{\"Records\":[\xff]}",
        ] {
            let result = damaged(file);
            assert!(matches!(result, Err(Unreadable::NotJson(_))), "{result:?}");
        }
    }

    #[test]
    fn the_reasons_read_the_same_each_time() {
        let reason = |bytes: &[u8]| {
            let result = read_document(bytes, 100).and_then(|document| count(&document));
            result.unwrap_err().to_string()
        };
        let file = gzip(b"{\"Records\":[]}");
        let garbage = [&file[..], b"x"].concat();
        let reasons = [
            reason(&file[..9]),
            reason(&garbage),
            reason(&[b' '; 101]),
            reason(b"{\"Records\":[1,]}"),
            reason(b"{}"),
            reason(b"{\"\xff\":0,\"Records\":[]}"),
        ];
        let expected = [
            "truncated gzip",
            "trailing garbage after the gzip data",
            "larger than 100 bytes uncompressed",
            "not JSON: expected a value at byte 14",
            "no records",
            "invalid UTF-8 outside the records",
        ];
        assert_eq!(reasons, expected);
    }

    #[test]
    fn no_truncation_of_a_delivered_file_reads_as_a_shorter_one() {
        let file = gzip(br#"{"Records":[{"eventName":"A"},{"eventName":"B"}]}"#);
        for length in 1..file.len() {
            assert!(
                read_document(&file[..length], CAP)
                    .and_then(|document| count(&document))
                    .is_err()
            );
        }
    }

    fn shared(name: &str) -> Option<PathBuf> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../shared/data")
            .join(name);
        let found = path.exists();
        if !found {
            println!("skipped: {} is absent", path.display());
        }
        found.then_some(path)
    }

    fn files_under(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files_under(&path, files);
            } else {
                files.insert(path.clone(), std::fs::read(&path).unwrap());
            }
        }
    }

    #[test]
    fn every_real_object_is_read_whole() {
        let Some(folder) = shared("real") else {
            return;
        };
        let mut files = BTreeMap::new();
        files_under(&folder, &mut files);
        let mut records = 0;
        for (path, bytes) in &files {
            let document = read_document(bytes, CAP).unwrap();
            records += count(&document).unwrap();
            let key = path.to_str().unwrap();
            assert!(
                matches!(crate::cloudtrail::parse_key(key), crate::cloudtrail::KeyKind::Raw(raw) if raw.time.is_some()),
                "{key}"
            );
        }
        assert_eq!((files.len(), records), (356, 3915));
    }

    #[test]
    fn the_published_record_shapes_are_read_one_a_line() {
        let Some(path) = shared("shapes.ndjson.gz") else {
            return;
        };
        let document = read_document(&std::fs::read(path).unwrap(), CAP).unwrap();
        assert_eq!(count(&document), Ok(1062));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            text in r#"([\[\]{},:" 1]|"Records":|"Events":|"CloudTrailEvent":|"eventName":|"\{\}"|\\u00e9){0,12}"#,
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let mut broken = text.clone().into_bytes();
            if !broken.is_empty() {
                let at = at.index(broken.len());
                broken[at] = byte;
            }
            for bytes in [&bytes, text.as_bytes(), &broken, &gzip(&broken), &[&MAGIC, &bytes[..]].concat()] {
                if let Ok(document) = read_document(bytes, 100) {
                    let _ = count(&document);
                    for Damaged { span, bytes } in &document.damaged {
                        prop_assert_eq!(span.of(&document.text).len(), bytes.len());
                        prop_assert!(std::str::from_utf8(bytes).is_err());
                    }
                }
            }
        }
    }
}
