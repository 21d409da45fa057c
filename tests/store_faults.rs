//! The SDK against a service that misbehaves: a scripted HTTP server on the loopback.

#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use bytes::Bytes;
use cloudtrail2parquet::aws::SdkConfig;
use cloudtrail2parquet::store::{ErrorKind, PutOutcome, S3Options, Store};

/// One answer of the server.
struct Answer {
    status: u16,
    headers: &'static str,
    body: String,
    /// Bytes of the body that are sent before the connection is closed.
    sent: usize,
}

fn whole(body: &str) -> Answer {
    let headers = "ETag: \"v1\"\r\n";
    Answer {
        status: 200,
        headers,
        body: body.to_owned(),
        sent: body.len(),
    }
}

fn broken_after(sent: usize, body: &str) -> Answer {
    Answer {
        sent,
        ..whole(body)
    }
}

fn error(status: u16, code: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>No luck.</Message></Error>");
    let headers = "x-amz-request-id: R1\r\nContent-Type: application/xml\r\n";
    Answer {
        status,
        headers,
        sent: body.len(),
        body,
    }
}

/// A store whose service gives these answers in turn, and the requests that it saw.
fn scripted(answers: impl IntoIterator<Item = Answer>) -> (Store, Requests) {
    scripted_with(answers, S3Options::default())
}

fn scripted_with(
    answers: impl IntoIterator<Item = Answer>,
    options: S3Options,
) -> (Store, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint_url = Some(format!("http://{}", listener.local_addr().unwrap()));
    let mut answers: VecDeque<Answer> = answers.into_iter().collect();
    let requests = Requests::default();
    let seen = requests.clone();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let Some(answer) = answers.pop_front() else {
                return;
            };
            serve(connection.unwrap(), &answer, &seen);
        }
    });
    let credentials = Credentials::new("key", "secret", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .region(Region::new("us-east-1"))
        .build();
    let options = S3Options {
        endpoint_url,
        ..options
    };
    (
        Store::s3_with("s3://raw-logs/p", &config, &options).unwrap(),
        requests,
    )
}

/// The heads of the requests, lower-case.
#[derive(Clone, Default)]
struct Requests(Arc<Mutex<Vec<String>>>);

impl Requests {
    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

fn serve(mut connection: TcpStream, answer: &Answer, seen: &Requests) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap() == 0 {
            return;
        }
    }
    let head = head.to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length: u64 = length.map_or(0, |length| length.parse().unwrap());
    if head.contains("expect: 100-continue") {
        connection
            .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
            .unwrap();
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink()).unwrap();
    seen.0.lock().unwrap().push(head);
    let Answer {
        status,
        headers,
        body,
        sent,
    } = answer;
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
    );
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(&body.as_bytes()[..*sent]).unwrap();
}

#[tokio::test]
async fn get_reads_again_when_the_body_breaks_off() {
    let answers = [
        broken_after(3, "0123456789"),
        broken_after(0, "0123456789"),
        whole("0123456789"),
    ];
    let (store, requests) = scripted(answers);
    assert_eq!(store.get("k", Some("\"v1\"")).await.unwrap(), "0123456789");
    assert_eq!(requests.all().len(), 3);
    assert!(
        requests
            .all()
            .iter()
            .all(|head| head.contains("if-match: \"v1\""))
    );
}

#[tokio::test]
async fn get_gives_up_on_a_body_that_always_breaks_off() {
    let (store, _) = scripted((0..5).map(|_| broken_after(3, "0123456789")));
    let error = store.get("k", None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transient, "{error}");
    assert!(
        error
            .to_string()
            .starts_with("cannot read s3://raw-logs/p/k: its body broke off: ")
    );
}

#[tokio::test]
async fn get_and_put_ride_out_slow_down() {
    let slow = || error(503, "SlowDown");
    let (store, requests) = scripted([slow(), slow(), whole("x"), slow(), slow(), whole("")]);
    assert_eq!(store.get("k", None).await.unwrap(), "x");
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
        let error = store.get("k", Some("\"v1\"")).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        let text = error.to_string();
        let start =
            format!("cannot read s3://raw-logs/p/k: {code}: No luck (HTTP {status}, request R1); ");
        assert!(text.starts_with(&start), "{text}");
    }
}

#[tokio::test]
async fn get_refuses_another_version_from_a_service_that_passes_over_if_match() {
    let (store, _) = scripted([whole("x")]);
    let error = store.get("k", Some("\"v0\"")).await.unwrap_err();
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
async fn a_listing_out_of_order_ends_the_run() {
    let listing = "<ListBucketResult><Contents><Key>p/b</Key><Size>1</Size></Contents>\
                   <Contents><Key>p/a</Key><Size>1</Size></Contents></ListBucketResult>";
    let (store, _) = scripted([whole(listing)]);
    let error = store.list("", None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Fatal);
    assert!(
        error
            .to_string()
            .contains("s3://raw-logs/p/a: the service does not list keys in byte order")
    );
}

#[tokio::test]
async fn a_listing_leaves_out_folder_markers() {
    let listing = "<ListBucketResult><Contents><Key>p/</Key><Size>0</Size></Contents>\
                   <Contents><Key>p/a/</Key><Size>0</Size></Contents>\
                   <Contents><Key>p/a/x</Key><Size>1</Size><ETag>\"e\"</ETag></Contents></ListBucketResult>";
    let (store, _) = scripted([whole(listing)]);
    let entries = store.list("", None).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(
        (entries[0].key.as_str(), entries[0].etag.as_str()),
        ("a/x", "\"e\"")
    );
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
    store.get("k", None).await.unwrap();
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
