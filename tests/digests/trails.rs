//! What trails do by themselves: several in one bucket, organisations, backfills, gaps, moves.

use crate::signed::{ACCOUNT, Objects, Signer, Trail, log, log_file};
use crate::support::{Question, ask, codes, edit, hours, logs, put, time};
use cloudtrail2parquet::cloudtrail::{Limits, gunzip, gzip};
use cloudtrail2parquet::verify::Report;
use jiff::ToSpan;

const START: &str = "2024-03-01T00:00:00Z";

fn ask_at(objects: &Objects, keys: &[&Signer], now: &str, has_metadata: bool) -> Report {
    let question = Question {
        keys,
        days: None,
        now,
        has_metadata,
    };
    ask(objects, &question)
}

fn later(objects: &Objects, keys: &[&Signer]) -> Report {
    ask_at(objects, keys, "2025-01-01T00:00:00Z", true)
}

fn one_trail(name: &str) -> (Signer, Trail, Objects) {
    let (signer, mut trail, mut objects) = (Signer::new(), Trail::new(name), Objects::new());
    hours(&mut trail, &mut objects, &signer, time(START), 30);
    (signer, trail, objects)
}

#[test]
fn several_trails_deliver_to_one_bucket_and_each_has_its_own_chain() {
    let (signer, _, mut objects) = one_trail("first");
    let mut second = Trail::new("first_not_second");
    for hour in 0..30 {
        let start = time(START) + hour.hours() + 7.minutes();
        let own = vec![(format!("b{hour}"), log(&format!("b{hour}"), start))];
        second.hour(&mut objects, &signer, start, &own);
    }
    let report = later(&objects, &[&signer]);
    assert_eq!(report.findings, []);
    let trails = &report.digests[0].trails;
    let valid: Vec<_> = trails
        .iter()
        .map(|trail| (&*trail.chain.trail, trail.logs_valid))
        .collect();
    assert_eq!(valid, [("first", 30), ("first_not_second", 30)]);
    assert_eq!(report.digests[0].logs, 60);
}

#[test]
fn a_tree_is_known_again_wherever_it_was_moved() {
    let signer = Signer::new();
    let mut trail = Trail::new("org");
    trail.root = "logs/AWSLogs/o-abc123/".to_owned();
    let mut objects = Objects::new();
    hours(&mut trail, &mut objects, &signer, time(START), 30);
    for root in [trail.root.as_str(), "", "case 7/AWSLogs/"] {
        let moved = objects.iter().map(|(key, object)| {
            let key = key.strip_prefix(&trail.root).unwrap();
            (format!("{root}{key}"), object.clone())
        });
        let moved: Objects = moved.collect();
        let report = later(&moved, &[&signer]);
        assert_eq!(report.findings, [], "{root}");
        assert_eq!(report.digests[0].trails[0].logs_valid, 30);
        let mut tampered = moved.clone();
        let log = tampered
            .keys()
            .find(|key| key.contains("_CloudTrail_"))
            .cloned();
        tampered.remove(&log.unwrap());
        let report = later(&tampered, &[&signer]);
        assert_eq!(
            codes(&report).into_iter().collect::<Vec<_>>(),
            ["missing_log"],
            "{root}"
        );
    }
}

#[test]
fn a_tree_that_lies_there_twice_is_valid_twice() {
    let (signer, _, objects) = one_trail("t");
    let copy = objects
        .iter()
        .map(|(key, object)| (format!("copy/{key}"), object.clone()));
    let twice: Objects = copy.chain(objects.clone()).collect();
    let report = later(&twice, &[&signer]);
    assert_eq!(report.findings, []);
    assert_eq!(report.digests[0].logs, 60);
}

#[test]
fn log_files_that_were_inflated_or_compressed_otherwise_are_valid() {
    let (signer, _, objects) = one_trail("t");
    let change = |(key, object): (&String, &crate::signed::Object)| {
        let mut object = object.clone();
        let content = gunzip(&object.bytes, Limits::of(1 << 20)).unwrap();
        let half = content.len() / 2;
        let (first, second) = content.split_at(half);
        match key.contains("_CloudTrail_") {
            true => {
                object.bytes = [gzip(first), gzip(second)].concat();
                (key.clone(), object)
            }
            false => {
                object.bytes = content;
                (key.strip_suffix(".gz").unwrap().to_owned(), object)
            }
        }
    };
    let changed: Objects = objects.iter().map(change).collect();
    assert_eq!(later(&changed, &[&signer]).findings, []);
}

#[test]
fn a_backfill_digest_has_a_chain_of_its_own_and_lists_what_the_first_lacked() {
    let (signer, trail, mut objects) = one_trail("t");
    let start = time(START) + 5.hours();
    let (key, content) = (trail.log_key(start, "late"), log("late", start));
    put(&mut objects, &key, &content);
    let found = |objects: &Objects| {
        codes(&later(objects, &[&signer]))
            .into_iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&objects), ["uncovered_log"]);
    let mut backfill = Trail::new("t");
    backfill.is_backfill = true;
    let times = (start, start + 1.hour());
    backfill.digest(&mut objects, &signer, times, &log_file(&key, &content));
    assert_eq!(found(&objects), [""; 0]);
    let report = later(&objects, &[&signer]);
    let trails = &report.digests[0].trails;
    assert_eq!(trails.len(), 2);
    assert_eq!(
        (trails[1].chain.is_backfill, trails[1].logs_valid),
        (true, 1)
    );
    edit(&mut objects, &backfill.digest_key(times.1), |text| {
        text.replace("late", "more")
    });
    assert_eq!(found(&objects), ["invalid_digest", "uncovered_log"]);
}

#[test]
fn a_time_without_validation_is_a_gap_that_is_named_with_its_ends() {
    let (signer, mut trail, mut objects) = one_trail("t");
    trail.previous = None;
    hours(
        &mut trail,
        &mut objects,
        &signer,
        time(START) + 40.hours(),
        30,
    );
    for has_metadata in [true, false] {
        let report = ask_at(&objects, &[&signer], "2025-01-01T00:00:00Z", has_metadata);
        let [gap] = &report.findings[..] else {
            panic!("{:?}", report.findings)
        };
        assert_eq!(gap.kind.code(), "digest_gap");
        assert_eq!(
            gap.found,
            "none from 2024-03-02T06:00:00Z to 2024-03-02T16:00:00Z"
        );
        assert_eq!(report.digests[0].trails[0].gaps, 1);
    }
}

#[test]
fn log_files_of_the_last_three_hours_may_wait_for_their_digest_and_older_ones_may_not() {
    let (signer, trail, mut objects) = one_trail("t");
    let start = time(START) + 30.hours();
    put(
        &mut objects,
        &trail.log_key(start, "new"),
        &log("new", start),
    );
    let ask = |now| ask_at(&objects, &[&signer], now, true);
    let soon = ask("2024-03-02T08:59:00Z");
    assert_eq!((soon.findings.len(), soon.digests[0].logs_expected), (0, 1));
    let late = ask("2024-03-02T09:01:00Z");
    assert_eq!(
        codes(&late).into_iter().collect::<Vec<_>>(),
        ["uncovered_log"]
    );
    assert_eq!(
        (
            late.digests[0].logs_expected,
            late.digests[0].logs_not_covered
        ),
        (0, 1)
    );
}

#[test]
fn keys_change_in_the_middle_of_a_trail_and_both_are_needed() {
    let (signer, mut trail, mut objects) = one_trail("t");
    let next = Signer::new();
    hours(
        &mut trail,
        &mut objects,
        &next,
        time(START) + 30.hours(),
        30,
    );
    assert_eq!(later(&objects, &[&signer, &next]).findings, []);
    let report = later(&objects, &[&next]);
    assert_eq!(report.digests[0].trails[0].digests_proven, 30);
    let unknown = report
        .findings
        .iter()
        .filter(|found| found.found.contains("unknown public key"));
    assert_eq!(unknown.count(), 30);
}

#[test]
fn a_range_inside_of_a_trail_is_proven_by_itself() {
    let (signer, mut trail, mut objects) = one_trail("t");
    let next = time(START) + 30.hours();
    hours(&mut trail, &mut objects, &signer, next, 24 * 70);
    for has_metadata in [true, false] {
        for days in [
            ("2024-03-05", "2024-03-05"),
            ("2024-03-30", "2024-04-02"),
            ("2024-05-01", "2030-01-01"),
        ] {
            let question = Question {
                keys: &[&signer],
                days: Some(days),
                now: "2025-01-01T00:00:00Z",
                has_metadata,
            };
            let report = ask(&objects, &question);
            assert_eq!(report.findings, [], "{days:?}");
            assert!(report.digests[0].logs >= 24, "{days:?}");
        }
    }
}

#[test]
fn digests_of_another_lane_say_nothing_of_this_one() {
    let (signer, _, objects) = one_trail("t");
    let other = objects.iter().map(|(key, object)| {
        let key = key.replace(ACCOUNT, "444455556666");
        (key, object.clone())
    });
    let other: Objects = other.collect();
    let report = later(&other, &[&signer]);
    let found: Vec<_> = codes(&report).into_iter().collect();
    assert_eq!(
        found,
        ["broken_digest_chain", "invalid_digest", "uncovered_log"]
    );
    assert_eq!(
        report.digests[0].logs_not_covered,
        logs(time(START)).len() as u64 * 30
    );
}
