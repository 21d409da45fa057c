//! Removing objects.

use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use super::S3;
use crate::store::{Action, Cause, ErrorKind, Result, StoreError};

impl S3 {
    /// Removes up to a thousand objects in one call.
    pub(in crate::store) async fn remove(&self, keys: &[String]) -> Result<()> {
        let inner = &self.inner;
        let first = keys.first().map_or("", String::as_str);
        let delete = self.delete(keys).map_err(|error| {
            let reason = error.to_string();
            StoreError::new(Action::Remove, ErrorKind::Other, self.url(first), reason)
        })?;
        let request = self.client().await?.delete_objects().bucket(&inner.bucket);
        let request = request
            .delete(delete)
            .set_request_payer(inner.payer.clone())
            .set_expected_bucket_owner(inner.owner.clone());
        let sent = request.send().await;
        let sent = sent.map_err(|error| self.fault(Action::Remove, first, error))?;
        match sent.errors().first() {
            None => Ok(()),
            Some(error) => {
                let (code, message) = (error.code(), error.message());
                let url = format!("s3://{}/{}", inner.bucket, error.key().unwrap_or_default());
                let cause = match code {
                    Some("AccessDenied") => Cause::NotAllowed,
                    _ => Cause::Unknown,
                };
                let reason = message.or(code).unwrap_or("the service gives no reason");
                Err(StoreError::fatal(Action::Remove, cause, url, reason))
            }
        }
    }

    fn delete(&self, keys: &[String]) -> std::result::Result<Delete, BuildError> {
        let objects = keys
            .iter()
            .map(|key| ObjectIdentifier::builder().key(self.full(key)).build());
        let objects = objects.collect::<std::result::Result<Vec<_>, _>>()?;
        Delete::builder()
            .set_objects(Some(objects))
            .quiet(true)
            .build()
    }
}
