//! Bodies that break on their way from S3.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, HttpClient, Region, RuntimeComponents, SharedCredentialsProvider,
};
use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use cloudtrail2parquet::aws::SdkConfig;
use cloudtrail2parquet::store::{Entry, ErrorKind, S3Options, Store};
use futures::StreamExt;

const LINES: &str = "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n";

/// One line of [`LINES`].
const LINE: usize = 8;

/// What comes of the nth request.
type Body = fn(u64) -> String;

/// Answers every request with a body of the version `"v"`.
#[derive(Clone)]
struct Service {
    body: Body,
    requests: Arc<AtomicU64>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Service")
    }
}

impl HttpClient for Service {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Service {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let body = (self.body)(self.requests.fetch_add(1, Relaxed));
        let response = http::Response::builder()
            .header("etag", "\"v\"")
            .header("content-length", body.len())
            .body(SdkBody::from(body))
            .unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::try_from(response).unwrap()))
    }
}

fn store(body: Body) -> (Store, Arc<AtomicU64>) {
    let requests = Arc::default();
    let service = Service {
        body,
        requests: Arc::clone(&requests),
    };
    let credentials = Credentials::new("k", "s", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .region(Region::new("us-east-1"))
        .endpoint_url("http://localhost")
        .http_client(service)
        .build();
    let store = Store::s3_with("s3://raw-logs", &config, &S3Options::default()).unwrap();
    (store, requests)
}

fn listed() -> Entry {
    Entry {
        key: "k".to_owned(),
        size: LINES.len() as u64,
        etag: "\"v\"".to_owned(),
        modified: None,
    }
}

#[tokio::test]
async fn get_listed_never_accepts_a_body_that_was_cut_at_a_line_and_gives_up() {
    let (store, requests) = store(|_| LINES[..2 * LINE].to_owned());
    let begun = Instant::now();
    let error = store.get_listed(&listed()).await.unwrap_err();
    let seconds = begun.elapsed().as_secs();
    assert_eq!(error.kind, ErrorKind::Transient, "{error}");
    let start = "cannot read s3://raw-logs/k: its body ended after 16 bytes, and 24 were listed; ";
    assert!(error.to_string().starts_with(start), "{error}");
    assert_eq!(requests.load(Relaxed), 12);
    assert!((5..60).contains(&seconds), "{seconds} s");
}

#[tokio::test]
async fn get_listed_reads_again_what_came_short() {
    let (store, requests) = store(|request| LINES[..LINE * (1 + request as usize)].to_owned());
    assert_eq!(store.get_listed(&listed()).await.unwrap(), LINES);
    assert_eq!(requests.load(Relaxed), 3);
}

#[tokio::test]
async fn get_listed_takes_a_longer_body_as_another_version_at_once() {
    let (store, requests) = store(|_| LINES.repeat(2));
    let error = store.get_listed(&listed()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Changed, "{error}");
    assert_eq!(requests.load(Relaxed), 1);
}

#[tokio::test]
async fn get_listed_leaves_no_object_unread_when_three_bodies_in_ten_break() {
    let (store, requests) = store(|request| {
        let is_broken = random(request) % 10 < 3;
        LINES[..if is_broken { LINE } else { LINES.len() }].to_owned()
    });
    let reads = futures::stream::iter(0..2_000).map(|_| {
        let store = store.clone();
        async move { store.get_listed(&listed()).await }
    });
    let bodies: Vec<_> = reads.buffer_unordered(400).collect().await;
    assert!(bodies.into_iter().all(|body| body.unwrap() == LINES));
    let requests = requests.load(Relaxed);
    assert!((2_700..3_000).contains(&requests), "{requests}");
}

/// The nth number of splitmix64.
fn random(n: u64) -> u64 {
    let mut bits = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}
