//! Least and greatest of texts, cut to a length as `parquet`'s own writer cuts them.

use parquet::data_type::ByteArray;
use parquet::file::statistics::{Statistics, ValueStatistics};

/// The least and the greatest of texts, if there are any.
pub(super) fn extremes<'t>(
    mut texts: impl Iterator<Item = &'t [u8]>,
) -> Option<(&'t [u8], &'t [u8])> {
    let first = texts.next()?;
    Some(texts.fold((first, first), |(least, greatest), text| {
        (least.min(text), greatest.max(text))
    }))
}

/// The statistics of a chunk.
pub(super) fn of_chunk(
    extremes: Option<(&[u8], &[u8])>,
    nulls: usize,
    length: Option<usize>,
) -> Statistics {
    let cut = extremes.map(|(least, greatest)| {
        let (cut_least, cut_greatest) = (least_of(least, length), greatest_of(greatest, length));
        let exact = (cut_least == least, cut_greatest == greatest);
        (cut_least, cut_greatest, exact)
    });
    let (least, greatest, exact) =
        cut.map_or((None, None, (true, true)), |(least, greatest, exact)| {
            (
                Some(ByteArray::from(least)),
                Some(ByteArray::from(greatest)),
                exact,
            )
        });
    let nulls = Some(nulls as u64);
    let statistics = ValueStatistics::new(least, greatest, None, nulls, false)
        .with_min_is_exact(exact.0)
        .with_max_is_exact(exact.1);
    Statistics::ByteArray(statistics)
}

/// A text that is no greater, of at most `length` bytes.
pub(super) fn least_of(text: &[u8], length: Option<usize>) -> Vec<u8> {
    let whole = || text.to_vec();
    let Some(length) = length.filter(|length| text.len() > *length) else {
        return whole();
    };
    match std::str::from_utf8(text) {
        Ok(text) => match text.floor_char_boundary(length) {
            0 => whole(),
            end => text.as_bytes()[..end].to_vec(),
        },
        Err(_) => text[..length].to_vec(),
    }
}

/// A text that is no less, of at most `length` bytes; the whole, if there is none.
pub(super) fn greatest_of(text: &[u8], length: Option<usize>) -> Vec<u8> {
    let cut = length.filter(|length| text.len() > *length);
    let cut = cut.and_then(|length| match std::str::from_utf8(text) {
        Ok(text) => next_text(&text[..text.floor_char_boundary(length)]),
        Err(_) => next_bytes(text[..length].to_vec()),
    });
    cut.unwrap_or_else(|| text.to_vec())
}

/// The text with its last character that has a successor of equal length replaced by it, up to there.
fn next_text(text: &str) -> Option<Vec<u8>> {
    text.char_indices().rev().find_map(|(start, last)| {
        let next = char::from_u32(last as u32 + 1)?;
        let mut bytes = text.as_bytes()[..start + last.len_utf8()].to_vec();
        (next.len_utf8() == last.len_utf8()).then(|| {
            next.encode_utf8(&mut bytes[start..]);
            bytes
        })
    })
}

fn next_bytes(mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let last = bytes.iter().rposition(|byte| *byte < u8::MAX)?;
    bytes[last + 1..].fill(0);
    bytes[last] += 1;
    Some(bytes)
}
