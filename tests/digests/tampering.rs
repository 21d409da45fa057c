//! A year of hourly digests, tampered with in every way that is known.

use crate::signed::{Objects, Signer, Trail, log, log_file};
use crate::support::{Question, ask, codes, edit, hours, logs, put, time};
use jiff::{Timestamp, ToSpan};

const HOURS: i64 = 8760;

/// The day that is tampered with, and the range that is looked at for it.
const DAY: &str = "2023-07-15T00:00:00Z";
const DAYS: (&str, &str) = ("2023-07-10", "2023-07-20");

struct Year {
    objects: Objects,
    signer: Signer,
    other: Signer,
    trail: Trail,
}

/// What somebody does to the bucket.
type Tamper = fn(&Year, &mut Objects);

impl Year {
    fn new() -> Self {
        let (signer, mut trail) = (Signer::new(), Trail::new("the_trail"));
        let mut objects = Objects::new();
        let start = time("2023-01-01T00:00:00Z");
        hours(&mut trail, &mut objects, &signer, start, HOURS);
        Self {
            objects,
            signer,
            other: Signer::new(),
            trail,
        }
    }

    fn hour(hour: i64) -> Timestamp {
        time(DAY) + hour.hours()
    }

    /// The log file of an hour of the day.
    fn log(&self, hour: i64) -> String {
        let start = Self::hour(hour);
        self.trail.log_key(start, &logs(start)[0].0)
    }

    /// The digest of that hour.
    fn digest(&self, hour: i64) -> String {
        self.trail.digest_key(Self::hour(hour + 1))
    }

    fn ask(
        &self,
        objects: &Objects,
        days: Option<(&str, &str)>,
        has_metadata: bool,
    ) -> Vec<&'static str> {
        let question = Question {
            keys: &[&self.signer, &self.other],
            days,
            now: "2024-06-01T00:00:00Z",
            has_metadata,
        };
        codes(&ask(objects, &question)).into_iter().collect()
    }
}

/// Each with what is found of it at least, whether or not signatures lie beside the digests.
const TAMPERINGS: [(&str, &[&str], Tamper); 38] = [
    (
        "a byte of a log file is changed",
        &["changed_log"],
        |year, objects| {
            edit(objects, &year.log(3), |text| {
                text.replace("GetObject", "getObject")
            });
        },
    ),
    (
        "a record is cut out of a log file",
        &["changed_log"],
        |year, objects| {
            edit(objects, &year.log(3), |_| r#"{"Records":[]}"#.to_owned());
        },
    ),
    (
        "a log file is replaced by another hour's",
        &["changed_log"],
        |year, objects| {
            let other = objects[&year.log(4)].clone();
            objects.insert(year.log(3), other);
        },
    ),
    (
        "a log file is cut off",
        &["changed_log"],
        |year, objects| {
            objects.get_mut(&year.log(3)).unwrap().bytes.truncate(60);
        },
    ),
    (
        "a log file is emptied",
        &["changed_log"],
        |year, objects| {
            objects.get_mut(&year.log(3)).unwrap().bytes.clear();
        },
    ),
    (
        "a gzip member is appended to a log file",
        &["changed_log"],
        |year, objects| {
            let more = objects[&year.log(4)].bytes.clone();
            objects.get_mut(&year.log(3)).unwrap().bytes.extend(more);
        },
    ),
    (
        "garbage is appended to a log file",
        &["changed_log"],
        |year, objects| {
            objects.get_mut(&year.log(3)).unwrap().bytes.push(b'x');
        },
    ),
    (
        "a log file is removed",
        &["missing_log"],
        |year, objects| {
            objects.remove(&year.log(3));
        },
    ),
    (
        "all log files of a day are removed",
        &["missing_log"],
        |year, objects| {
            (0..24).for_each(|hour| _ = objects.remove(&year.log(hour)));
        },
    ),
    (
        "a log file is added",
        &["uncovered_log"],
        |year, objects| {
            let start = Year::hour(3);
            put(
                objects,
                &year.trail.log_key(start, "added"),
                &log("x", start),
            );
        },
    ),
    (
        "a log file is copied under another name",
        &["uncovered_log"],
        |year, objects| {
            let copy = objects[&year.log(3)].clone();
            objects.insert(year.trail.log_key(Year::hour(3), "copy"), copy);
        },
    ),
    (
        "a log file is renamed",
        &["missing_log", "uncovered_log"],
        |year, objects| {
            let moved = objects.remove(&year.log(3)).unwrap();
            objects.insert(year.trail.log_key(Year::hour(3), "renamed"), moved);
        },
    ),
    (
        "a log file is moved to another day",
        &["missing_log", "uncovered_log"],
        |year, objects| {
            let moved = objects.remove(&year.log(3)).unwrap();
            objects.insert(year.log(3).replace("/07/15/", "/07/16/"), moved);
        },
    ),
    (
        "a dump is put beside the log files",
        &["uncovered_log"],
        |_, objects| {
            put(objects, "more.json.gz", &log("x", Year::hour(3)));
        },
    ),
    (
        "a digest is removed",
        &["missing_digest", "uncovered_log"],
        |year, objects| {
            objects.remove(&year.digest(3));
        },
    ),
    (
        "two digests in a row are removed",
        &["missing_digest", "uncovered_log"],
        |year, objects| {
            objects.remove(&year.digest(3));
            objects.remove(&year.digest(4));
        },
    ),
    (
        "an hour is removed, log files and digest",
        &["missing_digest"],
        |year, objects| {
            objects.remove(&year.digest(3));
            objects.remove(&year.log(3));
        },
    ),
    (
        "a day is removed, log files and digests",
        &["missing_digest"],
        |year, objects| {
            for hour in 0..24 {
                objects.remove(&year.digest(hour));
                objects.remove(&year.log(hour));
            }
        },
    ),
    (
        "all digests of some days are removed",
        &["uncovered_log"],
        |year, objects| {
            (-200..200).for_each(|hour| _ = objects.remove(&year.digest(hour)));
        },
    ),
    (
        "a log file and its line in the digest are cut",
        &["invalid_digest"],
        |year, objects| {
            objects.remove(&year.log(3));
            edit(objects, &year.digest(3), |text| {
                let (head, _) = text.split_once("\"logFiles\":[").unwrap();
                format!("{head}\"logFiles\":[]}}")
            });
        },
    ),
    (
        "a log file and its line in the digest are added",
        &["invalid_digest", "uncovered_log"],
        |year, objects| {
            let (start, content) = (Year::hour(3), log("x", Year::hour(3)));
            let key = year.trail.log_key(start, "added");
            put(objects, &key, &content);
            let line = log_file(&key, &content);
            edit(objects, &year.digest(3), |text| {
                text.replace("\"logFiles\":[", &format!("\"logFiles\":[{line},"))
            });
        },
    ),
    (
        "a log file and its hash in the digest are changed",
        &["invalid_digest"],
        |year, objects| {
            let content = log("other", Year::hour(3));
            put(objects, &year.log(3), &content);
            let line = log_file(&year.log(3), &content);
            edit(objects, &year.digest(3), |text| {
                let (head, _) = text.split_once("\"logFiles\":[").unwrap();
                format!("{head}\"logFiles\":[{line}]}}")
            });
        },
    ),
    (
        "a digest's end is changed",
        &["invalid_digest"],
        |year, objects| {
            edit(objects, &year.digest(3), |text| {
                text.replace(
                    "EndTime\":\"2023-07-15T04:00:00Z",
                    "EndTime\":\"2023-07-15T05:00:00Z",
                )
            });
        },
    ),
    (
        "a digest's end is written otherwise",
        &["invalid_digest"],
        |year, objects| {
            edit(objects, &year.digest(3), |text| {
                text.replace(
                    "EndTime\":\"2023-07-15T04:00:00Z",
                    "EndTime\":\"2023-07-15T04:00:00.0Z",
                )
            });
        },
    ),
    (
        "a digest's start is changed",
        &["invalid_digest", "broken_digest_chain"],
        |year, objects| {
            edit(objects, &year.digest(3), |text| {
                text.replace(
                    "StartTime\":\"2023-07-15T03:00:00Z",
                    "StartTime\":\"2023-07-15T02:00:00Z",
                )
            });
        },
    ),
    (
        "the signature of the digest before is changed",
        &["invalid_digest"],
        |year, objects| {
            edit(objects, &year.digest(3), |text| {
                let at = text.find("previousDigestSignature\":\"").unwrap() + 30;
                format!(
                    "{}{}{}",
                    &text[..at],
                    if &text[at..=at] == "0" { "1" } else { "0" },
                    &text[at + 1..]
                )
            });
        },
    ),
    (
        "the hash of the digest before is changed",
        &["invalid_digest", "broken_digest_chain"],
        |year, objects| {
            edit(objects, &year.digest(3), |text| {
                let at = text.find("previousDigestHashValue\":\"").unwrap() + 30;
                format!(
                    "{}{}{}",
                    &text[..at],
                    if &text[at..=at] == "0" { "1" } else { "0" },
                    &text[at + 1..]
                )
            });
        },
    ),
    (
        "a digest names another one as that before it",
        &["invalid_digest", "broken_digest_chain"],
        |year, objects| {
            let (before, other) = (year.digest(2), year.digest(1));
            edit(objects, &year.digest(3), |text| {
                text.replace(&before, &other)
            });
        },
    ),
    (
        "a digest is made the first of its trail",
        &["invalid_digest"],
        |year, objects| {
            edit(objects, &year.digest(3), |text| {
                let (head, rest) = text.split_once("\"previousDigestS3Bucket\"").unwrap();
                let (_, logs) = rest.split_once("\"logFiles\"").unwrap();
                let null = [
                    "S3Bucket",
                    "S3Object",
                    "HashValue",
                    "HashAlgorithm",
                    "Signature",
                ]
                .map(|name| format!("\"previousDigest{name}\":null,"))
                .concat();
                format!("{head}{null}\"logFiles\"{logs}")
            });
        },
    ),
    (
        "a digest's key is changed",
        &["invalid_digest"],
        |year, objects| {
            edit(objects, &year.digest(3), |text| {
                text.replacen("the_trail", "a_trail", 1)
            });
        },
    ),
    (
        "a digest's bucket is changed",
        &["invalid_digest", "broken_digest_chain"],
        |year, objects| {
            edit(objects, &year.digest(3), |text| {
                text.replacen("trail-logs", "other-logs", 1)
            });
        },
    ),
    (
        "a digest is signed by a key that is not CloudTrail's",
        &["invalid_digest"],
        |year, objects| {
            let forger = Signer::new();
            edit(objects, &year.digest(3), |text| {
                text.replace(&year.signer.fingerprint(), &forger.fingerprint())
            });
        },
    ),
    (
        "the rest of a trail is forged with another key",
        &["invalid_digest"],
        |year, objects| {
            let mut trail = year.trail.clone();
            trail.previous = None;
            let forger = Signer::new();
            hours(&mut trail, objects, &forger, Year::hour(3), 300);
        },
    ),
    (
        "a digest names another of CloudTrail's keys",
        &["invalid_digest"],
        |year, objects| {
            edit(objects, &year.digest(3), |text| {
                text.replace(&year.signer.fingerprint(), &year.other.fingerprint())
            });
        },
    ),
    (
        "a digest is cut off",
        &["invalid_digest"],
        |year, objects| {
            objects
                .get_mut(&year.digest(3))
                .unwrap()
                .bytes
                .truncate(100);
        },
    ),
    (
        "two digests are swapped",
        &["invalid_digest"],
        |year, objects| {
            let (a, b) = (
                objects[&year.digest(3)].clone(),
                objects[&year.digest(4)].clone(),
            );
            objects.insert(year.digest(3), b);
            objects.insert(year.digest(4), a);
        },
    ),
    (
        "a forged digest is put between two",
        &["invalid_digest", "uncovered_log"],
        |year, objects| {
            let mut trail = year.trail.clone();
            let start = Year::hour(3) + 10.minutes();
            trail.previous = None;
            trail.hour(
                objects,
                &Signer::new(),
                start,
                &vec![("forged".to_owned(), log("x", start))],
            );
        },
    ),
    (
        "a forged trail lists a log file of its own",
        &["invalid_digest", "uncovered_log"],
        |year, objects| {
            let mut trail = Trail::new("another");
            let start = Year::hour(3);
            trail.hour(
                objects,
                &Signer::new(),
                start,
                &vec![("forged".to_owned(), log("x", start))],
            );
            let signature = objects
                .get_mut(&trail.digest_key(start + 1.hour()))
                .unwrap();
            signature.signature = None;
            let forged = trail.digest_key(start + 1.hour());
            edit(objects, &forged, |text| {
                text.replace(
                    &text[text.find("Fingerprint\":\"").unwrap() + 14..][..32],
                    &year.signer.fingerprint(),
                )
            });
        },
    ),
];

#[test]
fn a_clean_year_has_no_finding_and_each_tampering_with_it_has_its_own() {
    let year = Year::new();
    assert_eq!(year.objects.len(), 2 * HOURS as usize);
    for has_metadata in [true, false] {
        let question = Question {
            keys: &[&year.signer],
            days: None,
            now: "2024-06-01T00:00:00Z",
            has_metadata,
        };
        let report = ask(&year.objects, &question);
        assert_eq!(report.findings, [], "{has_metadata}");
        let [lane] = &report.digests[..] else {
            panic!("one lane")
        };
        let [trail] = &lane.trails[..] else {
            panic!("one trail")
        };
        let awaited = u64::from(!has_metadata);
        assert_eq!((lane.logs, trail.digests), (8760, 8760));
        assert_eq!(
            (trail.digests_awaited, trail.logs_awaited),
            (awaited, awaited)
        );
        assert_eq!(trail.digests_proven + awaited, 8760);
        assert_eq!(trail.logs_valid + awaited, 8760);
    }
    // What is far from what is tampered with is not looked at.
    let mut near = year.objects.clone();
    near.retain(|key, _| key.contains("/2023/07/"));
    assert_eq!(year.ask(&near, Some(DAYS), true), [""; 0]);
    let mut missed = Vec::new();
    for (what, expected, tamper) in TAMPERINGS {
        let mut objects = near.clone();
        tamper(&year, &mut objects);
        assert!(objects != near, "{what}: nothing is changed");
        for has_metadata in [true, false] {
            let found = year.ask(&objects, Some(DAYS), has_metadata);
            if !expected.iter().all(|code| found.contains(code)) {
                missed.push(format!(
                    "{what} ({has_metadata}): {expected:?} in {found:?}"
                ));
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn the_ends_of_a_trail_are_tampered_with_and_it_is_found() {
    let (signer, mut trail) = (Signer::new(), Trail::new("t"));
    let (mut objects, start) = (Objects::new(), time("2024-03-01T00:00:00Z"));
    hours(&mut trail, &mut objects, &signer, start, 48);
    let ask = |objects: &Objects, has_metadata| {
        let question = Question {
            keys: &[&signer],
            days: None,
            now: "2024-06-01T00:00:00Z",
            has_metadata,
        };
        codes(&ask(objects, &question))
            .into_iter()
            .collect::<Vec<_>>()
    };
    let (first, last) = (
        trail.digest_key(start + 1.hour()),
        trail.digest_key(start + 48.hours()),
    );
    assert_eq!(ask(&objects, true), [""; 0]);

    let mut without_first = objects.clone();
    without_first.remove(&first);
    assert_eq!(
        ask(&without_first, false),
        ["missing_digest", "uncovered_log"]
    );

    let mut without_last = objects.clone();
    without_last.remove(&last);
    assert_eq!(ask(&without_last, true), ["uncovered_log"]);

    let mut unsigned = objects.clone();
    let signature = unsigned.get_mut(&last).unwrap();
    signature.signature = signature
        .signature
        .take()
        .map(|text| text.replace('a', "b"));
    assert_eq!(ask(&unsigned, true), ["invalid_digest", "uncovered_log"]);

    let mut without_any = objects.clone();
    without_any.retain(|key, _| !key.contains("Digest"));
    assert_eq!(ask(&without_any, true), ["no_digests"]);

    let mut only_one = objects.clone();
    only_one.retain(|key, _| !key.contains("Digest") || *key == first);
    assert_eq!(ask(&only_one, false), ["invalid_digest", "uncovered_log"]);

    let mut foreign = objects.clone();
    put(&mut foreign, &first.replace("20240301T01", "x"), "{}");
    assert_eq!(ask(&foreign, true), ["invalid_digest"]);
}
