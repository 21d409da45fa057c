//! A scripted HTTP server on the loopback, for the SDK to talk to.

// Each test binary uses its part of it.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use cloudtrail2parquet::aws::SdkConfig;
use cloudtrail2parquet::store::{S3Options, Store};

/// One answer of the server.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: &'static str,
    pub(crate) body: String,
    /// Bytes of the body that are sent before the connection is closed.
    pub(crate) sent: usize,
}

pub(crate) fn whole(body: &str) -> Answer {
    let headers = "ETag: \"v1\"\r\n";
    Answer {
        status: 200,
        headers,
        body: body.to_owned(),
        sent: body.len(),
    }
}

pub(crate) fn broken_after(sent: usize, body: &str) -> Answer {
    Answer {
        sent,
        ..whole(body)
    }
}

pub(crate) fn error(status: u16, code: &str) -> Answer {
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
pub(crate) fn scripted(answers: impl IntoIterator<Item = Answer>) -> (Store, Requests) {
    scripted_with(answers, S3Options::default())
}

pub(crate) fn scripted_with(
    answers: impl IntoIterator<Item = Answer>,
    options: S3Options,
) -> (Store, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let requests = Requests::default();
    answer(listener, answers, &requests);
    (store_at(&endpoint, options), requests)
}

/// Gives these answers in turn to whoever comes, and is then gone.
pub(crate) fn answer(
    listener: TcpListener,
    answers: impl IntoIterator<Item = Answer>,
    seen: &Requests,
) {
    let answers: Vec<Answer> = answers.into_iter().collect();
    let seen = seen.clone();
    thread::spawn(move || {
        for answer in answers {
            let (connection, _) = listener.accept().unwrap();
            serve(connection, &seen, |_| answer);
        }
    });
}

/// Answers whoever comes, many at once, by the head of the request.
pub(crate) fn answer_all(
    listener: TcpListener,
    answer: impl Fn(&str) -> Answer + Send + Sync + 'static,
    seen: &Requests,
) {
    let (answer, seen) = (Arc::new(answer), seen.clone());
    thread::spawn(move || {
        for connection in listener.incoming() {
            let (answer, seen) = (Arc::clone(&answer), seen.clone());
            thread::spawn(move || serve(connection.unwrap(), &seen, |head| answer(head)));
        }
    });
}

/// A store at this address.
pub(crate) fn store_at(endpoint: &str, options: S3Options) -> Store {
    let credentials = Credentials::new("key", "secret", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .region(Region::new("us-east-1"))
        .build();
    let options = S3Options {
        endpoint_url: Some(endpoint.to_owned()),
        ..options
    };
    Store::s3_with("s3://raw-logs/p", &config, &options).unwrap()
}

/// The heads of the requests, lower-case.
#[derive(Clone, Default)]
pub(crate) struct Requests(Arc<Mutex<Vec<String>>>);

impl Requests {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

fn serve(mut connection: TcpStream, seen: &Requests, answer: impl FnOnce(&str) -> Answer) {
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
    seen.0.lock().unwrap().push(head.clone());
    let Answer {
        status,
        headers,
        body,
        sent,
    } = answer(&head);
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
    );
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(&body.as_bytes()[..sent]).unwrap();
}
