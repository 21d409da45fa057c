//! Delivered bytes to one text whose records can be walked.

use crate::json::Span;

use super::damaged::Damaged;
use super::document::Document;
use super::inflate::inflate;
use super::left::LeftOut;
use super::limits::Limits;
use super::records::walk;
use super::sha256::Sha256;
use super::unreadable::Unreadable;

/// From this many bytes an object is hashed beside being inflated, if a thread is idle.
const LARGE: usize = 4 << 20;

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Reads a delivered object within its limits, of which the heap's hold for what is made of
/// it, not for the delivered bytes.
///
/// gzip and Zstandard are known by their magic bytes, also where an object was compressed twice; a
/// byte order mark is dropped, or tells UTF-16. Whether the text is JSON shows only when the records are
/// walked.
pub fn read_document(delivered: &[u8], limits: Limits) -> Result<Document, Unreadable> {
    let hash = || Sha256::of(delivered);
    let inflated = || inflate(delivered, limits);
    let (sha256, bytes) = match delivered.len() < LARGE {
        true => (hash(), inflated()),
        false => rayon::join(hash, inflated),
    };
    let bytes = bytes?;
    let uncompressed_bytes = bytes.len() as u64;
    let (text, damaged) = text_of(bytes, limits)?;
    Ok(Document {
        text,
        sha256,
        uncompressed_bytes,
        damaged,
        left: LeftOut::new(),
        depends_on_path: false,
    })
}

/// The bytes as a text without its mark, and the records that are no UTF-8.
pub(super) fn text_of(mut bytes: Vec<u8>, limits: Limits) -> Result<(String, Damaged), Unreadable> {
    if let Some(text) = utf16(&bytes, limits)? {
        bytes = text.into_bytes();
    } else if bytes.starts_with(&BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok((text, Damaged::default())),
        Err(error) => patch(error.as_bytes(), limits),
    }
}

/// The text of bytes that begin with a mark of UTF-16, or with JSON in it; none of others.
fn utf16(bytes: &[u8], limits: Limits) -> Result<Option<String>, Unreadable> {
    let (unit, mark): (fn([u8; 2]) -> u16, usize) = match bytes.first_chunk() {
        Some([0xff, 0xfe]) => (u16::from_le_bytes, 2),
        Some([0xfe, 0xff]) => (u16::from_be_bytes, 2),
        Some([b'{' | b'[', 0]) => (u16::from_le_bytes, 0),
        Some([0, b'{' | b'[']) => (u16::from_be_bytes, 0),
        _ => return Ok(None),
    };
    // A unit of two bytes is at most three in UTF-8.
    limits.check_heap(bytes.len() + bytes.len().div_ceil(2) * 3)?;
    let (units, rest) = bytes[mark..].as_chunks();
    if !rest.is_empty() {
        return Err(Unreadable::NotJson);
    }
    let units = units.iter().map(|&bytes| unit(bytes));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.map(Some).map_err(|_| Unreadable::NotJson)
}

/// The bytes as a text of the same length, and the records in which the two differ.
fn patch(bytes: &[u8], limits: Limits) -> Result<(String, Damaged), Unreadable> {
    limits.check_heap(2 * bytes.len())?;
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    let differs = |from: usize, to: usize| bytes[from..to] != text.as_bytes()[from..to];
    let mut damaged = Damaged::default();
    let mut end = 0;
    walk(&text, |scanner| {
        let span: Span = scanner.skip()?;
        let (from, to) = (span.start as usize, span.end as usize);
        if differs(end, from) {
            return Err(Unreadable::InvalidUtf8OutsideRecords);
        }
        if differs(from, to) {
            damaged.push(span, &bytes[from..to]);
            limits.check_heap(2 * bytes.len() + damaged.heap_bytes())?;
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
    use crate::cloudtrail::gunzip::MAGIC;
    use crate::cloudtrail::gunzip::tests::gzip;

    const LIMITS: Limits = Limits {
        uncompressed: 1 << 24,
        heap: 1 << 26,
    };

    fn count(document: &Document) -> Result<u64, Unreadable> {
        for_each_record(document, |scanner| Ok(scanner.skip().map(|_| ())?))
    }

    /// Each damaged record: its patched text, its bytes.
    fn damaged(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Unreadable> {
        let document = read_document(bytes, LIMITS)?;
        let mut found = Vec::new();
        for_each_record::<Unreadable>(&document, |scanner| {
            let span = scanner.skip()?;
            if let Some(bytes) = document.damaged.delivered(span) {
                found.push((span.of(&document.text).to_owned(), bytes.to_vec()));
            }
            Ok(())
        })?;
        assert_eq!(found.len(), document.damaged.len());
        Ok(found)
    }

    #[test]
    fn gzip_is_known_by_its_bytes_and_hashed_as_delivered() {
        let text = br#"{"Records":[]}"#;
        let plain = read_document(text, LIMITS).unwrap();
        assert_eq!(plain.sha256, Sha256::of(text));
        assert_eq!(plain.uncompressed_bytes, 14);
        let packed = gzip(text);
        let expected = Document {
            sha256: Sha256::of(&packed),
            ..plain
        };
        assert_eq!(read_document(&packed, LIMITS).unwrap(), expected);
    }

    #[test]
    fn a_byte_order_mark_is_dropped_but_hashed() {
        let text = "\u{feff}{\"Records\":[{\"eventName\":\"é\"}]}".as_bytes();
        let document = read_document(text, LIMITS).unwrap();
        assert_eq!(document.text, "{\"Records\":[{\"eventName\":\"é\"}]}");
        assert_eq!(document.uncompressed_bytes, text.len() as u64);
        assert_eq!(document.sha256, Sha256::of(text));
    }

    #[test]
    fn what_was_compressed_twice_is_inflated_twice_within_the_cap() {
        let text = br#"{"Records":[]}"#;
        let twice = gzip(&gzip(text));
        let document = read_document(&twice, LIMITS).unwrap();
        assert_eq!(document.text.as_bytes(), text);
        assert_eq!(document.sha256, Sha256::of(&twice));
        let bomb = gzip(&gzip(&vec![b' '; 1 << 20]));
        assert_eq!(
            read_document(&bomb, Limits::of(1 << 16)),
            Err(Unreadable::TooLarge)
        );
        let thrice = read_document(&gzip(&twice), LIMITS).and_then(|document| count(&document));
        assert!(thrice.is_err());
    }

    #[test]
    fn utf16_is_the_same_text_with_its_mark_and_without() {
        let text = "{\"Records\":[{\"eventName\":\"é𝄞\"}]}";
        let bytes = |order: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
            let units = format!("{mark}{text}").encode_utf16().collect::<Vec<_>>();
            units.into_iter().flat_map(order).collect()
        };
        for bytes in [
            bytes(u16::to_le_bytes, "\u{feff}"),
            bytes(u16::to_be_bytes, "\u{feff}"),
            bytes(u16::to_le_bytes, ""),
            bytes(u16::to_be_bytes, ""),
        ] {
            let document = read_document(&bytes, LIMITS).unwrap();
            assert_eq!(document.text, text);
            assert_eq!(count(&document), Ok(1));
            let cut = read_document(&bytes[..bytes.len() - 1], LIMITS);
            assert_eq!(cut, Err(Unreadable::NotJson));
        }
    }

    #[test]
    fn the_cap_holds_for_plain_text_too() {
        let text = br#"{"Records":[]}"#;
        assert_eq!(
            read_document(text, Limits::of(13)),
            Err(Unreadable::TooLarge)
        );
        assert!(read_document(text, Limits::of(14)).is_ok());
    }

    #[test]
    fn what_takes_more_memory_than_allowed_is_told_apart_from_what_is_too_large() {
        let record = b"{\"eventName\":\"\xff\"}\n";
        let damaged = record.repeat(100);
        for (bytes, least) in [
            (&b"{\"Records\":[]}"[..], 1),
            (&damaged, 3),
            (&gzip(&damaged), 3),
        ] {
            let uncompressed = 1 << 20;
            let length = read_document(bytes, LIMITS).unwrap().uncompressed_bytes;
            let read = |heap| read_document(bytes, Limits { uncompressed, heap });
            for heap in [0, length - 1, least * length - 1] {
                assert_eq!(read(heap), Err(Unreadable::TooMuchMemory), "{heap}");
            }
            assert!(read(10 * length).is_ok());
        }
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
            assert_eq!(result, Err(Unreadable::NotJson));
        }
    }

    #[test]
    fn each_cause_has_its_code() {
        let code = |bytes: &[u8]| {
            let result = read_document(bytes, Limits::of(100));
            let result = result.and_then(|document| count(&document));
            result.unwrap_err().code()
        };
        let file = gzip(b"{\"Records\":[]}");
        let mut corrupt = file.clone();
        *corrupt.last_mut().unwrap() ^= 1;
        assert_eq!(code(&file[..9]), "truncated_gzip");
        assert_eq!(code(&corrupt), "corrupt_gzip");
        assert_eq!(code(&[&file[..], b"x"].concat()), "trailing_garbage");
        assert_eq!(code(&[b' '; 101]), "too_large");
        assert_eq!(code(b"{\"Records\":[1,]}"), "not_json");
        assert_eq!(code(b"{}"), "no_records");
        assert_eq!(
            code(b"{\"\xff\":0,\"Records\":[]}"),
            "invalid_utf8_outside_records"
        );
    }

    #[test]
    fn no_truncation_of_a_delivered_file_reads_as_a_shorter_one() {
        let file = gzip(br#"{"Records":[{"eventName":"A"},{"eventName":"B"}]}"#);
        for length in 1..file.len() {
            assert!(
                read_document(&file[..length], LIMITS)
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
            let document = read_document(bytes, LIMITS).unwrap();
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
        let document = read_document(&std::fs::read(path).unwrap(), LIMITS).unwrap();
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
                if read_document(bytes, Limits::of(100)).is_ok() {
                    for (_, bytes) in damaged(bytes).unwrap_or_default() {
                        prop_assert!(std::str::from_utf8(&bytes).is_err());
                    }
                }
            }
        }
    }
}
