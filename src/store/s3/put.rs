//! Writing an object if none is there.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, ServerSideEncryption};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use super::{ATTEMPTS, S3, pause};
use crate::store::{Action, ErrorKind, PutOutcome, Result, StoreError};

/// Bodies above this go in parts, so that a broken connection costs one part.
const SINGLE_PUT_BYTES: usize = 64 << 20;

/// S3 takes at most 10,000 parts; at this size they hold more than a body in memory can be.
const PART_BYTES: usize = 32 << 20;

/// Parts in flight: enough to fill a fast link, few enough that several writers fit beside.
const PARTS_AT_ONCE: usize = 4;

/// Why an attempt wrote nothing.
enum Refused {
    /// An object is there.
    Exists,
    /// Another write of this key was under way; whether it will succeed is not known.
    Conflict(StoreError),
    Failed(StoreError),
}

impl S3 {
    pub(in crate::store) async fn put_if_absent(
        &self,
        key: &str,
        body: Bytes,
    ) -> Result<PutOutcome> {
        let mut attempt = 0;
        loop {
            let put = if body.len() > SINGLE_PUT_BYTES {
                self.put_parts(key, &body).await
            } else {
                self.put_whole(key, body.clone()).await
            };
            match put {
                Ok(()) => return Ok(PutOutcome::Written),
                Err(Refused::Exists) => return Ok(PutOutcome::AlreadyExists),
                Err(Refused::Failed(error)) => return Err(error),
                Err(Refused::Conflict(error)) if attempt + 1 == ATTEMPTS => return Err(error),
                Err(Refused::Conflict(_)) => attempt += 1,
            }
            pause(attempt).await;
        }
    }

    async fn put_whole(&self, key: &str, body: Bytes) -> std::result::Result<(), Refused> {
        let inner = &self.inner;
        let client = self.client().await.map_err(Refused::Failed)?;
        let request = client
            .put_object()
            .bucket(&inner.bucket)
            .key(self.full(key))
            .if_none_match("*");
        let request = request
            .body(ByteStream::from(body))
            .set_server_side_encryption(self.encryption())
            .set_ssekms_key_id(inner.kms_key.clone())
            .set_request_payer(inner.payer.clone())
            .set_expected_bucket_owner(inner.owner.clone());
        let sent = request.send().await;
        sent.map(drop).map_err(|error| self.refused(key, error))
    }

    async fn put_parts(&self, key: &str, body: &Bytes) -> std::result::Result<(), Refused> {
        let inner = &self.inner;
        let client = self.client().await.map_err(Refused::Failed)?;
        let request = client
            .create_multipart_upload()
            .bucket(&inner.bucket)
            .key(self.full(key));
        let request = request
            .set_server_side_encryption(self.encryption())
            .set_ssekms_key_id(inner.kms_key.clone())
            .set_request_payer(inner.payer.clone())
            .set_expected_bucket_owner(inner.owner.clone());
        let created = request
            .send()
            .await
            .map_err(|error| self.refused(key, error))?;
        let upload = created.upload_id().unwrap_or_default();
        match self.upload(key, upload, body).await {
            Ok(()) => Ok(()),
            Err(refused) => Err(self.abort(key, upload, refused).await),
        }
    }

    /// Removes the parts of an upload that was refused, and tells with the refusal if it cannot:
    /// they are no object but cost money, until a lifecycle rule of the bucket clears them.
    async fn abort(&self, key: &str, upload: &str, refused: Refused) -> Refused {
        let inner = &self.inner;
        let client = match self.client().await {
            Ok(client) => client,
            Err(_) => return refused,
        };
        let abort = client
            .abort_multipart_upload()
            .bucket(&inner.bucket)
            .key(self.full(key))
            .upload_id(upload)
            .set_request_payer(inner.payer.clone())
            .set_expected_bucket_owner(inner.owner.clone());
        match (abort.send().await, refused) {
            (Err(_), Refused::Failed(error)) => Refused::Failed(StoreError {
                reason: format!(
                    "{} (its parts stay: s3:AbortMultipartUpload failed too)",
                    error.reason
                ),
                ..error
            }),
            (_, refused) => refused,
        }
    }

    async fn upload(
        &self,
        key: &str,
        upload: &str,
        body: &Bytes,
    ) -> std::result::Result<(), Refused> {
        let inner = &self.inner;
        let client = self.client().await.map_err(Refused::Failed)?;
        let starts = (0..body.len()).step_by(PART_BYTES).zip(1_i32..);
        let parts = stream::iter(starts).map(|(start, number)| {
            let part = body.slice(start..body.len().min(start + PART_BYTES));
            self.upload_part(key, upload, number, part)
        });
        let parts = parts.buffered(PARTS_AT_ONCE).try_collect().await?;
        let complete = client
            .complete_multipart_upload()
            .bucket(&inner.bucket)
            .key(self.full(key));
        let complete = complete
            .if_none_match("*")
            .upload_id(upload)
            .multipart_upload(
                CompletedMultipartUpload::builder()
                    .set_parts(Some(parts))
                    .build(),
            )
            .set_request_payer(inner.payer.clone())
            .set_expected_bucket_owner(inner.owner.clone());
        let sent = complete.send().await;
        sent.map(drop).map_err(|error| self.refused(key, error))
    }

    async fn upload_part(
        &self,
        key: &str,
        upload: &str,
        number: i32,
        part: Bytes,
    ) -> std::result::Result<CompletedPart, Refused> {
        let inner = &self.inner;
        let client = self.client().await.map_err(Refused::Failed)?;
        let request = client
            .upload_part()
            .bucket(&inner.bucket)
            .key(self.full(key));
        let request = request
            .upload_id(upload)
            .part_number(number)
            .body(ByteStream::from(part))
            .set_request_payer(inner.payer.clone())
            .set_expected_bucket_owner(inner.owner.clone());
        let sent = request
            .send()
            .await
            .map_err(|error| self.refused(key, error))?;
        Ok(CompletedPart::builder()
            .part_number(number)
            .set_e_tag(sent.e_tag)
            .set_checksum_crc32(sent.checksum_crc32)
            .set_checksum_crc64_nvme(sent.checksum_crc64_nvme)
            .build())
    }

    fn encryption(&self) -> Option<ServerSideEncryption> {
        self.inner
            .kms_key
            .as_ref()
            .map(|_| ServerSideEncryption::AwsKms)
    }

    fn refused<E>(&self, key: &str, error: SdkError<E>) -> Refused
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let status = error
            .raw_response()
            .map(|response| response.status().as_u16());
        // A multipart upload that another's completion has ended cannot go on, but can start anew.
        let ended = error.code() == Some("NoSuchUpload");
        let error = self.fault(Action::Write, key, error);
        match status {
            Some(412) => Refused::Exists,
            Some(409) => Refused::Conflict(error),
            Some(404) if ended => Refused::Conflict(StoreError {
                kind: ErrorKind::Transient,
                ..error
            }),
            _ => Refused::Failed(error),
        }
    }
}
