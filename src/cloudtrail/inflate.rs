//! Delivered bytes to those that hold the text.

use super::gunzip::{MAGIC, gunzip};
use super::limits::Limits;
use super::unreadable::Unreadable;
use super::unzstd::{ZSTD_MAGIC, unzstd};

/// How often an object may have been compressed.
const LAYERS: usize = 2;

/// The bytes of an object as its text has them. gzip and Zstandard are known by how they begin.
pub(super) fn inflate(delivered: &[u8], limits: Limits) -> Result<Vec<u8>, Unreadable> {
    let Some(mut bytes) = inflated(delivered, limits)? else {
        if delivered.len() as u64 > limits.uncompressed {
            return Err(Unreadable::TooLarge);
        }
        limits.check_heap(delivered.len())?;
        return Ok(delivered.to_vec());
    };
    for _ in 1..LAYERS {
        if !is_compressed(&bytes) {
            break;
        }
        limits.check_heap(2 * bytes.len())?;
        bytes = inflated(&bytes, limits)?.unwrap_or_default();
    }
    Ok(bytes)
}

fn is_compressed(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC) || bytes.starts_with(&ZSTD_MAGIC)
}

fn inflated(bytes: &[u8], limits: Limits) -> Result<Option<Vec<u8>>, Unreadable> {
    if bytes.starts_with(&MAGIC) {
        gunzip(bytes, limits).map(Some)
    } else if bytes.starts_with(&ZSTD_MAGIC) {
        unzstd(bytes, limits).map(Some)
    } else {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudtrail::gunzip::tests::gzip;
    use crate::cloudtrail::unzstd::tests::zstd;

    #[test]
    fn what_was_compressed_twice_in_any_way_is_inflated_within_the_cap() {
        let text = b"{\"Records\":[]}";
        for packed in [
            text.to_vec(),
            gzip(text),
            zstd(text),
            gzip(&gzip(text)),
            gzip(&zstd(text)),
            zstd(&gzip(text)),
            zstd(&zstd(text)),
        ] {
            assert_eq!(inflate(&packed, Limits::of(100)).unwrap(), text);
            let cut = inflate(&packed, Limits::of(13));
            assert_eq!(cut, Err(Unreadable::TooLarge));
        }
        let thrice = inflate(&gzip(&zstd(&gzip(text))), Limits::of(100)).unwrap();
        assert_eq!(thrice, gzip(text));
    }
}
