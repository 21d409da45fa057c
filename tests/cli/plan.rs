//! A backfill divided by a plan.

use crate::support::{Place, counts, expected, json, stderr, stdout};
use std::process::Output;

/// Converts as a child, from 0, of an AWS Batch array job.
fn child(place: &Place, index: u32, of: u32) -> Output {
    place
        .command("convert logs table --plan plan.json --json")
        .env("AWS_BATCH_JOB_ARRAY_INDEX", index.to_string())
        .env("AWS_BATCH_JOB_ARRAY_SIZE", of.to_string())
        .output()
        .unwrap()
}

#[test]
fn workers_that_follow_a_plan_convert_everything_once_each_its_own_part() {
    let (place, truth) = Place::with_sample();
    let output = place.run("plan logs plan.json --parts 3 --json");
    assert!(output.status.success(), "{}", stderr(&output));
    let parts = json(&output)["parts"].as_array().unwrap().clone();
    let mut objects = 0;
    for (index, part) in (0..).zip(&parts) {
        let output = child(&place, index, 3);
        assert!(output.status.success(), "{}", stderr(&output));
        let done = json(&output);
        for what in ["lanes", "objects", "delivered_bytes"] {
            assert_eq!(done[what], part[what], "{what} of part {index}: {parts:?}");
        }
        objects += done["objects"].as_u64().unwrap();
    }
    assert_eq!((parts.len(), objects), (3, truth.objects));
    assert_eq!(counts(&place.table()), expected(&truth));
}

#[test]
fn a_lane_that_is_newer_than_the_plan_is_one_workers_too() {
    let (place, truth) = Place::with_sample();
    let output = place.run("plan logs plan.json --parts 4 --account 012345678901");
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("4/4"), "{}", stdout(&output));
    for index in 0..4 {
        let output = child(&place, index, 4);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    assert_eq!(counts(&place.table()), expected(&truth));
}

#[test]
fn the_first_worker_has_what_names_no_lane() {
    let (place, _) = Place::with_sample();
    place.write("logs/other/events.json", br#"{"Records":[]}"#);
    let planned = json(&place.run("plan logs plan.json --parts 30 --json"));
    let empty = json(&place.run("plan logs other.json --parts 30 --account 999999999999 --json"));
    let objects = |plan: &serde_json::Value| plan["parts"][0]["objects"].as_u64().unwrap();
    assert_eq!(objects(&empty), 1);
    assert!(objects(&planned) >= 1);
}

#[test]
fn a_plan_for_other_workers_than_there_are_is_refused_before_anything_is_written() {
    let (place, _) = Place::with_sample();
    assert!(place.run("plan logs plan.json --parts 3").status.success());
    for output in [
        child(&place, 0, 4),
        place.run("convert logs table --plan plan.json"),
        place.run("convert logs table --plan plan.json --shard 1/2"),
    ] {
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        let said = stderr(&output);
        assert!(said.contains("plan.json is for 3 workers"), "{said}");
    }
    assert!(!place.path("table").exists());
}

#[test]
fn a_plan_is_never_overwritten_and_what_is_no_plan_is_not_followed() {
    let (place, _) = Place::with_sample();
    place.write("plan.json", b"{}");
    let written = place.run("plan logs plan.json --parts 3");
    assert_eq!(written.status.code(), Some(2), "{}", stderr(&written));
    assert!(stderr(&written).contains("there already"));
    let followed = place.run("convert logs table --shard 1/3 --plan plan.json");
    assert_eq!(followed.status.code(), Some(1), "{}", stderr(&followed));
    assert!(stderr(&followed).contains("this is no plan"));
    let missing = place.run("convert logs table --shard 1/3 --plan none.json");
    assert_eq!(missing.status.code(), Some(1), "{}", stderr(&missing));
    assert!(!place.path("table").exists());
}
