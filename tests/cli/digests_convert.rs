//! `convert --digests`, as its users run it.

use crate::digests::Case;
use crate::signed::{Objects, Signer, Trail, log};
use crate::support::{Place, stderr, tree};
use jiff::{Timestamp, ToSpan, Unit};
use serde_json::Value;
use std::fs;

const KEYS: &str = "--digest-keys keys.json";

impl Case {
    fn convert(&self, how: &str, code: i32) -> Value {
        self.place.convert(&format!("--digests {how} {KEYS}"), code)
    }

    /// Delivers a further hour.
    fn deliver(&mut self, hour: i64) {
        let (start, mut objects) = (Self::hour(hour), Objects::new());
        let logs = vec![(format!("log{hour}"), log(&format!("e{hour}"), start))];
        self.trail.hour(&mut objects, &self.signer, start, &logs);
        for (key, object) in &objects {
            self.place.write(&format!("logs/{key}"), &object.bytes);
        }
    }

    fn bytes(&self, hour: i64) -> Vec<u8> {
        fs::read(self.place.path(&self.log(hour))).unwrap()
    }
}

/// How often the table's ledger says this of a raw object, in receipts.
fn states(place: &Place, state: &str) -> usize {
    let ledger = tree(&place.path("table/_ledger"));
    let receipts = ledger
        .iter()
        .filter(|(path, _)| !path.to_str().unwrap().contains("/log/"));
    let texts = receipts.map(|(_, bytes)| String::from_utf8(bytes.clone()).unwrap());
    let wanted = match state {
        "" => "\"digest\"".to_owned(),
        state => format!("\"digest\":\"{state}\""),
    };
    texts
        .map(|text| text.replace(' ', "").matches(&wanted).count())
        .sum()
}

/// The codes of the problems of a run.
fn codes(summary: &Value) -> Vec<&str> {
    let problems = summary["problems"].as_array().unwrap();
    let mut codes: Vec<_> = problems
        .iter()
        .map(|problem| problem["code"].as_str().unwrap())
        .collect();
    codes.sort_unstable();
    codes
}

#[test]
fn convert_digests_require_converts_what_is_proven_and_the_rest_when_it_is() {
    let mut case = Case::new();
    let first = case.convert("require", 3);
    assert_eq!(
        (first["rows"].as_u64(), first["unread_objects"].as_u64()),
        (Some(29), Some(1))
    );
    // In a folder nothing signs the last digest.
    assert_eq!(codes(&first), ["digest_not_covered"]);
    assert_eq!(
        (
            states(&case.place, "valid"),
            states(&case.place, "not_covered")
        ),
        (29, 1)
    );
    let before = tree(&case.place.path("table"));
    let again = case.convert("require", 3);
    assert_eq!(
        (again["objects"].as_u64(), again["skipped_objects"].as_u64()),
        (Some(0), Some(29))
    );
    assert!(
        before == tree(&case.place.path("table")),
        "a second run writes nothing"
    );
    case.deliver(30);
    let next = case.convert("require", 3);
    assert_eq!(
        (next["rows"].as_u64(), next["unread_objects"].as_u64()),
        (Some(1), Some(1))
    );
    assert_eq!(states(&case.place, "valid"), 30);
    let verified = case.place.run("verify logs table --level rows");
    assert_eq!(verified.status.code(), Some(0), "{}", stderr(&verified));
}

#[test]
fn convert_digests_require_leaves_what_is_not_valid_until_it_is_restored() {
    let case = Case::new();
    let (third, fourth) = (case.bytes(3), case.bytes(4));
    case.place.write(&case.log(3), log("other", Case::hour(3)));
    fs::remove_file(case.place.path(&case.log(4))).unwrap();
    let added = case.log(5).replace("log5", "added");
    case.place.write(&added, log("added", Case::hour(5)));
    case.place
        .write("logs/dump.json", log("dump", Case::hour(5)));
    let summary = case.convert("require", 3);
    let expected = [
        "digest_changed",
        "digest_missing",
        "digest_not_covered",
        "digest_not_covered",
        "digest_not_covered",
    ];
    assert_eq!(codes(&summary), expected);
    assert_eq!(
        (summary["rows"].as_u64(), summary["unread_objects"].as_u64()),
        (Some(27), Some(5))
    );
    for (state, count) in [
        ("valid", 27),
        ("changed", 1),
        ("missing", 1),
        ("not_covered", 3),
    ] {
        assert_eq!(states(&case.place, state), count, "{state}");
    }
    let ids: Vec<String> = case.place.table().into_values().flatten().collect();
    assert!(
        !ids.iter()
            .any(|id| ["other", "added", "dump", "e3", "e4"].contains(&id.as_str()))
    );
    let before = tree(&case.place.path("table"));
    assert_eq!(codes(&case.convert("require", 3)), expected);
    assert!(
        before == tree(&case.place.path("table")),
        "a second run writes nothing"
    );

    case.place.write(&case.log(3), third);
    case.place.write(&case.log(4), fourth);
    let restored = case.convert("require", 3);
    assert_eq!(codes(&restored), ["digest_not_covered"; 3]);
    assert_eq!(restored["rows"].as_u64(), Some(2));
}

#[test]
fn convert_digests_check_converts_all_and_names_what_is_not_valid_once() {
    let case = Case::new();
    case.place.write(&case.log(3), log("other", Case::hour(3)));
    let added = case.log(5).replace("log5", "added");
    case.place.write(&added, log("added", Case::hour(5)));
    let summary = case.convert("check", 3);
    assert_eq!(
        codes(&summary),
        ["digest_changed", "digest_not_covered", "digest_not_covered"]
    );
    assert_eq!(
        (
            summary["rows"].as_u64(),
            summary["unproven_objects"].as_u64()
        ),
        (Some(31), Some(3))
    );
    for (state, count) in [("valid", 28), ("changed", 1), ("not_covered", 2)] {
        assert_eq!(states(&case.place, state), count, "{state}");
    }
    let again = case.convert("check", 0);
    assert_eq!(again["skipped_objects"].as_u64(), Some(31));
}

#[test]
fn what_was_left_by_require_is_converted_by_check_or_without_digests() {
    for how in ["check", "off"] {
        let case = Case::new();
        case.place.write(&case.log(3), log("other", Case::hour(3)));
        assert_eq!(case.convert("require", 3)["rows"].as_u64(), Some(28));
        let words = format!("--digests {how} {KEYS}");
        let code = if how == "check" { 3 } else { 0 };
        assert_eq!(
            case.place.convert(&words, code)["rows"].as_u64(),
            Some(2),
            "{how}"
        );
    }
}

#[test]
fn what_is_gone_for_good_is_accepted_by_its_key_and_told_no_more() {
    let case = Case::new();
    fs::remove_file(case.place.path(&case.log(3))).unwrap();
    assert_eq!(
        codes(&case.convert("check", 3)),
        ["digest_missing", "digest_not_covered"]
    );
    let log = case.log(3);
    let key = log.strip_prefix("logs/").unwrap();
    let accepted = case.convert(&format!("check --accept-unread {key}"), 0);
    assert_eq!(accepted["accepted_objects"].as_u64(), Some(1));
    assert_eq!(codes(&case.convert("require", 0)), [""; 0]);
}

#[test]
fn without_digests_no_document_says_anything_of_them() {
    let case = Case::new();
    case.place.convert("", 0);
    let documents = tree(&case.place.path("table/_ledger"));
    for (path, bytes) in documents {
        assert!(
            !String::from_utf8(bytes).unwrap().contains("digest"),
            "{path:?}"
        );
    }
    case.convert("check", 0);
    assert_eq!(
        states(&case.place, ""),
        0,
        "what is converted is not looked at again"
    );
}

#[test]
fn what_is_gone_since_it_was_converted_is_not_missing() {
    let case = Case::new();
    case.place.convert("", 0);
    for hour in 0..30 {
        fs::remove_file(case.place.path(&case.log(hour))).unwrap();
    }
    assert_eq!(codes(&case.convert("require", 0)), [""; 0]);
}

#[test]
fn a_month_whose_log_files_are_all_gone_is_missing() {
    let (place, signer, mut trail) = (Place::new(), Signer::new(), Trail::new("t"));
    let (mut objects, start) = (
        Objects::new(),
        "2024-04-30T12:00:00Z".parse::<Timestamp>().unwrap(),
    );
    for hour in 0..36 {
        let start = start + hour.hours();
        let logs = vec![(format!("l{hour}"), log(&format!("e{hour}"), start))];
        trail.hour(&mut objects, &signer, start, &logs);
    }
    for (key, object) in &objects {
        if !(key.contains("/2024/05/") && key.contains("_CloudTrail_")) {
            place.write(&format!("logs/{key}"), &object.bytes);
        }
    }
    place.write("keys.json", Signer::list(&[&signer]));
    let summary = place.convert(&format!("--digests require {KEYS}"), 3);
    assert_eq!(summary["rows"].as_u64(), Some(12));
    assert_eq!(codes(&summary), vec!["digest_missing"; 24]);
}

#[test]
fn what_was_just_delivered_waits_for_its_digest_without_any_failure() {
    let (place, signer, mut trail) = (Place::new(), Signer::new(), Trail::new("t"));
    let now = Timestamp::now().round(Unit::Minute).unwrap();
    let mut objects = Objects::new();
    for hour in 0..30 {
        let start = now - (31 - hour).hours();
        let logs = vec![(format!("l{hour}"), log(&format!("e{hour}"), start))];
        trail.hour(&mut objects, &signer, start, &logs);
    }
    for (key, object) in &objects {
        place.write(&format!("logs/{key}"), &object.bytes);
    }
    let start = now - 10.minutes();
    let key = trail.log_key(start, "new");
    place.write(&format!("logs/{key}"), log("new", start));
    place.write("keys.json", Signer::list(&[&signer]));
    for how in ["require", "check"] {
        let summary = place.convert(&format!("--digests {how} {KEYS}"), 0);
        assert_eq!(
            summary["awaiting_digest_objects"].as_u64(),
            Some(2),
            "{how}"
        );
        assert_eq!(states(&place, ""), 29);
    }
    assert_eq!(place.convert("", 0)["rows"].as_u64(), Some(2));
}

#[test]
fn a_fault_of_the_digests_is_named_and_is_exit_code_3() {
    let case = Case::new();
    let digest = case.trail.digest_key(Case::hour(4));
    fs::remove_file(case.place.path(&format!("logs/{digest}"))).unwrap();
    let summary = case.convert("check", 3);
    let codes = codes(&summary);
    assert!(
        codes.contains(&"missing_digest") && codes.contains(&"invalid_digest"),
        "{codes:?}"
    );
    assert_eq!(summary["digest_faults"].as_u64(), Some(2));
    let problems = summary["problems"].as_array().unwrap();
    let missing = problems
        .iter()
        .find(|problem| problem["code"] == "missing_digest")
        .unwrap();
    assert!(
        missing["key"].as_str().unwrap().ends_with(&digest),
        "{missing}"
    );
    assert!(
        missing["next_step"]
            .as_str()
            .unwrap()
            .starts_with("restore it"),
        "{missing}"
    );
    let text = case
        .place
        .run("convert logs other --digests check --digest-keys keys.json");
    assert!(
        stderr(&text).contains("the digest is gone"),
        "{}",
        stderr(&text)
    );
}
