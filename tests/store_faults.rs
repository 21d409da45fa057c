//! The SDK against a service that misbehaves.

#![allow(clippy::unwrap_used)]

mod store_script;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use aws_sdk_s3::config::BehaviorVersion;
use bytes::Bytes;
use cloudtrail2parquet::aws::SdkConfig;
use cloudtrail2parquet::store::{Cause, Entry, ErrorKind, PutOutcome, S3Options, Store};
use store_script::{
    Requests, answer, broken_after, error, scripted, scripted_with, store_at, whole,
};

/// As the object `k` was listed.
fn listed(size: u64, etag: &str) -> Entry {
    Entry {
        key: "k".to_owned(),
        size,
        etag: etag.to_owned(),
        modified: None,
    }
}

#[tokio::test]
async fn get_reads_again_when_the_body_breaks_off() {
    let answers = [
        broken_after(3, "0123456789"),
        broken_after(0, "0123456789"),
        whole("0123456789"),
    ];
    let (store, requests) = scripted(answers);
    assert_eq!(
        store.get_listed(&listed(10, "\"v1\"")).await.unwrap(),
        "0123456789"
    );
    assert_eq!(requests.all().len(), 3);
    assert!(
        requests
            .all()
            .iter()
            .all(|head| head.contains("if-match: \"v1\""))
    );
}

#[tokio::test]
async fn get_and_put_ride_out_slow_down() {
    let slow = || error(503, "SlowDown");
    let (store, requests) = scripted([slow(), slow(), whole("x"), slow(), slow(), whole("")]);
    assert_eq!(store.get("k").await.unwrap(), "x");
    let put = store.put_if_absent("k", Bytes::from_static(b"x")).await;
    assert_eq!(put.unwrap(), PutOutcome::Written);
    assert_eq!(requests.all().len(), 6);
}

#[tokio::test]
async fn put_if_absent_tries_again_on_a_conflict() {
    let conflict = || error(409, "ConditionalRequestConflict");
    let (store, requests) = scripted([conflict(), conflict(), whole("")]);
    let put = store.put_if_absent("k", Bytes::from_static(b"x")).await;
    assert_eq!(put.unwrap(), PutOutcome::Written);
    assert_eq!(requests.all().len(), 3);
    assert!(
        requests
            .all()
            .iter()
            .all(|head| head.contains("if-none-match: *"))
    );
}

#[tokio::test]
async fn put_if_absent_says_already_exists_when_the_lost_answer_was_its_own() {
    let (store, _) = scripted([
        error(500, "InternalError"),
        error(412, "PreconditionFailed"),
    ]);
    let put = store.put_if_absent("k", Bytes::from_static(b"x")).await;
    assert_eq!(put.unwrap(), PutOutcome::AlreadyExists);
}

#[tokio::test]
async fn get_tells_apart_what_concerns_one_object_and_what_ends_the_run() {
    for (status, code, kind) in [
        (403, "AccessDenied", ErrorKind::Denied),
        (403, "InvalidObjectState", ErrorKind::Archived),
        (404, "NoSuchKey", ErrorKind::NotFound),
        (412, "PreconditionFailed", ErrorKind::Changed),
        (404, "NoSuchBucket", ErrorKind::Fatal),
        (403, "InvalidAccessKeyId", ErrorKind::Fatal),
    ] {
        let (store, _) = scripted([error(status, code)]);
        let error = store.get_listed(&listed(1, "\"v1\"")).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        let text = error.to_string();
        let start =
            format!("cannot read s3://raw-logs/p/k: {code}: No luck (HTTP {status}, request R1); ");
        assert!(text.starts_with(&start), "{text}");
    }
}

#[tokio::test]
async fn what_ends_the_run_says_its_one_cause_and_one_next_step() {
    for (status, code, cause, next_step) in [
        (
            404,
            "NoSuchBucket",
            Cause::NoBucket,
            "check the bucket's name, or create it",
        ),
        (
            403,
            "InvalidAccessKeyId",
            Cause::RefusedCredentials,
            "sign in again, or use other credentials",
        ),
        (
            400,
            "ExpiredToken",
            Cause::RefusedCredentials,
            "sign in again, or use other credentials",
        ),
        (
            403,
            "SignatureDoesNotMatch",
            Cause::WrongSignature,
            "check the secret access key",
        ),
        (
            403,
            "RequestTimeTooSkewed",
            Cause::WrongClock,
            "set this machine's clock",
        ),
        (
            403,
            "AccessDenied",
            Cause::NotAllowed,
            "allow s3:ListBucket on the bucket for this prefix",
        ),
        (
            400,
            "AuthorizationHeaderMalformed",
            Cause::OtherRegion,
            "set AWS_REGION to the bucket's region",
        ),
    ] {
        let (store, _) = scripted([error(status, code)]);
        let error = store.list("", None).await.unwrap_err();
        assert_eq!(
            (error.kind, error.cause),
            (ErrorKind::Fatal, cause),
            "{error}"
        );
        assert!(
            error.to_string().ends_with(&format!("); {next_step}")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn an_endpoint_where_nothing_ever_answered_is_named_as_that_within_seconds() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let store = store_at(&format!("http://{address}"), S3Options::default());
    let begun = Instant::now();
    let error = store.list("", None).await.unwrap_err();
    let seconds = begun.elapsed().as_secs();
    assert!((1..60).contains(&seconds), "{seconds} s");
    assert_eq!(
        (error.kind, error.cause),
        (ErrorKind::Fatal, Cause::NoAnswer)
    );
    let text = error.to_string();
    assert!(
        text.starts_with("cannot list s3://raw-logs/p/: nothing answers: "),
        "{text}"
    );
    assert!(
        text.ends_with("; check the endpoint's address and the network"),
        "{text}"
    );
}

#[tokio::test]
async fn a_service_that_has_answered_is_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let store = store_at(&format!("http://{address}"), S3Options::default());
    let requests = Requests::default();
    answer(listener, [whole("x")], &requests);
    assert_eq!(store.get("k").await.unwrap(), "x");

    let begun = Instant::now();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(9));
        answer(
            TcpListener::bind(address).unwrap(),
            [whole("y")],
            &Requests::default(),
        );
    });
    assert_eq!(store.get("k").await.unwrap(), "y");
    assert!(begun.elapsed() >= Duration::from_secs(9));
}

#[tokio::test]
async fn get_refuses_another_version_from_a_service_that_passes_over_if_match() {
    let (store, _) = scripted([whole("x")]);
    let error = store.get_listed(&listed(1, "\"v0\"")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Changed, "{error}");
}

#[tokio::test]
async fn a_refused_listing_or_put_ends_the_run() {
    let (store, _) = scripted([error(403, "AccessDenied"), error(403, "AccessDenied")]);
    assert_eq!(
        store.list("", None).await.unwrap_err().kind,
        ErrorKind::Fatal
    );
    let put = store.put_if_absent("k", Bytes::new()).await;
    assert_eq!(put.unwrap_err().kind, ErrorKind::Fatal);
}

#[tokio::test]
async fn a_refused_multipart_upload_is_aborted() {
    let created =
        "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>";
    let parts = (0..3).map(|_| whole(""));
    let ends = [error(412, "PreconditionFailed"), whole("")];
    let (store, requests) = scripted([whole(created)].into_iter().chain(parts).chain(ends));
    let put = store.put_if_absent("k", vec![7; 70 << 20].into()).await;
    assert_eq!(put.unwrap(), PutOutcome::AlreadyExists);
    let requests = requests.all();
    let complete = &requests[4];
    assert!(
        complete.starts_with("post /raw-logs/p/k?uploadid=u1"),
        "{complete}"
    );
    assert!(complete.contains("if-none-match: *"), "{complete}");
    assert!(
        requests[5].starts_with("delete /raw-logs/p/k?"),
        "{}",
        requests[5]
    );
}

#[tokio::test]
async fn the_options_are_in_every_request() {
    let options = S3Options {
        requester_pays: true,
        expected_bucket_owner: Some("111122223333".to_owned()),
        sse_kms_key_id: Some("key-1".to_owned()),
        ..S3Options::default()
    };
    let empty = || whole("<ListBucketResult></ListBucketResult>");
    let (store, requests) = scripted_with(
        [empty(), empty(), whole("x"), whole(""), whole("")],
        options,
    );
    store.list("", None).await.unwrap();
    store.list_dir("").await.unwrap();
    store.get("k").await.unwrap();
    store.size("k").await.unwrap();
    assert_eq!(
        store.put_if_absent("k", Bytes::new()).await.unwrap(),
        PutOutcome::Written
    );
    for head in requests.all() {
        assert!(head.contains("x-amz-request-payer: requester"), "{head}");
        assert!(
            head.contains("x-amz-expected-bucket-owner: 111122223333"),
            "{head}"
        );
    }
    let put = requests.all().pop().unwrap();
    assert!(
        put.starts_with("put /raw-logs/p/k?"),
        "path style with an own endpoint: {put}"
    );
    assert!(
        put.contains("x-amz-server-side-encryption: aws:kms"),
        "{put}"
    );
    assert!(
        put.contains("x-amz-server-side-encryption-aws-kms-key-id: key-1"),
        "{put}"
    );
}

#[test]
fn an_address_that_cannot_be_a_store_is_refused_by_name() {
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .build();
    for url in [
        "s3://",
        "s3:///prefix",
        "https://example.com/x",
        "s3://express--use1-az4--x-s3/p",
    ] {
        let error = Store::s3_with(url, &config, &S3Options::default()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Fatal);
        assert!(
            error
                .to_string()
                .starts_with(&format!("cannot open {url}: ")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn an_endpoint_that_takes_connections_and_says_nothing_is_named_as_that_within_seconds() {
    // Connections wait in its backlog; nobody accepts them.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let store = store_at(&format!("http://{address}"), S3Options::default());
    let begun = Instant::now();
    let error = store.list("", None).await.unwrap_err();
    let seconds = begun.elapsed().as_secs();
    assert!((2..60).contains(&seconds), "{seconds} s");
    assert_eq!(
        (error.kind, error.cause),
        (ErrorKind::Fatal, Cause::NoAnswer),
        "{error}"
    );
}
