//! `verify --digests`, as its users run it.

use crate::signed::{Objects, REGION, Signer, Trail, log};
use crate::support::{Place, json, stderr, stdout, tree};
use jiff::{Timestamp, ToSpan};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

/// A folder of a day's log files and digests.
pub(crate) struct Case {
    pub(crate) place: Place,
    pub(crate) trail: Trail,
    pub(crate) signer: Signer,
}

impl Case {
    pub(crate) const START: &str = "2024-05-01T00:00:00Z";

    pub(crate) fn new() -> Self {
        let (place, signer, mut trail) = (Place::new(), Signer::new(), Trail::new("a_trail"));
        let mut objects = Objects::new();
        for hour in 0..30 {
            let start = Self::hour(hour);
            let logs = vec![(format!("log{hour}"), log(&format!("e{hour}"), start))];
            trail.hour(&mut objects, &signer, start, &logs);
        }
        for (key, object) in &objects {
            place.write(&format!("logs/{key}"), &object.bytes);
        }
        place.write("keys.json", Signer::list(&[&signer]));
        Self {
            place,
            trail,
            signer,
        }
    }

    pub(crate) fn hour(hour: i64) -> Timestamp {
        let start: Timestamp = Self::START.parse().unwrap();
        start + hour.hours()
    }

    /// The log file of an hour, in the folder.
    pub(crate) fn log(&self, hour: i64) -> String {
        let key = self.trail.log_key(Self::hour(hour), &format!("log{hour}"));
        format!("logs/{key}")
    }
}

const VERIFY: &str = "verify logs table --level ledger --digests --digest-keys keys.json";

#[test]
fn verify_digests_proves_a_whole_folder_offline_but_for_the_last_digest() {
    let case = Case::new();
    let before = tree(&case.place.path("logs"));
    let output = case.place.run(&format!("{VERIFY} --json"));
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let report = json(&output);
    assert_eq!(report["findings"].as_array().unwrap().len(), 0);
    let lane = &report["digests"][0];
    assert_eq!(
        (lane["logs"].as_u64(), lane["logs_not_covered"].as_u64()),
        (Some(30), Some(0))
    );
    let trail = &lane["trails"][0];
    assert_eq!(trail["trail"], "a_trail");
    for (name, number) in [
        ("digests", 30),
        ("digests_proven", 29),
        ("digests_awaited", 1),
        ("logs_valid", 29),
        ("logs_awaited", 1),
        ("logs_changed", 0),
        ("logs_missing", 0),
        ("gaps", 0),
    ] {
        assert_eq!(trail[name].as_u64(), Some(number), "{name}");
    }
    let text = stdout(&case.place.run(VERIFY));
    assert!(text.contains("a_trail of us-east-1"), "{text}");
    assert!(
        text.contains("1 digests are the last of their trail"),
        "{text}"
    );
    assert!(text.ends_with("Nothing is wrong.\n"), "{text}");
    assert!(before == tree(&case.place.path("logs")));
    assert!(!case.place.path("table").exists(), "nothing is written");
}

#[test]
fn verify_digests_names_a_log_file_that_was_changed_and_one_that_was_removed() {
    let case = Case::new();
    case.place.write(&case.log(3), log("other", Case::hour(3)));
    std::fs::remove_file(case.place.path(&case.log(4))).unwrap();
    let output = case.place.run(&format!("{VERIFY} --json"));
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let report = json(&output);
    let findings = report["findings"].as_array().unwrap();
    let found: Vec<_> = findings
        .iter()
        .map(|found| found["kind"].as_str().unwrap())
        .collect();
    assert_eq!(found, ["changed_log", "missing_log"]);
    for (found, hour) in findings.iter().zip([3, 4]) {
        let path = case.place.path(&case.log(hour));
        assert_eq!(
            found["url"].as_str(),
            path.canonicalize().unwrap_or(path.clone()).to_str()
        );
        assert_eq!(found["date"], "2024-05-01");
    }
    let text = stdout(&case.place.run(VERIFY));
    assert!(
        text.ends_with("The table, or the raw logs, are not whole.\n"),
        "{text}"
    );
}

#[test]
fn verify_digests_goes_with_the_proof_of_the_table() {
    let case = Case::new();
    case.place.convert("", 0);
    let output = case
        .place
        .run("verify logs table --digests --digest-keys keys.json --json");
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let report = json(&output);
    assert_eq!(
        (report["raw_records"].as_u64(), report["rows"].as_u64()),
        (Some(30), Some(30))
    );
    assert_eq!(report["digests"][0]["logs"].as_u64(), Some(30));
    let without = json(&case.place.run("verify logs table --json"));
    assert!(without.get("digests").is_none());
}

#[test]
fn verify_digests_refuses_what_it_cannot_use() {
    let case = Case::new();
    case.place.write("no.json", "{}");
    for (words, why) in [
        ("verify table --digests", "name SOURCE before DEST"),
        ("verify logs table --digest-keys keys.json", "--digests"),
        (
            "verify logs table --digests --digest-keys no.json",
            "list-public-keys",
        ),
        (
            "verify logs table --digests --digest-keys gone.json",
            "gone.json",
        ),
    ] {
        let output = case.place.run(words);
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(
            stderr(&output).contains(why),
            "{words}: {}",
            stderr(&output)
        );
    }
}

/// Answers as CloudTrail does, in one page or two, and gives the requests that it got.
fn service(answers: Vec<(u16, String)>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serving = std::thread::spawn(move || {
        let mut requests = Vec::new();
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line == "\r\n" {
                    break;
                }
                head.push_str(&line);
            }
            let mut sent = vec![0; length];
            reader.read_exact(&mut sent).unwrap();
            requests.push(head + &String::from_utf8(sent).unwrap());
            let answer = format!(
                "HTTP/1.1 {status} x\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
        requests
    });
    (address, serving)
}

fn verify_with_service(case: &Case, address: &str) -> std::process::Output {
    let mut command = case
        .place
        .command("verify logs table --level ledger --digests --json");
    command
        .env("AWS_ENDPOINT_URL_CLOUDTRAIL", address)
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "x")
        .env("AWS_REGION", "us-west-2");
    command.output().unwrap()
}

#[test]
fn verify_digests_asks_cloudtrail_for_the_keys_of_the_digests_region_page_by_page() {
    let case = Case::new();
    // Times are numbers on the wire.
    let wire = |list: String| {
        list.replace("\"2024-01-01T00:00:00+00:00\"", "1704067200.0")
            .replace("\"2024-02-01T00:00:00+00:00\"", "1706745600")
    };
    let first = wire(Signer::list(&[&Signer::new()])).replace("]}", "],\"NextToken\":\"more\"}");
    let second = wire(Signer::list(&[&case.signer]));
    let (address, serving) = service(vec![(200, first), (200, second)]);
    let output = verify_with_service(&case, &address);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}{}",
        stdout(&output),
        stderr(&output)
    );
    let requests = serving.join().unwrap();
    assert_eq!(requests.len(), 2);
    assert!(requests[0].contains("ListPublicKeys"), "{}", requests[0]);
    assert!(
        requests[0].contains(&format!("/{REGION}/cloudtrail/aws4_request")),
        "{}",
        requests[0]
    );
    assert!(
        requests[1].contains("\"NextToken\":\"more\""),
        "{}",
        requests[1]
    );
}

#[test]
fn verify_digests_says_what_to_do_where_the_keys_may_not_be_listed() {
    let case = Case::new();
    let refusal = r#"{"__type":"AccessDeniedException","Message":"not you"}"#.to_owned();
    let (address, serving) = service(vec![(400, refusal)]);
    let output = verify_with_service(&case, &address);
    serving.join().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    let error = stderr(&output);
    for part in [
        REGION,
        "not you",
        "cloudtrail:ListPublicKeys",
        "--digest-keys",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
}
