//! The hash of what an object holds, uncompressed, by which digests know it.

use super::gunzip::{MAGIC, gunzip_pieces};
use super::sha256::{Sha256, Sha256Pieces};
use super::unreadable::Unreadable;

/// The SHA-256 of the inflated bytes of all members of a gzip file, or of other bytes as they are;
/// of at most `most` uncompressed bytes. It takes no memory for them.
pub fn content_hash(delivered: &[u8], most: u64) -> Result<Sha256, Unreadable> {
    if !delivered.starts_with(&MAGIC) {
        return Ok(Sha256::of(delivered));
    }
    let mut pieces = Sha256Pieces::default();
    gunzip_pieces(delivered, most, |piece| pieces.add(piece))?;
    Ok(pieces.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudtrail::gzip;

    #[test]
    fn the_content_is_hashed_however_it_is_compressed() {
        let text = br#"{"Records":[]}"#.repeat(20_000);
        let (first, second) = text.split_at(100_001);
        let members = [gzip(first), gzip(second)].concat();
        for delivered in [&text, &gzip(&text), &members] {
            assert_eq!(content_hash(delivered, u64::MAX), Ok(Sha256::of(&text)));
        }
        let more = [gzip(&text), gzip(b" ")].concat();
        assert_ne!(content_hash(&more, u64::MAX), Ok(Sha256::of(&text)));
    }

    #[test]
    fn what_cannot_be_inflated_has_no_hash() {
        let file = gzip(br#"{"Records":[]}"#);
        let mut corrupt = file.clone();
        corrupt[20] ^= 1;
        for (bytes, why) in [
            (file[..30].to_vec(), Unreadable::TruncatedGzip),
            (corrupt, Unreadable::CorruptGzip),
            ([&file[..], b"x"].concat(), Unreadable::TrailingGarbage),
        ] {
            assert_eq!(content_hash(&bytes, u64::MAX), Err(why));
        }
        assert_eq!(content_hash(&file, 13), Err(Unreadable::TooLarge));
        assert!(content_hash(&file, 14).is_ok());
    }
}
