//! Numbers and sizes as people read and write them; the only user of bytesize.

use bytesize::ByteSize;
use indicatif::HumanCount;

/// A number with commas between thousands.
pub(crate) fn count(number: u64) -> String {
    HumanCount(number).to_string()
}

/// A size as `12.34 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    format!("{:.2}", ByteSize(bytes).display().iec())
}

/// Reads `512MiB`, `1.5GB`, `2G` or plain bytes.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let ByteSize(bytes) = text
        .parse()
        .map_err(|_| format!("{text:?} is no size: write 512MiB, 2GB or plain bytes"))?;
    // What is too large saturates.
    match bytes {
        0 | u64::MAX => Err("the size is out of range".to_owned()),
        bytes => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(parse_size("512MiB"), Ok(512 << 20));
        assert_eq!(parse_size("1GB"), Ok(1_000_000_000));
        assert_eq!(parse_size("2G"), Ok(2_000_000_000));
        assert_eq!(parse_size("1.5 GB"), Ok(1_500_000_000));
        assert_eq!(parse_size("123"), Ok(123));
        for wrong in ["", "MiB", "-1", "1X", "0", "0.1", "99999999999GiB"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_shown_in_binary_units() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(1 << 20), "1.00 MiB");
        assert_eq!(size(12_939_428), "12.34 MiB");
        assert_eq!(count(1_234_567), "1,234,567");
    }
}
