//! A bucket in another region than the configured one is found by itself.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, HttpClient, Region, RuntimeComponents, SharedCredentialsProvider,
};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use cloudtrail2parquet::aws::SdkConfig;
use cloudtrail2parquet::store::{ErrorKind, S3Options, Store};

/// Answers as S3 does for a bucket in eu-west-1, and keeps the requests.
#[derive(Clone, Debug, Default)]
struct Ireland(Arc<Mutex<Vec<String>>>);

impl HttpClient for Ireland {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Ireland {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let url = request.uri().split('?').next().unwrap().to_owned();
        let (status, region) = match &url {
            url if url.contains("nowhere") => (404, None),
            url if url.contains("eu-west-1") => (200, None),
            _ => (301, Some("eu-west-1")),
        };
        self.0
            .lock()
            .unwrap()
            .push(format!("{} {url}", request.method()));
        let body = http::Response::builder().status(status);
        let body = region.into_iter().fold(body, |body, region| {
            body.header("x-amz-bucket-region", region)
        });
        let response = body
            .body(aws_sdk_s3::primitives::SdkBody::from("x"))
            .unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::try_from(response).unwrap()))
    }
}

fn open(bucket: &str) -> (Store, Ireland) {
    let ireland = Ireland::default();
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "k", "s", None, None, "test",
        )))
        .region(Region::new("us-east-1"))
        .http_client(ireland.clone())
        .build();
    (
        Store::s3_with(&format!("s3://{bucket}"), &config, &S3Options::default()).unwrap(),
        ireland,
    )
}

#[tokio::test]
async fn the_bucket_is_asked_for_its_region_once_and_used_there() {
    let (store, ireland) = open("raw-logs");
    assert!(ireland.0.lock().unwrap().is_empty(), "opening asks nothing");
    assert_eq!(store.get("a").await.unwrap(), "x");
    assert_eq!(store.clone().get("b").await.unwrap(), "x");
    assert_eq!(
        *ireland.0.lock().unwrap(),
        [
            "HEAD https://raw-logs.s3.us-east-1.amazonaws.com/",
            "GET https://raw-logs.s3.eu-west-1.amazonaws.com/a",
            "GET https://raw-logs.s3.eu-west-1.amazonaws.com/b",
        ]
    );
}

#[tokio::test]
async fn a_bucket_that_is_not_there_ends_the_run() {
    let (store, _) = open("nowhere");
    let error = store.get("a").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Fatal);
    assert!(
        error.to_string().starts_with("cannot open s3://nowhere/: "),
        "{error}"
    );
}
