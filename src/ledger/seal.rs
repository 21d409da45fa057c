//! The seal of a document: a last member that is the SHA-256 of all bytes before it.
//!
//! JSON alone hides most changes of a byte: one in a name or number parses as well as before.

use crate::cloudtrail::Sha256;

/// What stands before the hash, and after it.
const BEFORE: &[u8] = b",\"sha256\":\"";
const AFTER: &[u8] = b"\"}";

/// What a document's seal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seal {
    /// The bytes are those that were written.
    Whole,
    /// They are not.
    Broken,
    /// There is none: a document of the first programs of this format, or a damaged one.
    None,
}

/// The document, a JSON object with members, with its seal.
pub(super) fn seal(mut document: Vec<u8>) -> Vec<u8> {
    document.pop();
    let hash = Sha256::of(&document).to_string();
    document.extend_from_slice(BEFORE);
    document.extend_from_slice(hash.as_bytes());
    document.extend_from_slice(AFTER);
    document
}

/// What the seal of a document says.
pub(super) fn seal_of(document: &[u8]) -> Seal {
    let Some((content, hash)) = split(document) else {
        return Seal::None;
    };
    // As text: other spellings of a hash are changed bytes.
    match Sha256::of(content).to_string().as_bytes() == hash {
        true => Seal::Whole,
        false => Seal::Broken,
    }
}

fn split(document: &[u8]) -> Option<(&[u8], &[u8])> {
    let sealed = document.strip_suffix(AFTER)?;
    let (before, hash) = sealed.split_at_checked(sealed.len().checked_sub(64)?)?;
    Some((before.strip_suffix(BEFORE)?, hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_document_is_json_and_each_changed_byte_is_found() {
        let sealed = seal(br#"{"format":2,"name":"x"}"#.to_vec());
        let json: serde_json::Value = serde_json::from_slice(&sealed).unwrap();
        assert_eq!(json["name"], "x");
        assert_eq!(seal_of(&sealed), Seal::Whole);
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut changed = sealed.clone();
                changed[at] ^= 1 << bit;
                assert_ne!(seal_of(&changed), Seal::Whole, "{at} {bit}");
            }
        }
    }

    #[test]
    fn a_document_without_a_seal_has_none() {
        for text in ["", "{}", r#"{"format":2}"#, r#"{"a":"b","sha256":"12"}"#] {
            assert_eq!(seal_of(text.as_bytes()), Seal::None, "{text}");
        }
    }
}
