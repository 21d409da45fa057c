//! Zstandard frames to bytes, within limits.

use std::io::ErrorKind;

use zstd::stream::read::Decoder;

use super::limits::Limits;
use super::output::Output;
use super::unreadable::Unreadable;

/// How a frame begins (RFC 8878 section 3.1.1).
pub(super) const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The window that every decoder has, as the power of two (RFC 8878 recommends it): 8 MiB, which
/// a thread takes besides what an object may.
const WINDOW: u32 = 23;

/// The largest window that the format has here.
const LARGEST_WINDOW: u32 = 31;

/// Inflates all frames into no more bytes than both limits allow.
///
/// A frame of a larger window than 8 MiB is read if the memory allowed is twice that window.
pub(super) fn unzstd(bytes: &[u8], limits: Limits) -> Result<Vec<u8>, Unreadable> {
    let half = (limits.heap / 2).max(1).ilog2();
    let window = half.clamp(WINDOW, LARGEST_WINDOW);
    let cause = |error: &std::io::Error| match error.kind() {
        ErrorKind::UnexpectedEof => Unreadable::TruncatedZstd,
        // The library has no other sign of it than its text.
        _ if error.to_string().contains("too much memory") => Unreadable::TooMuchMemory,
        _ => Unreadable::CorruptZstd,
    };
    let mut decoder = Decoder::with_buffer(bytes).map_err(|error| cause(&error))?;
    let set = decoder.window_log_max(window);
    set.map_err(|error| cause(&error))?;
    let mut output = Output::new(0, limits);
    output.fill(&mut decoder, cause)?;
    Ok(output.finish())
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    /// One frame with its checksum.
    pub(in crate::cloudtrail) fn zstd(bytes: &[u8]) -> Vec<u8> {
        with_window(bytes, 21)
    }

    fn with_window(bytes: &[u8], window: u32) -> Vec<u8> {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        encoder.include_checksum(true).unwrap();
        encoder.window_log(window).unwrap();
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    const TEXT: &[u8] = b"{\"Records\":[]} and some more text, some more text";

    #[test]
    fn all_frames_are_inflated_one_after_another() {
        let file = [zstd(b"one "), zstd(b""), zstd(b"two "), zstd(b"three")].concat();
        assert_eq!(unzstd(&file, Limits::of(100)).unwrap(), b"one two three");
        // A frame that is to be skipped.
        let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 7, 7][..], &file].concat();
        assert_eq!(unzstd(&skipped, Limits::of(100)).unwrap(), b"one two three");
    }

    #[test]
    fn every_truncation_and_every_changed_byte_is_told() {
        let file = zstd(TEXT);
        for length in 1..file.len() {
            let result = unzstd(&file[..length], Limits::of(100));
            assert_eq!(result, Err(Unreadable::TruncatedZstd), "{length} bytes");
        }
        for at in 0..file.len() {
            let mut file = file.clone();
            file[at] ^= 0x55;
            // A window may be larger than it need be.
            let result = unzstd(&file, Limits::of(1 << 27));
            assert!(
                result.is_err() || result.as_deref() == Ok(TEXT),
                "byte {at}"
            );
        }
        let trailing = [&file[..], b"hello"].concat();
        let result = unzstd(&trailing, Limits::of(1000));
        assert_eq!(result, Err(Unreadable::CorruptZstd));
    }

    #[test]
    fn the_cap_counts_over_all_frames_and_a_bomb_stops_at_it() {
        let file = [zstd(&[b'a'; 600]), zstd(&[b'b'; 400])].concat();
        assert_eq!(unzstd(&file, Limits::of(1000)).unwrap().len(), 1000);
        assert_eq!(unzstd(&file, Limits::of(999)), Err(Unreadable::TooLarge));
        let bomb = zstd(&vec![0; 64 << 20]);
        assert!(bomb.len() < 80_000);
        let small = Limits {
            uncompressed: 1 << 30,
            heap: 1 << 20,
        };
        assert_eq!(
            unzstd(&bomb, Limits::of(1 << 20)),
            Err(Unreadable::TooLarge)
        );
        assert_eq!(unzstd(&bomb, small), Err(Unreadable::TooMuchMemory));
    }

    #[test]
    fn a_large_window_is_given_only_where_memory_is() {
        let file = with_window(&vec![7; 1 << 16], 25);
        let limits = |heap| Limits {
            uncompressed: 1 << 20,
            heap,
        };
        assert_eq!(
            unzstd(&file, limits(1 << 22)),
            Err(Unreadable::TooMuchMemory)
        );
        assert_eq!(unzstd(&file, limits(1 << 26)).unwrap().len(), 1 << 16);
    }

    proptest! {
        #[test]
        fn any_bytes_are_inflated_or_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let limits = Limits::of(1 << 16);
            prop_assert_eq!(unzstd(&zstd(&bytes), limits).unwrap(), bytes.clone());
            let _ = unzstd(&[&ZSTD_MAGIC, &bytes[..]].concat(), limits);
        }
    }
}
