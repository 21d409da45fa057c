//! gzip members to bytes, within limits.

use std::io::{ErrorKind, Read as _};

use flate2::bufread::GzDecoder;

use super::limits::Limits;
use super::one_member::inflate_one_member;
use super::output::Output;
use super::unreadable::Unreadable;

/// How the first two bytes of every gzip member read (RFC 1952 section 2.3.1).
pub const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Deflate cannot do better than this, so that a small object that claims to be a huge one
/// is not believed.
const LARGEST_RATIO: usize = 1100;

/// Bytes of a piece.
const PIECE: usize = 64 * 1024;

/// Inflates all members of a gzip file into no more bytes than both limits allow.
///
/// Zeros after the last member are padding, as `gzip` itself has it; anything else there
/// is [`Unreadable::TrailingGarbage`]. Never allocates more than the limits and one chunk.
pub fn gunzip(bytes: &[u8], limits: Limits) -> Result<Vec<u8>, Unreadable> {
    let largest = bytes.len().saturating_mul(LARGEST_RATIO);
    if let Some(inflated) = inflate_one_member(bytes, limits.most_bytes().min(largest)) {
        return Ok(inflated);
    }
    let mut output = Output::new(size_hint(bytes, largest), limits);
    let mut rest = bytes;
    loop {
        rest = inflate_member(rest, &mut output)?;
        if is_end(rest)? {
            return Ok(output.finish());
        }
    }
}

/// As [`gunzip`], for what need not be held whole: `see` gets it in pieces.
pub fn gunzip_pieces(
    bytes: &[u8],
    most: u64,
    mut see: impl FnMut(&[u8]),
) -> Result<(), Unreadable> {
    let mut piece = vec![0; PIECE];
    let (mut rest, mut length) = (bytes, 0);
    loop {
        let mut decoder = GzDecoder::new(rest);
        loop {
            match decoder.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => {
                    length += read as u64;
                    if length > most {
                        return Err(Unreadable::TooLarge);
                    }
                    see(&piece[..read]);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(cause(&error)),
            }
        }
        rest = decoder.into_inner();
        if is_end(rest)? {
            return Ok(());
        }
    }
}

/// Whether what follows a member is the end, and not another member.
fn is_end(rest: &[u8]) -> Result<bool, Unreadable> {
    if rest.iter().all(|&byte| byte == 0) {
        return Ok(true);
    }
    match rest == [MAGIC[0]] || rest.starts_with(&MAGIC) {
        true => Ok(false),
        false => Err(Unreadable::TrailingGarbage),
    }
}

/// What a failure of the decoder means.
fn cause(error: &std::io::Error) -> Unreadable {
    match error.kind() {
        ErrorKind::UnexpectedEof => Unreadable::TruncatedGzip,
        _ => Unreadable::CorruptGzip,
    }
}

/// Inflates the member at the start of `bytes`; gives what follows it.
fn inflate_member<'a>(bytes: &'a [u8], output: &mut Output) -> Result<&'a [u8], Unreadable> {
    let mut decoder = GzDecoder::new(bytes);
    output.fill(&mut decoder, cause)?;
    Ok(decoder.into_inner())
}

/// The uncompressed size that the last member's trailer claims, as far as it is credible.
fn size_hint(bytes: &[u8], largest: usize) -> usize {
    let claimed = bytes
        .last_chunk()
        .map_or(0, |size| u32::from_le_bytes(*size));
    usize::try_from(claimed).map_or(largest, |claimed| claimed.min(largest))
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write as _;

    use flate2::{Compression, GzBuilder};
    use proptest::prelude::*;

    use super::*;

    const CAP: Limits = Limits {
        uncompressed: 1 << 20,
        heap: u64::MAX,
    };

    /// One gzip member.
    pub(in crate::cloudtrail) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn all_members_are_inflated_one_after_another() {
        let file = [gzip(b"one "), gzip(b""), gzip(b"two "), gzip(b"three")].concat();
        assert_eq!(gunzip(&file, CAP).unwrap(), b"one two three");
    }

    #[test]
    fn a_header_may_have_a_name_a_comment_and_extra_bytes() {
        let mut encoder = GzBuilder::new()
            .filename("a.json")
            .comment("c")
            .extra("xyz")
            .mtime(5)
            .write(Vec::new(), Compression::best());
        encoder.write_all(b"text").unwrap();
        assert_eq!(gunzip(&encoder.finish().unwrap(), CAP).unwrap(), b"text");
    }

    #[test]
    fn every_truncation_of_a_gzip_file_is_told() {
        let file = gzip(b"{\"Records\":[]} and some more text, some more text");
        for length in 0..file.len() {
            assert_eq!(
                gunzip(&file[..length], CAP),
                Err(Unreadable::TruncatedGzip),
                "{length} bytes"
            );
        }
        let two = [file.clone(), file.clone()].concat();
        for length in file.len() + 1..two.len() {
            assert_eq!(
                gunzip(&two[..length], CAP),
                Err(Unreadable::TruncatedGzip),
                "{length} bytes"
            );
        }
    }

    #[test]
    fn a_changed_byte_after_the_header_is_told() {
        let text = b"some text that is long enough to be deflated, deflated, deflated";
        let file = gzip(text);
        for at in 10..file.len() {
            let mut file = file.clone();
            file[at] ^= 0x55;
            let result = gunzip(&file, CAP);
            assert!(
                matches!(
                    result,
                    Err(Unreadable::CorruptGzip
                        | Unreadable::TruncatedGzip
                        | Unreadable::TrailingGarbage)
                ),
                "byte {at}: {result:?}"
            );
        }
    }

    #[test]
    fn a_wrong_checksum_or_length_is_corrupt() {
        let file = gzip(b"text");
        for from_end in [8, 4] {
            let mut file = file.clone();
            let at = file.len() - from_end;
            file[at] ^= 1;
            assert_eq!(gunzip(&file, CAP), Err(Unreadable::CorruptGzip));
        }
    }

    #[test]
    fn trailing_garbage_is_told_and_zero_padding_is_not() {
        let file = gzip(b"text");
        let with = |tail: &[u8]| gunzip(&[&file, tail].concat(), CAP);
        assert_eq!(with(&[0; 512]).unwrap(), b"text");
        for tail in [
            &b"x"[..],
            b"\n",
            b"{\"Records\":[]}",
            b"\0\0x",
            b"PK\x03\x04",
        ] {
            assert_eq!(with(tail), Err(Unreadable::TrailingGarbage), "{tail:?}");
        }
        let padded = [&[0; 4][..], &gzip(b"more")].concat();
        assert_eq!(with(&padded), Err(Unreadable::TrailingGarbage));
        assert_eq!(with(&MAGIC), Err(Unreadable::TruncatedGzip));
        assert_eq!(
            with(b"\x1f\x8b\x07\0\0\0\0\0\0\0\0"),
            Err(Unreadable::CorruptGzip)
        );
    }

    #[test]
    fn the_cap_counts_over_all_members_and_is_exact() {
        let file = [gzip(&[b'a'; 600]), gzip(&[b'b'; 400])].concat();
        assert_eq!(gunzip(&file, Limits::of(1000)).unwrap().len(), 1000);
        assert_eq!(gunzip(&file, Limits::of(999)), Err(Unreadable::TooLarge));
        assert_eq!(gunzip(&file, Limits::of(u64::MAX)).unwrap().len(), 1000);
        assert_eq!(gunzip(&gzip(b""), Limits::of(0)).unwrap(), b"");
        assert_eq!(
            gunzip(&gzip(b"a"), Limits::of(0)),
            Err(Unreadable::TooLarge)
        );
    }

    #[test]
    fn a_bomb_stops_at_the_cap() {
        let bomb = gzip(&vec![0; 64 << 20]);
        assert!(bomb.len() < 80_000);
        assert_eq!(gunzip(&bomb, CAP), Err(Unreadable::TooLarge));
        let liar = [&bomb[..bomb.len() - 4], &[1, 0, 0, 0]].concat();
        assert_eq!(gunzip(&liar, CAP), Err(Unreadable::TooLarge));
    }

    #[test]
    fn a_claimed_size_is_believed_only_within_the_ratio() {
        assert_eq!(size_hint(&[0xff; 30], 33_000), 33_000);
        assert_eq!(size_hint(b"abc", 3300), 0);
    }

    proptest! {
        #[test]
        fn what_was_deflated_in_any_members_inflates(
            members in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..5),
        ) {
            let file: Vec<u8> = members.iter().flat_map(|member| gzip(member)).collect();
            prop_assert_eq!(gunzip(&file, CAP).unwrap(), members.concat());
        }
    }
}
