//! The content of a digest.

use crate::cloudtrail::gunzip::MAGIC;
use crate::cloudtrail::{Limits, Sha256, gunzip};
use jiff::Timestamp;
use serde::Deserialize;

/// Largest digest read, uncompressed, in bytes: half a million log files in one hour.
const MOST_BYTES: u64 = 256 << 20;

/// The one algorithm by which digests are signed.
pub(super) const SIGNATURE_ALGORITHM: &str = "SHA256withRSA";

/// The one algorithm by which files are hashed.
const HASH_ALGORITHM: &str = "SHA-256";

/// A digest: the log files that were delivered in an hour, and the digest before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The account.
    pub account: String,
    /// When the deliveries that it lists began.
    pub start: Timestamp,
    /// When they ended.
    pub end: Timestamp,
    /// The same as it stands in the digest, which is signed.
    pub end_text: String,
    /// The bucket that it was delivered to.
    pub bucket: String,
    /// Its key there.
    pub object: String,
    /// The fingerprint of the public key.
    pub fingerprint: String,
    /// How it is signed.
    pub signature_algorithm: String,
    /// The digest before it; none in a starting digest.
    pub previous: Option<Previous>,
    /// The log files.
    pub logs: Vec<DeliveredLog>,
    /// SHA-256 of its own bytes, uncompressed.
    pub sha256: Sha256,
}

/// What a digest says of the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// The bucket that it was delivered to.
    pub bucket: String,
    /// Its key there.
    pub object: String,
    /// SHA-256 of its bytes, uncompressed.
    pub sha256: Sha256,
    /// Its signature in hexadecimal digits.
    pub signature: String,
}

/// What a digest says of a log file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredLog {
    /// The bucket that it was delivered to.
    pub bucket: String,
    /// Its key there.
    pub object: String,
    /// SHA-256 of its content, uncompressed.
    pub sha256: Sha256,
}

/// A digest as it is delivered.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    aws_account_id: String,
    digest_start_time: Timestamp,
    digest_end_time: String,
    digest_s3_bucket: String,
    digest_s3_object: String,
    digest_public_key_fingerprint: String,
    digest_signature_algorithm: String,
    previous_digest_s3_bucket: Option<String>,
    previous_digest_s3_object: Option<String>,
    previous_digest_hash_value: Option<String>,
    previous_digest_hash_algorithm: Option<String>,
    previous_digest_signature: Option<String>,
    log_files: Vec<LogFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogFile {
    s3_bucket: String,
    s3_object: String,
    hash_value: String,
    hash_algorithm: String,
}

/// Reads a digest as it is delivered, or inflated.
///
/// # Errors
/// Why it is none.
pub fn read_digest(delivered: &[u8]) -> Result<Digest, String> {
    let inflated;
    let bytes = match delivered.starts_with(&MAGIC) {
        true => {
            let limits = Limits::of(MOST_BYTES);
            inflated = gunzip(delivered, limits).map_err(|error| error.to_string())?;
            &inflated[..]
        }
        false => delivered,
    };
    let body: Body = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let end = body.digest_end_time.parse();
    Ok(Digest {
        end: end.map_err(|error: jiff::Error| format!("digestEndTime: {error}"))?,
        previous: previous(&body)?,
        account: body.aws_account_id,
        start: body.digest_start_time,
        end_text: body.digest_end_time,
        bucket: body.digest_s3_bucket,
        object: body.digest_s3_object,
        fingerprint: body.digest_public_key_fingerprint,
        signature_algorithm: body.digest_signature_algorithm,
        logs: body
            .log_files
            .into_iter()
            .map(log)
            .collect::<Result<_, _>>()?,
        sha256: Sha256::of(bytes),
    })
}

/// All five members of the previous digest, or none of them.
fn previous(body: &Body) -> Result<Option<Previous>, String> {
    match (
        &body.previous_digest_s3_bucket,
        &body.previous_digest_s3_object,
        &body.previous_digest_hash_value,
        &body.previous_digest_hash_algorithm,
        &body.previous_digest_signature,
    ) {
        (None, None, None, None, None) => Ok(None),
        (Some(bucket), Some(object), Some(hash), Some(algorithm), Some(signature)) => {
            Ok(Some(Previous {
                bucket: bucket.clone(),
                object: object.clone(),
                sha256: hash_of("previousDigestHashValue", hash, algorithm)?,
                signature: signature.clone(),
            }))
        }
        _ => Err("it names half of a previous digest".to_owned()),
    }
}

fn log(file: LogFile) -> Result<DeliveredLog, String> {
    Ok(DeliveredLog {
        sha256: hash_of("hashValue", &file.hash_value, &file.hash_algorithm)?,
        bucket: file.s3_bucket,
        object: file.s3_object,
    })
}

fn hash_of(member: &str, value: &str, algorithm: &str) -> Result<Sha256, String> {
    if algorithm != HASH_ALGORITHM {
        return Err(format!(
            "{member} is of the unknown algorithm {algorithm:?}"
        ));
    }
    value.parse().map_err(|error| format!("{member}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudtrail::gzip;

    /// As the user guide shows one, without line ends.
    const STARTING: &str = r#"{"awsAccountId":"111122223333","digestStartTime":"2024-05-01T00:02:03Z","digestEndTime":"2024-05-01T01:02:03Z","digestS3Bucket":"b","digestS3Object":"AWSLogs/x","digestPublicKeyFingerprint":"31e8b5433410dfb61a9dc45cc65b22ff","digestSignatureAlgorithm":"SHA256withRSA","newestEventTime":null,"oldestEventTime":null,"previousDigestS3Bucket":null,"previousDigestS3Object":null,"previousDigestHashValue":null,"previousDigestHashAlgorithm":null,"previousDigestSignature":null,"logFiles":[]}"#;

    #[test]
    fn a_starting_digest_has_no_previous_one_and_reads_the_same_inflated() {
        let digest = read_digest(STARTING.as_bytes()).unwrap();
        assert_eq!(digest.previous, None);
        assert_eq!(digest.end_text, "2024-05-01T01:02:03Z");
        assert_eq!(digest.sha256, Sha256::of(STARTING.as_bytes()));
        assert_eq!(read_digest(&gzip(STARTING.as_bytes())), Ok(digest));
    }

    #[test]
    fn what_is_no_digest_is_told_why() {
        for (part, other, why) in [
            ("\"digestS3Bucket\":\"b\",", "", "digestS3Bucket"),
            ("\"logFiles\":[]", "\"logFiles\":null", "sequence"),
            ("T01:02:03Z", "", "digestEndTime"),
            (
                "Signature\":null",
                "Signature\":\"00\"",
                "half of a previous digest",
            ),
        ] {
            let text = STARTING.replacen(part, other, if part == "T01:02:03Z" { 1 } else { 9 });
            let error = read_digest(text.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let log = r#""logFiles":[{"s3Bucket":"b","s3Object":"o","hashValue":"00","hashAlgorithm":"SHA-256"}]"#;
        for log in [log.to_owned(), log.replace("SHA-256", "MD5")] {
            let text = STARTING.replace("\"logFiles\":[]", &log);
            assert!(
                read_digest(text.as_bytes())
                    .unwrap_err()
                    .starts_with("hashValue")
            );
        }
        let cut = gzip(STARTING.as_bytes());
        assert_eq!(read_digest(&cut[..40]).unwrap_err(), "truncated gzip");
    }
}
