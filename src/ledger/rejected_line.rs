//! A line of a rejects object, read back.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

/// One line of a rejects object.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RejectedLine {
    /// The address of the raw object.
    pub source: String,
    /// What the row's `sourcefile` would say.
    pub sourcefile: String,
    /// The record's position in its object, from 0.
    pub index: u64,
    /// The record, if it is UTF-8; what is not can never be a row.
    #[serde(default)]
    pub record: Option<String>,
    /// The record's bytes, where they are not UTF-8.
    #[serde(default)]
    record_base64: Option<String>,
}

impl RejectedLine {
    /// The record as it was delivered; none if the line does not have it.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match (&self.record, &self.record_base64) {
            (Some(record), _) => Some(record.as_bytes().to_vec()),
            (None, Some(base64)) => STANDARD.decode(base64).ok(),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_the_delivered_bytes_of_its_record() {
        let bytes = |record: &str| {
            let line =
                format!(r#"{{"source":"/a","sourcefile":"a","index":0,"code":"x",{record}}}"#);
            serde_json::from_str::<RejectedLine>(&line).unwrap().bytes()
        };
        assert_eq!(bytes(r#""record":"5""#).as_deref(), Some(&b"5"[..]));
        assert_eq!(
            bytes(r#""record_base64":"/w==""#).as_deref(),
            Some(&[0xff][..])
        );
        assert_eq!(bytes(r#""record_base64":"?""#), None);
    }
}
