//! gzip members to bytes, within a cap.

use std::io::{ErrorKind, Read as _};

use flate2::bufread::GzDecoder;

use super::document::Unreadable;

/// How the first two bytes of every gzip member read (RFC 1952 section 2.3.1).
pub const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Deflate cannot do better than this, so that a small object that claims to be a huge one
/// is not believed.
const LARGEST_RATIO: usize = 1100;

/// The smallest step by which the output grows, in bytes.
const CHUNK: usize = 64 * 1024;

/// Inflates all members of a gzip file into at most `cap` bytes.
///
/// Zeros after the last member are padding, as `gzip` itself has it; anything else there
/// is [`Unreadable::TrailingGarbage`]. Never allocates more than `cap` and one chunk.
pub fn gunzip(bytes: &[u8], cap: u64) -> Result<Vec<u8>, Unreadable> {
    let limit = usize::try_from(cap).unwrap_or(usize::MAX);
    let mut output = Output::new(size_hint(bytes), limit);
    let mut rest = bytes;
    loop {
        rest = inflate_member(rest, &mut output, cap)?;
        if rest.iter().all(|&byte| byte == 0) {
            return Ok(output.finish());
        }
        if rest != [MAGIC[0]] && !rest.starts_with(&MAGIC) {
            return Err(Unreadable::TrailingGarbage);
        }
    }
}

/// Inflates the member at the start of `bytes`; gives what follows it.
fn inflate_member<'a>(
    bytes: &'a [u8],
    output: &mut Output,
    cap: u64,
) -> Result<&'a [u8], Unreadable> {
    let mut decoder = GzDecoder::new(bytes);
    loop {
        match decoder.read(output.space()) {
            Ok(0) => return Ok(decoder.into_inner()),
            Ok(read) => output.advance(read),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                return Err(Unreadable::TruncatedGzip);
            }
            Err(_) => return Err(Unreadable::CorruptGzip),
        }
        if output.length > output.limit {
            return Err(Unreadable::TooLarge { cap });
        }
    }
}

/// The uncompressed size that the last member's trailer claims, as far as it is credible.
fn size_hint(bytes: &[u8]) -> usize {
    let claimed = bytes
        .last_chunk()
        .map_or(0, |size| u32::from_le_bytes(*size));
    let largest = bytes.len().saturating_mul(LARGEST_RATIO);
    usize::try_from(claimed).map_or(largest, |claimed| claimed.min(largest))
}

/// Bytes written so far, with room after them.
struct Output {
    buffer: Vec<u8>,
    length: usize,
    limit: usize,
}

impl Output {
    fn new(hint: usize, limit: usize) -> Self {
        // One byte more than expected tells the end from a full buffer without growing.
        let buffer = vec![0; hint.min(limit).saturating_add(1)];
        Self {
            buffer,
            length: 0,
            limit,
        }
    }

    /// Room for at least one byte, and for at most one byte over the limit.
    fn space(&mut self) -> &mut [u8] {
        if self.length == self.buffer.len() {
            let doubled = self.length.saturating_mul(2).max(CHUNK);
            let size = doubled.min(self.limit.saturating_add(1));
            self.buffer.reserve_exact(size.saturating_sub(self.length));
            self.buffer.resize(size.max(self.length), 0);
        }
        self.buffer.get_mut(self.length..).unwrap_or_default()
    }

    fn advance(&mut self, read: usize) {
        self.length += read;
    }

    fn finish(mut self) -> Vec<u8> {
        self.buffer.truncate(self.length);
        self.buffer
    }
}
