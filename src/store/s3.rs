//! S3 and what speaks its protocol.

mod fault;
mod get;
pub(super) mod list;
mod order;
mod put;
mod remove;
mod time;
mod version;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Builder, Config, Region};
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::RequestPayer;
use tokio::sync::OnceCell;

use super::passed_over::Aside;
use super::{Action, Cause, ErrorKind, Result, StoreError};
use crate::aws::{self, FIRST_ANSWER, FirstContact, SdkConfig};

/// Requests for one call, the first included. Ten ride out half a minute of `SlowDown`, which is
/// how long S3 takes to notice that a prefix is busy.
const ATTEMPTS: u32 = 10;

/// How to talk to S3, beyond what the environment says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct S3Options {
    /// Instead of the environment's endpoint.
    pub endpoint_url: Option<String>,
    /// Instead of the environment's region.
    pub region: Option<String>,
    /// `endpoint/bucket/key` instead of `bucket.endpoint/key`; always so with an own endpoint.
    pub force_path_style: bool,
    /// The caller pays for requests to a requester-pays bucket.
    pub requester_pays: bool,
    /// Refuse a bucket that belongs to another account.
    pub expected_bucket_owner: Option<String>,
    /// Encrypt what is written with this KMS key.
    pub sse_kms_key_id: Option<String>,
}

#[derive(Clone)]
pub(super) struct S3 {
    inner: Arc<Inner>,
    pub(super) aside: Aside,
}

struct Inner {
    bucket: String,
    /// Empty, or ends with `/`.
    root: String,
    config: Config,
    /// Whether the service is AWS's own, so that a bucket has one region.
    regional: bool,
    client: OnceCell<Client>,
    payer: Option<RequestPayer>,
    owner: Option<String>,
    kms_key: Option<String>,
}

/// The parts of `s3://bucket/prefix`; the prefix is empty or ends with `/`.
fn bucket_and_root(url: &str) -> std::result::Result<(String, String), &'static str> {
    let address = url.strip_prefix("s3://").ok_or("it is no s3:// address")?;
    let (bucket, root) = address.split_once('/').unwrap_or((address, ""));
    if bucket.is_empty() {
        return Err("it names no bucket");
    }
    if bucket.ends_with("--x-s3") {
        return Err("a directory bucket does not list its objects in order");
    }
    let root = match root.trim_end_matches('/') {
        "" => String::new(),
        root => format!("{root}/"),
    };
    Ok((bucket.to_owned(), root))
}

impl S3 {
    pub(super) fn open(url: &str, sdk: &SdkConfig, options: &S3Options) -> Result<S3> {
        let failed = |reason| StoreError::new(Action::Open, ErrorKind::Fatal, url, reason);
        let (bucket, root) = bucket_and_root(url).map_err(failed)?;
        let custom = options.endpoint_url.is_some() || aws::endpoint_url(sdk, "S3").is_some();
        Ok(S3::over(Inner {
            bucket,
            root,
            config: config(sdk, options, custom),
            regional: !custom,
            client: OnceCell::new(),
            payer: options.requester_pays.then_some(RequestPayer::Requester),
            owner: options.expected_bucket_owner.clone(),
            kms_key: options.sse_kms_key_id.clone(),
        }))
    }

    /// Another bucket or prefix, reached in the same way.
    pub(super) fn rooted_at(&self, url: &str) -> Option<S3> {
        let (bucket, root) = bucket_and_root(url).ok()?;
        let inner = &self.inner;
        Some(S3::over(Inner {
            bucket,
            root,
            config: inner.config.clone(),
            regional: inner.regional,
            client: OnceCell::new(),
            payer: inner.payer.clone(),
            owner: inner.owner.clone(),
            kms_key: inner.kms_key.clone(),
        }))
    }

    fn over(inner: Inner) -> S3 {
        S3 {
            inner: Arc::new(inner),
            aside: Aside::default(),
        }
    }

    pub(super) fn url(&self, key: &str) -> String {
        format!("s3://{}/{}{key}", self.inner.bucket, self.inner.root)
    }

    pub(super) async fn metadata(&self, key: &str) -> Result<BTreeMap<String, String>> {
        let metadata = self
            .head(key)
            .await?
            .metadata
            .unwrap_or_default()
            .into_iter();
        Ok(metadata
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .collect())
    }

    async fn head(&self, key: &str) -> Result<HeadObjectOutput> {
        let inner = &self.inner;
        let request = self
            .client()
            .await?
            .head_object()
            .bucket(&inner.bucket)
            .key(self.full(key));
        let request = request
            .set_request_payer(inner.payer.clone())
            .set_expected_bucket_owner(inner.owner.clone());
        let sent = request.send().await;
        sent.map_err(|error| self.fault(Action::Read, key, error))
    }

    pub(super) async fn size(&self, key: &str) -> Result<u64> {
        let head = self.head(key).await?;
        let size = head
            .content_length()
            .and_then(|size| u64::try_from(size).ok());
        size.ok_or_else(|| {
            self.error(
                Action::Read,
                ErrorKind::Other,
                key,
                "the service tells no size",
            )
        })
    }

    /// The client, in the bucket's own region.
    async fn client(&self) -> Result<&Client> {
        self.inner.client.get_or_try_init(|| self.connect()).await
    }

    async fn connect(&self) -> Result<Client> {
        let inner = &self.inner;
        let client = Client::from_conf(inner.config.clone());
        if !inner.regional {
            return Ok(client);
        }
        let head = client.head_bucket().bucket(&inner.bucket);
        let region = match head
            .set_expected_bucket_owner(inner.owner.clone())
            .send()
            .await
        {
            Ok(head) => head.bucket_region().map(str::to_owned),
            // A refusal names the region too. Whether it matters, the call itself will tell.
            Err(error) => match error
                .raw_response()
                .map(|response| response.status().as_u16())
            {
                None => return Err(self.fault(Action::Open, "", error)),
                // HEAD has no body that would tell.
                Some(404) => {
                    let (url, reason) = (self.url(""), "there is no such bucket");
                    return Err(StoreError::fatal(
                        Action::Open,
                        Cause::NoBucket,
                        url,
                        reason,
                    ));
                }
                Some(_) => fault::bucket_region(&error),
            },
        };
        Ok(match region.map(Region::new) {
            Some(region) if Some(&region) != inner.config.region() => {
                Client::from_conf(inner.config.to_builder().region(region).build())
            }
            _ => client,
        })
    }

    fn full(&self, key: &str) -> String {
        format!("{}{key}", self.inner.root)
    }

    fn error(
        &self,
        action: Action,
        kind: ErrorKind,
        key: &str,
        reason: impl Into<String>,
    ) -> StoreError {
        StoreError::new(action, kind, self.url(key), reason)
    }
}

fn config(sdk: &SdkConfig, options: &S3Options, custom_endpoint: bool) -> Config {
    let contact = FirstContact::default();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(FIRST_ANSWER)
        // Until the answer begins, the upload of one part included. Bodies have no limit but the
        // SDK's protection against streams that stall.
        .read_timeout(Duration::from_secs(120));
    // Throttling hits every task at once and would empty a shared retry quota; the attempts of each
    // call and the tasks in flight are bounded already.
    let retries = RetryPartition::custom("store")
        .token_bucket(TokenBucket::unlimited())
        .build();
    let region = options
        .region
        .clone()
        .map(Region::new)
        .or_else(|| sdk.region().cloned());
    let mut builder = Builder::from(sdk)
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(ATTEMPTS)
                .with_initial_backoff(Duration::from_millis(250))
                .with_max_backoff(Duration::from_secs(8)),
        )
        .retry_partition(retries)
        .retry_classifier(contact.clone())
        .interceptor(contact)
        .timeout_config(timeouts.build())
        .region(region.unwrap_or(Region::from_static("us-east-1")))
        .force_path_style(options.force_path_style || custom_endpoint);
    if let Some(endpoint) = &options.endpoint_url {
        builder = builder.endpoint_url(endpoint);
    }
    builder.build()
}

/// Waits before the next attempt: longer each time.
async fn pause(attempt: u32) {
    sleep_about(Duration::from_millis(100 << attempt.min(6))).await;
}

/// Sleeps for half of this at least, and a random part of the rest, so that tasks which collided
/// do not collide again.
async fn sleep_about(most: Duration) {
    let half = u64::try_from(most.as_millis() / 2).unwrap_or(u64::MAX);
    let random = getrandom::u64().unwrap_or(half) % half.max(1);
    tokio::time::sleep(Duration::from_millis(half + random)).await;
}
