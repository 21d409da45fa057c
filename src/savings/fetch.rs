//! What a Trino reader fetches of a Parquet object.
//!
//! As Trino documents it (`parquet.small-file-threshold`, `parquet.max-merge-distance`,
//! `parquet.max-buffer-size`, at their defaults): a small file whole; of another the tail, the
//! rest of a footer that is longer, and the column chunks that are needed, those that are
//! close together in one request.

use std::ops::Range;

/// A file up to this size is read in one piece.
const SMALL_FILE: u64 = 3 << 20;

/// What is read first of other files, in the hope that it holds the footer.
const TAIL: u64 = 48 << 10;

/// Ranges this far apart at most are read together, with what lies between them.
const MERGE_DISTANCE: u64 = 1 << 20;

/// Together they are no longer than this.
const MAX_BUFFER: u64 = 8 << 20;

/// Whether the whole file is read, whatever is asked of it.
pub(super) fn is_read_whole(size: u64) -> bool {
    size <= SMALL_FILE
}

/// Bytes read to learn what is in a file that is not small, whose footer has `footer` bytes.
pub(super) fn footer_bytes(size: u64, footer: u64) -> u64 {
    let tail = TAIL.min(size);
    // A footer that is longer is read again, whole.
    if footer > tail { tail + footer } else { tail }
}

/// Bytes read to get `ranges`.
pub(super) fn merged_bytes(mut ranges: Vec<Range<u64>>) -> u64 {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut bytes = 0;
    let mut open: Option<Range<u64>> = None;
    for range in ranges {
        open = Some(match open {
            Some(merged)
                if range.start <= merged.end + MERGE_DISTANCE
                    && range.end.max(merged.end) - merged.start <= MAX_BUFFER =>
            {
                merged.start..range.end.max(merged.end)
            }
            Some(merged) => {
                bytes += merged.end - merged.start;
                range
            }
            None => range,
        });
    }
    bytes + open.map_or(0, |merged| merged.end - merged.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn ranges_that_are_close_are_read_with_what_lies_between() {
        assert_eq!(merged_bytes(vec![]), 0);
        assert_eq!(merged_bytes(vec![0..10, 20..30]), 30);
        assert_eq!(merged_bytes(vec![20..30, 0..10]), 30);
        assert_eq!(merged_bytes(vec![0..10, 10 + MIB..20 + MIB]), 20 + MIB);
        assert_eq!(merged_bytes(vec![0..10, 11 + MIB..21 + MIB]), 20);
    }

    #[test]
    fn no_more_is_read_together_than_a_buffer_holds() {
        let ranges = (0..12).map(|n| n * MIB..n * MIB + MIB / 2).collect();
        // Eight are read with the seven gaps between them, four with three.
        assert_eq!(merged_bytes(ranges), 7 * MIB + MIB / 2 + 3 * MIB + MIB / 2);
    }

    #[test]
    fn a_long_footer_is_read_after_the_tail() {
        assert_eq!(footer_bytes(10 * MIB, 1000), TAIL);
        assert_eq!(footer_bytes(10 * MIB, TAIL + 1), TAIL + TAIL + 1);
        assert!(is_read_whole(3 * MIB) && !is_read_whole(3 * MIB + 1));
    }
}
