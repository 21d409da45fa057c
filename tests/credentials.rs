//! Runs that last longer than their credentials.

#![allow(clippy::unwrap_used)]

mod store_script;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;
use std::thread;
use std::time::Duration;

use assert_cmd::Command;
use jiff::{SignedDuration, Timestamp};
use store_script::{Answer, Requests, answer_all, error, whole};
use tempfile::TempDir;

/// How long credentials are good for.
const LIFE: SignedDuration = SignedDuration::from_secs(2);

/// A page of the listing has one object, and takes so long: all of them take longer than
/// [`LIFE`].
const PAGES: usize = 12;
const PAUSE: Duration = Duration::from_millis(300);

fn event(number: usize) -> String {
    format!(
        r#"{{"eventVersion":"1.08","eventID":"e{number}","eventTime":"2024-05-01T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1","recipientAccountId":"111122223333"}}"#
    )
}

/// Answers as S3 does, for one bucket, those whose token has not expired.
fn bucket(head: &str) -> Answer {
    let token = head.lines().find_map(|line| {
        let millis = line.strip_prefix("x-amz-security-token: t")?;
        Timestamp::from_millisecond(millis.parse().ok()?).ok()
    });
    if token.is_none_or(|issued| Timestamp::now().duration_since(issued) > LIFE) {
        return error(400, "ExpiredToken");
    }
    let target = head.split(' ').nth(1).unwrap();
    let Some((_, query)) = target
        .split_once('?')
        .filter(|(_, query)| query.contains("list-type"))
    else {
        let number = target.trim_start_matches("/logs/e").split('.').next();
        return whole(&event(number.unwrap().parse().unwrap()));
    };
    thread::sleep(PAUSE);
    let page = query
        .split('&')
        .find_map(|part| part.strip_prefix("continuation-token="));
    let page: usize = page.map_or(10, |page| page.parse().unwrap());
    let is_last = page + 1 == 10 + PAGES;
    let size = event(page).len();
    let next = page + 1;
    whole(&format!(
        "<ListBucketResult><IsTruncated>{}</IsTruncated><NextContinuationToken>{next}</NextContinuationToken>\
         <Contents><Key>e{page}.json</Key><Size>{size}</Size><ETag>\"v1\"</ETag></Contents></ListBucketResult>",
        !is_last
    ))
}

/// Credentials that expire, as their providers give them.
fn credentials() -> String {
    let now = Timestamp::now();
    format!(
        r#"{{"Version":1,"AccessKeyId":"k","SecretAccessKey":"s","Token":"t{0}","SessionToken":"t{0}","Expiration":"{1}"}}"#,
        now.as_millisecond(),
        now + LIFE
    )
}

/// Serves at an address of this machine; gives the address, and the requests that it saw.
fn served(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> (String, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let seen = Requests::default();
    answer_all(listener, answer, &seen);
    (address, seen)
}

/// `convert` of the bucket into a folder, with these variables alone.
fn convert(folder: &Path, s3: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::cargo_bin("cloudtrail2parquet").unwrap();
    command
        .env_clear()
        .env("HOME", folder)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ENDPOINT_URL_S3", s3)
        .env("AWS_REGION", "us-east-1")
        .envs(variables.iter().copied())
        .current_dir(folder)
        .args(["convert", "s3://logs", "table", "--json"]);
    command.output().unwrap()
}

fn rows(output: &Output) -> Option<u64> {
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    summary["rows"].as_u64()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The different tokens that came.
fn tokens(seen: &Requests) -> usize {
    let all = seen.all();
    let tokens = all
        .iter()
        .flat_map(|head| head.lines())
        .filter(|line| line.starts_with("x-amz-security-token: "));
    tokens.collect::<std::collections::BTreeSet<_>>().len()
}

#[test]
fn credentials_of_a_container_are_renewed_while_a_run_lasts() {
    let folder = TempDir::new().unwrap();
    let (s3, seen) = served(bucket);
    let (provider, asked) = served(|_| whole(&credentials()));
    let uri = format!("{provider}/role");
    let output = convert(
        folder.path(),
        &s3,
        &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri)],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(rows(&output), Some(PAGES as u64));
    assert!(tokens(&seen) > 1 && asked.all().len() > 1);
}

#[test]
fn credentials_of_a_process_are_renewed_while_a_run_lasts() {
    let folder = TempDir::new().unwrap();
    let (s3, seen) = served(bucket);
    let life = LIFE.as_secs();
    let script = format!(
        r#"now=$(date +%s%3N)
until=$(date -u -d "+{life} seconds" +%Y-%m-%dT%H:%M:%SZ)
printf '{{"Version":1,"AccessKeyId":"k","SecretAccessKey":"s","SessionToken":"t%s","Expiration":"%s"}}' "$now" "$until"
"#
    );
    let program = folder.path().join("credentials.sh");
    fs::write(&program, script).unwrap();
    let profile = format!(
        "[profile p]\ncredential_process = sh {}\n",
        program.display()
    );
    let config = folder.path().join("config");
    fs::write(&config, profile).unwrap();
    let variables = [
        ("AWS_PROFILE", "p"),
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
    ];
    let output = convert(folder.path(), &s3, &variables);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(rows(&output), Some(PAGES as u64));
    assert!(tokens(&seen) > 1);
}

#[test]
fn credentials_that_cannot_be_renewed_end_the_run_with_1_and_the_next_goes_on() {
    let folder = TempDir::new().unwrap();
    let (s3, _) = served(bucket);
    let token = format!("t{}", Timestamp::now().as_millisecond());
    let fixed = [
        ("AWS_ACCESS_KEY_ID", "k"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("AWS_SESSION_TOKEN", token.as_str()),
    ];
    let output = convert(folder.path(), &s3, &fixed);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let said = stderr(&output);
    let step = "sign in again, or use other credentials";
    assert!(
        said.contains("ExpiredToken") && said.contains(step),
        "{said}"
    );

    let (provider, _) = served(|_| whole(&credentials()));
    let uri = format!("{provider}/role");
    let renewed = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.as_str())];
    let output = convert(folder.path(), &s3, &renewed);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(rows(&output), Some(PAGES as u64));
}

#[test]
fn a_provider_that_is_gone_ends_the_run_with_1_and_says_so() {
    let folder = TempDir::new().unwrap();
    let (s3, _) = served(bucket);
    let provided = std::sync::atomic::AtomicBool::new(false);
    let (provider, _) =
        served(
            move |_| match provided.swap(true, std::sync::atomic::Ordering::Relaxed) {
                false => whole(&credentials()),
                true => error(400, "Gone"),
            },
        );
    let uri = format!("{provider}/role");
    let output = convert(
        folder.path(),
        &s3,
        &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri)],
    );
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(
        said.contains("credentials") && said.contains("sign in again"),
        "{said}"
    );
}

#[test]
fn a_profile_that_is_not_there_is_named_with_its_own_next_step() {
    let folder = TempDir::new().unwrap();
    let (s3, _) = served(bucket);
    let output = convert(folder.path(), &s3, &[("AWS_PROFILE", "nope")]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(
        said.contains("the profile \"nope\"") && said.contains("list-profiles"),
        "{said}"
    );
    assert!(!said.contains("AWS_ACCESS_KEY_ID"), "{said}");
}
