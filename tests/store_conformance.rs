//! One suite, every backend: a folder, memory, and the real SDK over an S3 service in process.

#![allow(clippy::unwrap_used)]

mod store_suite;

use std::path::Path;

use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, HttpClient, Region, RuntimeComponents, SharedCredentialsProvider,
};
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use cloudtrail2parquet::aws::SdkConfig;
use cloudtrail2parquet::store::{S3Options, Store};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tempfile::TempDir;

/// A bucket `raw-logs` kept in a folder, behind the SDK, without a socket.
fn s3_over(folder: &Path, url: &str) -> Store {
    std::fs::create_dir_all(folder.join("raw-logs")).unwrap();
    let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder).unwrap());
    service.set_auth(SimpleAuth::from_single("key", "secret"));
    let credentials = Credentials::new("key", "secret", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(Encoding(s3s_aws::Client::from(service.build())))
        .region(Region::new("us-east-1"))
        .endpoint_url("http://localhost")
        .build();
    Store::s3_with(url, &config, &S3Options::default()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_keeps_the_contract() {
    let folder = TempDir::new().unwrap();
    let store = Store::local(folder.path().join("made/on/demand")).unwrap();
    store_suite::all(&store).await;
    store_suite::now_is_the_time_of_what_is_written(&store).await;
    store_suite::of_sixteen_racing_puts_exactly_one_wins(&store, 1).await;
    store_suite::of_sixteen_racing_puts_exactly_one_wins(&store, 100_000).await;
    assert_eq!(hidden_files(folder.path()), 0, "no temporary file stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_keeps_the_contract() {
    let store = Store::memory();
    store_suite::all(&store).await;
    store_suite::now_is_the_time_of_what_is_written(&store).await;
    store_suite::of_sixteen_racing_puts_exactly_one_wins(&store, 1000).await;
}

// The service checks before it writes, so it decides no races.
#[tokio::test(flavor = "multi_thread")]
async fn s3_keeps_the_contract() {
    let folder = TempDir::new().unwrap();
    store_suite::all(&s3_over(folder.path(), "s3://raw-logs")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_below_a_prefix_keeps_the_contract() {
    let folder = TempDir::new().unwrap();
    let store = s3_over(folder.path(), "s3://raw-logs/some/prefix/");
    store_suite::all(&store).await;
    assert_eq!(store.url("a/b"), "s3://raw-logs/some/prefix/a/b");
    assert_eq!(store.address("a/b"), "s3://raw-logs/some/prefix/a/b");
    assert!(
        folder
            .path()
            .join("raw-logs/some/prefix/whole/a.json")
            .exists()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_takes_a_big_body_in_parts() {
    let folder = TempDir::new().unwrap();
    let store = s3_over(folder.path(), "s3://raw-logs");
    store_suite::a_body_above_the_single_put_size_goes_in_parts(&store).await;
}

fn hidden_files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap());
    entries
        .map(|entry| match entry.file_type().unwrap().is_dir() {
            true => hidden_files(&entry.path()),
            false => usize::from(entry.file_name().as_encoded_bytes().starts_with(b".")),
        })
        .sum()
}

/// What S3 leaves as it is where it encodes names.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*');

/// Encodes the names in listings, as S3 does; the service in process says that it does and does
/// not.
#[derive(Clone, Debug)]
struct Encoding<T>(T);

impl HttpClient for Encoding<s3s_aws::Client> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Encoding(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for Encoding<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_listing = request.uri().contains("encoding-type=url");
        let answer = self.0.call(request);
        if !is_listing {
            return answer;
        }
        HttpConnectorFuture::new(async move {
            let mut response = answer.await?;
            let body = ByteStream::new(response.take_body()).collect().await;
            let body = String::from_utf8(body.unwrap().to_vec()).unwrap();
            *response.body_mut() = SdkBody::from(encoded(&body));
            response.headers_mut().remove("content-length");
            Ok(response)
        })
    }
}

/// A listing with its keys and prefixes encoded.
fn encoded(listing: &str) -> String {
    ["Key", "Prefix"]
        .iter()
        .fold(listing.to_owned(), |listing, tag| {
            let (begin, end) = (format!("<{tag}>"), format!("</{tag}>"));
            let mut parts = listing.split(&begin);
            let first = parts.next().unwrap_or_default().to_owned();
            parts.fold(first, |encoded, part| match part.split_once(&end) {
                Some((name, rest)) => {
                    let name = utf8_percent_encode(&unescaped(name), PLAIN).to_string();
                    encoded + &begin + &name.replace("%20", "+") + &end + rest
                }
                None => encoded + &begin + part,
            })
        })
}

fn unescaped(xml: &str) -> String {
    xml.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}
