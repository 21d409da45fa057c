//! Listing a bucket.

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::Object;

use super::{S3, version};
use crate::store::calls::Counters;
use crate::store::{Action, Entry, ErrorKind, Listing, Result};

/// What is still to be listed below a prefix.
pub(in crate::store) struct S3Pages {
    s3: S3,
    prefix: String,
    start_after: Option<String>,
    token: Option<String>,
    /// The greatest key so far.
    last: Option<String>,
}

impl S3 {
    pub(in crate::store) fn pages(&self, prefix: &str, start_after: Option<String>) -> S3Pages {
        let start_after = start_after.map(|key| self.full(&key));
        S3Pages {
            s3: self.clone(),
            prefix: prefix.to_owned(),
            start_after,
            token: None,
            last: None,
        }
    }

    pub(in crate::store) async fn list_dir(
        &self,
        prefix: &str,
        counters: &Counters,
    ) -> Result<Listing> {
        let mut listing = Listing::default();
        let mut token = None;
        loop {
            counters.listed();
            let page = self.page(prefix, Some("/"), None, token).await?;
            let folders = page
                .common_prefixes()
                .iter()
                .filter_map(|common| common.prefix());
            listing
                .prefixes
                .extend(folders.filter_map(|folder| self.relative(folder)));
            listing.entries.extend(
                page.contents()
                    .iter()
                    .filter_map(|object| self.entry(object)),
            );
            token = next_token(page);
            if token.is_none() {
                return Ok(listing);
            }
        }
    }

    async fn page(
        &self,
        prefix: &str,
        delimiter: Option<&str>,
        start_after: Option<String>,
        token: Option<String>,
    ) -> Result<ListObjectsV2Output> {
        let inner = &self.0;
        let request = self.client().await?.list_objects_v2().bucket(&inner.bucket);
        let request = request
            .prefix(self.full(prefix))
            .set_delimiter(delimiter.map(str::to_owned))
            .set_start_after(start_after)
            .set_continuation_token(token)
            .set_request_payer(inner.payer.clone())
            .set_expected_bucket_owner(inner.owner.clone());
        request
            .send()
            .await
            .map_err(|error| self.fault(Action::List, prefix, error))
    }

    fn entry(&self, object: &Object) -> Option<Entry> {
        let key = self.relative(object.key()?)?;
        if key.is_empty() || key.ends_with('/') {
            return None;
        }
        let size = u64::try_from(object.size().unwrap_or_default()).unwrap_or_default();
        Some(Entry {
            key,
            size,
            etag: version::of_listed(object),
        })
    }

    fn relative(&self, key: &str) -> Option<String> {
        key.strip_prefix(&self.0.root).map(str::to_owned)
    }
}

impl S3Pages {
    pub(in crate::store) async fn next(mut self) -> Result<(Vec<Entry>, Option<S3Pages>)> {
        let (start_after, token) = (self.start_after.clone(), self.token.take());
        let page = self.s3.page(&self.prefix, None, start_after, token).await?;
        let mut entries = Vec::with_capacity(page.contents().len());
        for entry in page
            .contents()
            .iter()
            .filter_map(|object| self.s3.entry(object))
        {
            if self.last.as_ref().is_some_and(|last| *last >= entry.key) {
                let reason = "the service does not list keys in byte order";
                return Err(self
                    .s3
                    .error(Action::List, ErrorKind::Fatal, &entry.key, reason));
            }
            self.last = Some(entry.key.clone());
            entries.push(entry);
        }
        self.token = next_token(page);
        let rest = self.token.is_some().then_some(self);
        Ok((entries, rest))
    }
}

fn next_token(page: ListObjectsV2Output) -> Option<String> {
    page.next_continuation_token
        .filter(|_| page.is_truncated == Some(true))
}
