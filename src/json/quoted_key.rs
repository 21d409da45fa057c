//! A key as it usually stands in a text, to be known at a glance.

/// Bytes that are compared at once; with the quotes and the colon, keys may have three less.
const WIDTH: usize = 32;

/// A key in its quotes with its colon, compared as masked words.
#[derive(Debug, Clone, Copy)]
pub struct QuotedKey {
    words: [u64; WIDTH / 8],
    masks: [u64; WIDTH / 8],
    len: usize,
}

impl QuotedKey {
    /// The quoted key; one that is too long, or would have to be escaped, is never met.
    pub fn new(key: &str) -> Self {
        let quoted = format!("\"{key}\":");
        let is_plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
        let fits = quoted.len() <= WIDTH && key.bytes().all(is_plain);
        let (mut bytes, mut mask) = ([0; WIDTH], [0; WIDTH]);
        // NUL stands in no JSON text: what does not fit begins none.
        let pattern = if fits { quoted.as_bytes() } else { b"\0" };
        bytes[..pattern.len()].copy_from_slice(pattern);
        mask[..pattern.len()].fill(0xff);
        Self {
            words: words(&bytes),
            masks: words(&mask),
            len: pattern.len(),
        }
    }

    /// The bytes that it takes.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether a text begins with it; a text of fewer than 32 bytes is said not to.
    #[inline]
    pub(super) fn begins(&self, text: &[u8]) -> bool {
        let Some(head) = text.first_chunk::<WIDTH>() else {
            return false;
        };
        let found = words(head);
        let differs = |at: usize| (found[at] ^ self.words[at]) & self.masks[at];
        differs(0) | differs(1) | differs(2) | differs(3) == 0
    }
}

#[inline]
fn words(bytes: &[u8; WIDTH]) -> [u64; WIDTH / 8] {
    let (chunks, _) = bytes.as_chunks::<8>();
    std::array::from_fn(|at| u64::from_le_bytes(chunks[at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_quotes_and_colon() {
        let key = QuotedKey::new("eventID");
        let begins = |text: &str| key.begins(format!("{text:40}").as_bytes());
        assert!(begins(r#""eventID":1"#));
        for text in [
            r#""eventID" :1"#,
            r#""eventId":1"#,
            r#""eventIDs":1"#,
            r#" "eventID":1"#,
            r#""eventI":1"#,
        ] {
            assert!(!begins(text), "{text}");
        }
        assert!(!key.begins(br#""eventID":1"#), "the end of a text is near");
    }

    #[test]
    fn keys_of_up_to_29_bytes_are_known_and_others_never() {
        for length in [0, 1, 28, 29, 30, 100] {
            let name = "k".repeat(length);
            let text = format!("\"{name}\":{}", " ".repeat(40));
            let begins = QuotedKey::new(&name).begins(text.as_bytes());
            assert_eq!(begins, length <= 29, "{length}");
        }
        for name in ["a\"b", "a\\b", "a\nb", "\0"] {
            let text = format!("\"{name}\":{}", " ".repeat(40));
            assert!(!QuotedKey::new(name).begins(text.as_bytes()), "{name:?}");
        }
    }
}
