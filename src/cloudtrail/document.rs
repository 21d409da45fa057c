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
