//! Bytes to one gzip member.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

/// What CloudTrail's own files are compressed like, judged by their size.
const LEVEL: u32 = 6;

/// The bytes as CloudTrail delivers them.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
    let written = encoder.write_all(bytes);
    // Writing to memory does not fail.
    written.and_then(|()| encoder.finish()).unwrap_or_default()
}
