//! Trails that deliver log files and signed digests, in CloudTrail's exact form.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloudtrail2parquet::cloudtrail::{Sha256, gzip};
use jiff::{Timestamp, ToSpan};
use md5::{Digest as _, Md5};
use std::collections::BTreeMap;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const BUCKET: &str = "trail-logs";

/// A key pair, as CloudTrail has one for a month.
pub(crate) struct Signer {
    pair: KeyPair,
}

impl Signer {
    pub(crate) fn new() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        Self { pair }
    }

    fn der(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    pub(crate) fn fingerprint(&self) -> String {
        hex(&Md5::digest(self.der()))
    }

    pub(crate) fn sign(&self, text: &str) -> String {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        let text = text.as_bytes();
        self.pair
            .sign(&RSA_PKCS1_SHA256, &random, text, &mut signature)
            .unwrap();
        hex(&signature)
    }

    /// What `aws cloudtrail list-public-keys` prints.
    pub(crate) fn list(signers: &[&Self]) -> String {
        let key = |signer: &&Self| {
            format!(
                r#"{{"Value":"{}","ValidityStartTime":"2024-01-01T00:00:00+00:00","ValidityEndTime":"2024-02-01T00:00:00+00:00","Fingerprint":"{}"}}"#,
                STANDARD.encode(signer.der()),
                signer.fingerprint()
            )
        };
        let keys: Vec<String> = signers.iter().map(key).collect();
        format!(r#"{{"PublicKeyList":[{}]}}"#, keys.join(","))
    }
}

/// What lies in a bucket under a key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) bytes: Vec<u8>,
    /// The metadata of a digest.
    pub(crate) signature: Option<String>,
}

/// A bucket.
pub(crate) type Objects = BTreeMap<String, Object>;

/// A trail in one region of one account.
#[derive(Clone)]
pub(crate) struct Trail {
    pub(crate) name: String,
    /// What keys begin with before the account.
    pub(crate) root: String,
    pub(crate) is_backfill: bool,
    /// The digest before the next one: its key, hash and signature.
    pub(crate) previous: Option<(String, Sha256, String)>,
}

/// The log files of an hour: what their names are unique by, and their content.
pub(crate) type Logs = Vec<(String, String)>;

impl Trail {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            root: "AWSLogs/".to_owned(),
            is_backfill: false,
            previous: None,
        }
    }

    pub(crate) fn log_key(&self, start: Timestamp, unique: &str) -> String {
        let (day, time) = (start.strftime("%Y/%m/%d"), start.strftime("%Y%m%dT%H%MZ"));
        let root = &self.root;
        format!(
            "{root}{ACCOUNT}/CloudTrail/{REGION}/{day}/{ACCOUNT}_CloudTrail_{REGION}_{time}_{unique}.json.gz"
        )
    }

    pub(crate) fn digest_key(&self, end: Timestamp) -> String {
        let (day, time) = (end.strftime("%Y/%m/%d"), end.strftime("%Y%m%dT%H%M%SZ"));
        let (root, name) = (&self.root, &self.name);
        let backfill = if self.is_backfill { "_backfill" } else { "" };
        format!(
            "{root}{ACCOUNT}/CloudTrail-Digest/{REGION}/{day}/{ACCOUNT}_CloudTrail-Digest_{REGION}_{name}_us-east-1_{time}{backfill}.json.gz"
        )
    }

    /// Delivers the log files of an hour, and their digest.
    pub(crate) fn hour(
        &mut self,
        objects: &mut Objects,
        signer: &Signer,
        start: Timestamp,
        logs: &Logs,
    ) {
        let mut listed = Vec::new();
        for (unique, content) in logs {
            let key = self.log_key(start, unique);
            listed.push(log_file(&key, content));
            let bytes = gzip(content.as_bytes());
            objects.insert(
                key,
                Object {
                    bytes,
                    signature: None,
                },
            );
        }
        self.digest(
            objects,
            signer,
            (start, start + 1.hour()),
            &listed.join(","),
        );
    }

    /// Delivers a digest alone.
    pub(crate) fn digest(
        &mut self,
        objects: &mut Objects,
        signer: &Signer,
        (start, end): (Timestamp, Timestamp),
        log_files: &str,
    ) {
        let key = self.digest_key(end);
        let text =
            |value: Option<String>| value.map_or("null".to_owned(), |value| format!("\"{value}\""));
        let previous = self.previous.as_ref();
        let body = format!(
            r#"{{"awsAccountId":"{ACCOUNT}","digestStartTime":"{start}","digestEndTime":"{end}","digestS3Bucket":"{BUCKET}","digestS3Object":"{key}","digestPublicKeyFingerprint":"{}","digestSignatureAlgorithm":"SHA256withRSA","newestEventTime":null,"oldestEventTime":null,"previousDigestS3Bucket":{},"previousDigestS3Object":{},"previousDigestHashValue":{},"previousDigestHashAlgorithm":{},"previousDigestSignature":{},"logFiles":[{log_files}]}}"#,
            signer.fingerprint(),
            text(previous.map(|_| BUCKET.to_owned())),
            text(previous.map(|(key, ..)| key.clone())),
            text(previous.map(|(_, sha256, _)| sha256.to_string())),
            text(previous.map(|_| "SHA-256".to_owned())),
            text(previous.map(|(.., signature)| signature.clone())),
        );
        let sha256 = Sha256::of(body.as_bytes());
        let before = previous.map_or("null", |(.., signature)| signature);
        let signature = signer.sign(&format!("{end}\n{BUCKET}/{key}\n{sha256}\n{before}"));
        let object = Object {
            bytes: gzip(body.as_bytes()),
            signature: Some(signature.clone()),
        };
        objects.insert(key.clone(), object);
        self.previous = Some((key, sha256, signature));
    }
}

/// What a digest says of a log file.
pub(crate) fn log_file(key: &str, content: &str) -> String {
    format!(
        r#"{{"s3Bucket":"{BUCKET}","s3Object":"{key}","hashValue":"{}","hashAlgorithm":"SHA-256","newestEventTime":"2024-01-01T00:00:00Z","oldestEventTime":"2024-01-01T00:00:00Z"}}"#,
        Sha256::of(content.as_bytes())
    )
}

/// A log file of one event.
pub(crate) fn log(id: &str, time: Timestamp) -> String {
    format!(
        r#"{{"Records":[{{"eventVersion":"1.11","eventID":"{id}","eventTime":"{time}","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"{REGION}","recipientAccountId":"{ACCOUNT}"}}]}}"#
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
