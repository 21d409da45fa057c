//! Reading an object, again when its body breaks on its way.

use std::ops::Range;
use std::time::Duration;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::get_object::builders::GetObjectFluentBuilder;
use bytes::Bytes;

use super::{S3, fault, sleep_about, version};
use crate::store::{Action, Entry, ErrorKind, Result};

/// Reads of one object whose body broke on its way; the SDK has no retry for those. Where three
/// bodies in ten break, twelve in a row do for one object in two million.
const BODY_ATTEMPTS: u32 = 12;

/// Before the second read; twice as long before each further one, up to [`LONGEST_PAUSE`]. All
/// pauses of an object together are about ten seconds, and at most fifteen.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A body of unknown length gets memory as it comes; one that says its length gets at most this
/// at once, since what it says may be wrong.
const MOST_AT_ONCE: u64 = 64 << 20;

impl S3 {
    pub(in crate::store) async fn get(&self, key: &str) -> Result<Bytes> {
        let request = self.get_request(key).await?;
        self.read(key, request, None).await
    }

    pub(in crate::store) async fn get_listed(&self, listed: &Entry) -> Result<Bytes> {
        let mut request = self.get_request(&listed.key).await?;
        if !version::is_made_up(&listed.etag) {
            request = request.if_match(&listed.etag);
        }
        self.read(&listed.key, request, Some(listed)).await
    }

    pub(in crate::store) async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes> {
        let last = range.end.saturating_sub(1);
        let request = self.get_request(key).await?;
        let request = request.range(format!("bytes={}-{last}", range.start));
        self.read(key, request, None).await
    }

    async fn get_request(&self, key: &str) -> Result<GetObjectFluentBuilder> {
        let inner = &self.inner;
        let request = self
            .client()
            .await?
            .get_object()
            .bucket(&inner.bucket)
            .key(self.full(key));
        Ok(request
            .set_request_payer(inner.payer.clone())
            .set_expected_bucket_owner(inner.owner.clone()))
    }

    async fn read(
        &self,
        key: &str,
        request: GetObjectFluentBuilder,
        listed: Option<&Entry>,
    ) -> Result<Bytes> {
        let mut attempt = 1;
        loop {
            let sent = request.clone().send().await;
            let output = sent.map_err(|error| self.fault(Action::Read, key, error))?;
            let said = output.content_length().map(u64::try_from);
            let said = said.and_then(std::result::Result::ok);
            if let Some(listed) = listed {
                // Some compatible services pass over If-Match.
                let is_longer = said.is_some_and(|length| length > listed.size);
                if is_longer || !version::is_of(&output, &listed.etag) {
                    let reason = "it was replaced";
                    return Err(self.error(Action::Read, ErrorKind::Changed, key, reason));
                }
            }
            let broken = match body(output, said, listed.map(|listed| listed.size)).await {
                Ok(bytes) => return Ok(bytes),
                Err(broken) => broken,
            };
            if attempt == BODY_ATTEMPTS {
                return Err(self.error(Action::Read, ErrorKind::Transient, key, broken));
            }
            sleep_about(LONGEST_PAUSE.min(FIRST_PAUSE * (1 << (attempt - 1)))).await;
            attempt += 1;
        }
    }
}

/// The body, if it has the length that the answer says and the one that was listed; how it broke
/// otherwise. A body that was cut where a record ends looks whole by itself.
async fn body(
    output: GetObjectOutput,
    said: Option<u64>,
    listed: Option<u64>,
) -> std::result::Result<Bytes, String> {
    let most = listed.or(said).unwrap_or(u64::MAX);
    let first = said.unwrap_or_default().min(most).min(MOST_AT_ONCE);
    let mut bytes = Vec::with_capacity(usize::try_from(first).unwrap_or_default());
    let mut body = output.body;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| format!("its body broke off: {}", fault::chain(&error)));
        bytes.extend_from_slice(&chunk?);
        if bytes.len() as u64 > most {
            break;
        }
    }
    let length = bytes.len() as u64;
    match (listed, said) {
        (Some(size), _) if size != length => Err(format!(
            "its body ended after {length} bytes, and {size} were listed"
        )),
        (_, Some(size)) if size != length => Err(format!(
            "its body ended after {length} bytes, and {size} were announced"
        )),
        _ => Ok(bytes.into()),
    }
}
