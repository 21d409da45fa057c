//! The public keys by which digests are signed.

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Public keys by fingerprint.
#[derive(Debug, Clone, Default)]
pub struct PublicKeys(BTreeMap<String, Arc<ParsedPublicKey>>);

/// Why something is no list of public keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPublicKeys {
    /// It is not what `aws cloudtrail list-public-keys` prints.
    #[error("it is not what `aws cloudtrail list-public-keys` prints ({0})")]
    NoList(String),
    /// A key is no RSA key in DER.
    #[error("the key {0} is no RSA public key in DER")]
    NoKey(String),
    /// A key has another fingerprint than the one beside it.
    #[error("the key {listed} has the fingerprint {found}")]
    OtherFingerprint {
        /// The fingerprint beside it.
        listed: String,
        /// Its own.
        found: String,
    },
}

/// What `aws cloudtrail list-public-keys` prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyList {
    public_key_list: Vec<ListedKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedKey {
    value: String,
    fingerprint: Option<String>,
}

impl PublicKeys {
    /// Adds the keys that `aws cloudtrail list-public-keys` has printed.
    ///
    /// # Errors
    /// Why the text is no such list.
    pub fn add_list(&mut self, json: &[u8]) -> Result<(), NoPublicKeys> {
        let no_list = |error: &dyn std::fmt::Display| NoPublicKeys::NoList(error.to_string());
        let list: KeyList = serde_json::from_slice(json).map_err(|error| no_list(&error))?;
        for key in list.public_key_list {
            let der = STANDARD
                .decode(key.value.trim())
                .map_err(|error| no_list(&error))?;
            self.add(&der, key.fingerprint.as_deref())?;
        }
        Ok(())
    }

    /// Adds a key in DER, as PKCS #1 or as SubjectPublicKeyInfo has it. A fingerprint is the MD5 of
    /// these bytes; one that is listed beside them must be it.
    ///
    /// # Errors
    /// Why these bytes are not that key.
    pub fn add(&mut self, der: &[u8], listed: Option<&str>) -> Result<(), NoPublicKeys> {
        let fingerprint = fingerprint(der);
        if let Some(listed) = listed.filter(|listed| !listed.eq_ignore_ascii_case(&fingerprint)) {
            return Err(NoPublicKeys::OtherFingerprint {
                listed: listed.to_owned(),
                found: fingerprint,
            });
        }
        let Ok(key) = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der) else {
            return Err(NoPublicKeys::NoKey(fingerprint));
        };
        self.0.insert(fingerprint, Arc::new(key));
        Ok(())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the key of this fingerprint is known.
    pub fn has(&self, fingerprint: &str) -> bool {
        self.0.contains_key(fingerprint)
    }

    /// Whether the key of this fingerprint signed the text; `signature` is hexadecimal.
    pub fn has_signed(&self, fingerprint: &str, text: &str, signature: &str) -> bool {
        let (Some(key), Some(signature)) = (self.0.get(fingerprint), from_hex(signature)) else {
            return false;
        };
        key.verify_sig(text.as_bytes(), &signature).is_ok()
    }
}

fn fingerprint(der: &[u8]) -> String {
    let md5 = Md5::digest(der);
    md5.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (digits, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let byte = |&[high, low]: &[u8; 2]| Some((digit(high)? << 4 | digit(low)?) as u8);
    digits.iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::encoding::AsDer as _;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};

    fn list(der: &[u8], fingerprint: &str) -> String {
        let value = STANDARD.encode(der);
        format!(
            r#"{{"PublicKeyList":[{{"Value":"{value}","ValidityStartTime":"2024-05-01T00:00:00+00:00","ValidityEndTime":1717200000.0,"Fingerprint":"{fingerprint}"}}]}}"#
        )
    }

    #[test]
    fn a_key_is_read_in_both_encodings_and_known_by_the_md5_of_each() {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let text = "2024-05-01T01:02:03Z\nb/o\n00\nnull";
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            text.as_bytes(),
            &mut signature,
        )
        .unwrap();
        let hex: String = signature.iter().map(|byte| format!("{byte:02X}")).collect();
        let pkcs1 = pair.public_key().as_ref().to_vec();
        let info = pair.public_key().as_der().unwrap().as_ref().to_vec();
        assert_eq!((pkcs1.len(), info.len()), (270, 294));
        for der in [pkcs1, info] {
            let mut keys = PublicKeys::default();
            let name = fingerprint(&der);
            keys.add_list(list(&der, &name).as_bytes()).unwrap();
            assert!(keys.has(&name) && keys.len() == 1 && !keys.is_empty());
            assert!(keys.has_signed(&name, text, &hex));
            assert!(keys.has_signed(&name, text, &hex.to_lowercase()));
            assert!(!keys.has_signed(&name, &text.replace("null", "Null"), &hex));
            assert!(!keys.has_signed(&name, text, &hex[2..]));
            assert!(!keys.has_signed(&name, text, &hex.replace('0', "x")));
            assert!(!keys.has_signed(&name.replace(char::is_numeric, "0"), text, &hex));
        }
    }

    #[test]
    fn what_is_no_list_of_keys_is_refused() {
        let add = |text: &str| PublicKeys::default().add_list(text.as_bytes()).unwrap_err();
        for text in ["", "{}", "[]", r#"{"PublicKeyList":[{"Value":"%"}]}"#] {
            assert!(matches!(add(text), NoPublicKeys::NoList(_)), "{text}");
        }
        let no_key = add(&list(b"x", &fingerprint(b"x")));
        assert!(matches!(no_key, NoPublicKeys::NoKey(_)), "{no_key}");
        let other = add(&list(b"x", "00"));
        assert!(
            matches!(other, NoPublicKeys::OtherFingerprint { .. }),
            "{other}"
        );
    }

    #[test]
    fn the_fingerprint_is_the_md5_in_lower_case_digits() {
        assert_eq!(fingerprint(b""), "d41d8cd98f00b204e9800998ecf8427e");
    }
}
