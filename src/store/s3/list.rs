//! Listing a bucket.

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::{EncodingType, Object};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use super::S3;
use super::order::{Order, Position};
use super::version;
use crate::store::calls::Counters;
use crate::store::{Action, Cause, Entry, ErrorKind, Listing, Result, StoreError};

/// What is still to be listed below a prefix.
pub(in crate::store) struct S3Pages {
    s3: S3,
    prefix: String,
    start_after: Option<String>,
    position: Position,
    order: Order,
}

impl S3 {
    pub(in crate::store) fn pages(&self, prefix: &str, start_after: Option<String>) -> S3Pages {
        S3Pages {
            s3: self.clone(),
            prefix: prefix.to_owned(),
            start_after,
            position: Position::default(),
            order: Order::default(),
        }
    }

    pub(in crate::store) async fn list_dir(
        &self,
        prefix: &str,
        counters: &Counters,
    ) -> Result<Listing> {
        let mut listing = Listing::default();
        let (mut position, mut entries, mut prefixes) =
            (Position::default(), Order::default(), Order::default());
        loop {
            counters.listed();
            let page = self.page(prefix, Some("/"), None, position.token()).await?;
            for object in page.contents() {
                let entry = self.entry(&page, object, prefix, &mut entries)?;
                listing.entries.extend(entry);
            }
            for common in page.common_prefixes() {
                let name = common.prefix().unwrap_or_default();
                let name = self.name(&page, name, prefix, &mut prefixes)?;
                listing.prefixes.extend(name);
            }
            if !self.goes_on(&mut position, &page, prefix)? {
                return self.one_level(prefix, listing);
            }
        }
    }

    /// The listing, if the service has kept to the delimiter.
    fn one_level(&self, prefix: &str, listing: Listing) -> Result<Listing> {
        let is_deep = |entry: &&Entry| entry.key[prefix.len()..].contains('/');
        match listing.entries.iter().find(is_deep) {
            None => Ok(listing),
            Some(entry) => {
                let reason = "the service does not list folder by folder";
                Err(self.broken(&entry.key, reason))
            }
        }
    }

    fn broken(&self, key: &str, reason: &str) -> StoreError {
        StoreError::fatal(Action::List, Cause::BrokenService, self.url(key), reason)
    }

    async fn page(
        &self,
        prefix: &str,
        delimiter: Option<&str>,
        start_after: Option<String>,
        token: Option<String>,
    ) -> Result<ListObjectsV2Output> {
        let inner = &self.inner;
        let request = self.client().await?.list_objects_v2().bucket(&inner.bucket);
        let request = request
            .prefix(self.full(prefix))
            // XML cannot hold every character of a key.
            .encoding_type(EncodingType::Url)
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

    fn goes_on(
        &self,
        position: &mut Position,
        page: &ListObjectsV2Output,
        prefix: &str,
    ) -> Result<bool> {
        let goes_on = position.advance(page);
        goes_on.map_err(|reason| self.broken(prefix, reason))
    }

    /// None for folder markers, and for keys that cannot be used.
    fn entry(
        &self,
        page: &ListObjectsV2Output,
        object: &Object,
        prefix: &str,
        order: &mut Order,
    ) -> Result<Option<Entry>> {
        let name = object.key().unwrap_or_default();
        let Some(key) = self.name(page, name, prefix, order)? else {
            return Ok(None);
        };
        if key.is_empty() || key.ends_with('/') {
            return Ok(None);
        }
        let size = object.size().and_then(|size| u64::try_from(size).ok());
        let Some(size) = size else {
            let reason = "the service lists it without a size";
            return Err(self.broken(&key, reason));
        };
        Ok(Some(Entry {
            key,
            size,
            etag: version::of_listed(object),
            modified: object
                .last_modified()
                .and_then(|time| Timestamp::from_second(time.secs()).ok()),
        }))
    }

    /// A listed key or prefix from the store's root; none if it cannot be used.
    fn name(
        &self,
        page: &ListObjectsV2Output,
        name: &str,
        prefix: &str,
        order: &mut Order,
    ) -> Result<Option<String>> {
        let full = match decoded(page, name) {
            Ok(full) => full,
            Err(shown) => {
                let url = format!("s3://{}/{shown}", self.inner.bucket);
                let reason = "its name is not UTF-8";
                let error = StoreError::new(Action::List, ErrorKind::Other, url, reason);
                return self.aside.failed(error).map(|()| None);
            }
        };
        let key = full.strip_prefix(&self.inner.root);
        let Some(key) = key.filter(|key| key.starts_with(prefix)) else {
            let url = format!("s3://{}/{full}", self.inner.bucket);
            let reason = "the service lists it below a prefix that it does not have";
            let cause = Cause::BrokenService;
            return Err(StoreError::fatal(Action::List, cause, url, reason));
        };
        if order.goes_on(key) {
            return Ok(Some(key.to_owned()));
        }
        Err(self.broken(key, "the service does not list keys in byte order"))
    }
}

impl S3Pages {
    pub(in crate::store) async fn next(mut self) -> Result<(Vec<Entry>, Option<S3Pages>)> {
        let full_start = self.start_after.as_ref().map(|key| self.s3.full(key));
        let page = self
            .s3
            .page(&self.prefix, None, full_start, self.position.token())
            .await?;
        let mut entries = Vec::with_capacity(page.contents().len());
        for object in page.contents() {
            let entry = self
                .s3
                .entry(&page, object, &self.prefix, &mut self.order)?;
            // Some compatible services pass over where to start.
            let is_after = |entry: &Entry| {
                let after = self.start_after.as_ref();
                after.is_none_or(|after| entry.key > *after)
            };
            entries.extend(entry.filter(is_after));
        }
        let goes_on = self.s3.goes_on(&mut self.position, &page, &self.prefix)?;
        Ok((entries, goes_on.then_some(self)))
    }
}

/// The name that is meant, or what can be shown of one that is not UTF-8. Services that do not
/// encode names do not say that they do. S3, MinIO and botocore encode as forms do, where a space
/// is `+`; others write `%20`; a plus is `%2B` with all of them.
fn decoded(page: &ListObjectsV2Output, name: &str) -> std::result::Result<String, String> {
    if page.encoding_type() != Some(&EncodingType::Url) {
        return Ok(name.to_owned());
    }
    let spaced = name.replace('+', " ");
    let bytes: Vec<u8> = percent_decode_str(&spaced).collect();
    String::from_utf8(bytes).map_err(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
