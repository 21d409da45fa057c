//! Where inflated bytes go, within limits.

use std::io::{ErrorKind, Read};

use super::limits::Limits;
use super::unreadable::Unreadable;

/// The smallest step by which the output grows, in bytes.
const CHUNK: usize = 64 * 1024;

/// Bytes written so far, with room after them. Never takes more than the limits and one chunk.
pub(super) struct Output {
    buffer: Vec<u8>,
    length: usize,
    limit: usize,
    /// What it is to take more than the limit.
    too_much: Unreadable,
}

impl Output {
    /// Nothing yet, with room for as many bytes as are expected.
    pub(super) fn new(hint: usize, limits: Limits) -> Self {
        let limit = limits.most_bytes();
        // One byte more than expected tells the end from a full buffer without growing.
        let buffer = vec![0; hint.min(limit).saturating_add(1)];
        Self {
            buffer,
            length: 0,
            limit,
            too_much: match limits.heap < limits.uncompressed {
                true => Unreadable::TooMuchMemory,
                false => Unreadable::TooLarge,
            },
        }
    }

    /// Adds all that the decoder gives; `cause` says what its failure means.
    pub(super) fn fill(
        &mut self,
        decoder: &mut impl Read,
        cause: impl Fn(&std::io::Error) -> Unreadable,
    ) -> Result<(), Unreadable> {
        loop {
            match decoder.read(self.space()) {
                Ok(0) => return Ok(()),
                Ok(read) => self.length += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(cause(&error)),
            }
            if self.length > self.limit {
                return Err(self.too_much);
            }
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
        &mut self.buffer[self.length..]
    }

    /// What was written.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.buffer.truncate(self.length);
        self.buffer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expected_size_is_believed_only_within_the_limit() {
        let limits = Limits {
            uncompressed: 100,
            heap: u64::MAX,
        };
        assert_eq!(Output::new(usize::MAX, limits).buffer.len(), 101);
        assert_eq!(Output::new(10, limits).buffer.len(), 11);
    }

    #[test]
    fn it_grows_by_doubling_and_never_beyond_the_limit() {
        let limit = 5 * CHUNK;
        let mut output = Output::new(0, Limits::of(limit as u64));
        while output.length <= limit {
            let room = output.space().len();
            assert!(room > 0);
            output.length += room;
            assert!(output.buffer.capacity() <= limit + CHUNK);
        }
        assert_eq!(output.length, limit + 1);
    }
}
