//! A gzip file of one member to bytes, at once: nearly all files are that.

use std::cell::RefCell;

use libdeflater::Decompressor;
use memchr::memmem;

thread_local! {
    /// Its tables take longer to make than a small file to inflate.
    static DECOMPRESSOR: RefCell<Decompressor> = RefCell::new(Decompressor::new());
}

/// The bytes of a file that is one whole member and nothing besides, if they are no more than `most`.
///
/// None of every other file, whatever is right or wrong with it: that is for a decoder that tells.
pub(super) fn inflate_one_member(file: &[u8], most: usize) -> Option<Vec<u8>> {
    // A member ends with the CRC-32 of its bytes and their number (RFC 1952 section 2.3.1).
    let number: &[u8; 4] = file.last_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*number)).ok()?;
    // libdeflate reads the first member and checks how it ends, but does not say where: if it has as many
    // bytes as the file's last four say, which stand nowhere before, it is at the end.
    if length > most || memmem::find(file, number)? + number.len() != file.len() {
        return None;
    }
    let mut bytes = vec![0; length];
    let inflated =
        DECOMPRESSOR.with_borrow_mut(|inflate| inflate.gzip_decompress(file, &mut bytes));
    (inflated == Ok(length)).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cloudtrail::gunzip::tests::gzip;

    const MOST: usize = 1 << 20;

    #[test]
    fn one_member_is_inflated_up_to_the_limit() {
        let text = b"text, text, text and text";
        let file = gzip(text);
        assert_eq!(inflate_one_member(&file, text.len()).unwrap(), text);
        assert_eq!(inflate_one_member(&file, text.len() - 1), None);
    }

    #[test]
    fn a_second_member_is_never_left_out_even_if_it_ends_as_the_first_does() {
        let (one, two) = (gzip(b"one"), gzip(b"two"));
        for file in [
            [&one[..], &two].concat(),
            [&one[..], &one].concat(),
            [&one[..], &two, &one].concat(),
            [&one[..], &gzip(b"")].concat(),
            [&gzip(b"")[..], &one].concat(),
        ] {
            assert_eq!(inflate_one_member(&file, MOST), None, "{file:?}");
        }
        let mut damaged = one.clone();
        *damaged.last_mut().unwrap() ^= 1;
        assert_eq!(inflate_one_member(&damaged, MOST), None);
        assert_eq!(
            inflate_one_member(&[&damaged[..], &one].concat(), MOST),
            None
        );
    }

    #[test]
    fn what_follows_a_member_is_never_left_out() {
        let file = gzip(b"text");
        let trailer = &file[file.len() - 8..];
        for tail in [
            &[0; 8][..],
            &[0; 512],
            b"x",
            &trailer[7..],
            trailer,
            &trailer[4..],
        ] {
            let file = [&file, tail].concat();
            assert_eq!(inflate_one_member(&file, MOST), None, "{tail:?}");
        }
    }

    proptest! {
        #[test]
        fn what_it_gives_is_what_was_deflated(
            members in prop::collection::vec(prop::collection::vec(0..3_u8, 0..20), 1..4),
            cut in 0..40_usize,
            change in any::<prop::sample::Index>(),
            bit in 0..9_u32,
        ) {
            let whole: Vec<u8> = members.iter().flat_map(|member| gzip(member)).collect();
            let mut file = whole.clone();
            file.truncate(file.len().saturating_sub(cut.saturating_sub(20)));
            let at = change.index(file.len().max(1));
            if let Some(byte) = file.get_mut(at) {
                *byte ^= (1_u32 << bit) as u8;
            }
            let given = inflate_one_member(&file, MOST);
            if file == whole {
                let number = &file[file.len() - 4..];
                let first = file.windows(4).position(|bytes| bytes == number);
                let is_told = members.len() == 1 && first == Some(file.len() - 4);
                prop_assert_eq!(given, is_told.then(|| members[0].clone()));
            } else {
                // A change that does not matter is one of the header's time or system.
                prop_assert!(given.is_none_or(|given| members.len() == 1 && given == members[0]));
            }
        }
    }
}
