//! What a run looks at: ranges, lanes, shards; plans and status.

use crate::support::{Place, counts, expected, json, rows, stderr, stdout};
use cloudtrail2parquet::sample::SampleOptions;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use std::collections::BTreeMap;

fn only(counts: &BTreeMap<String, u64>, part: &str) -> BTreeMap<String, u64> {
    let matching = counts
        .iter()
        .filter(|(partition, _)| partition.contains(part));
    matching
        .map(|(partition, rows)| (partition.clone(), *rows))
        .collect()
}

#[test]
fn account_and_region_choose_lanes() {
    let (place, truth) = Place::with_sample();
    place.convert("--account 012345678901 --region us-west-2", 0);
    let expected_rows = expected(&truth);
    assert_eq!(
        counts(&place.table()),
        only(&expected_rows, "012345678901/us-west-2/")
    );
    place.convert("--account 012345678901", 0);
    assert_eq!(
        counts(&place.table()),
        only(&expected_rows, "012345678901/")
    );
    place.convert("", 0);
    assert_eq!(counts(&place.table()), expected_rows);
}

#[test]
fn from_and_to_choose_delivery_days_in_any_order() {
    let (place, truth) = Place::with_sample();
    let mut seen = 0;
    for range in [
        "--from 2024-05-03",
        "--to 2024-05-01",
        "--from 2024-05-02 --to 2024-05-02",
    ] {
        let objects = place.convert(range, 0)["objects"].as_u64().unwrap();
        assert!(objects > 0, "{range}");
        seen += objects;
    }
    assert_eq!(seen, truth.objects);
    assert_eq!(counts(&place.table()), expected(&truth));
    assert_eq!(place.convert("", 0)["objects"].as_u64(), Some(0));
}

#[test]
fn last_counts_today_as_a_day() {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let first_day = today.checked_sub(6.days()).unwrap();
    let options = SampleOptions {
        uncompressed_bytes: 300_000,
        first_day,
        ..SampleOptions::default()
    };
    let (place, truth) = Place::with(&options);
    let recent = place.convert("--last 4", 0)["objects"].as_u64().unwrap();
    assert!(
        0 < recent && recent < truth.objects,
        "{recent} of {}",
        truth.objects
    );
    place.convert("--last 8", 0);
    assert_eq!(counts(&place.table()), expected(&truth));
}

#[test]
fn shards_together_convert_everything_once() {
    let (place, truth) = Place::with_sample();
    let (one, two) = (
        place.convert("--shard 1/3", 0),
        place.convert("--shard 2/3", 0),
    );
    let child = place
        .command("convert logs table --json")
        .env("AWS_BATCH_JOB_ARRAY_INDEX", "2")
        .env("AWS_BATCH_JOB_ARRAY_SIZE", "3")
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", stderr(&child));
    let rows = [one, two, json(&child)].map(|summary| summary["rows"].as_u64().unwrap());
    assert_eq!(rows.iter().sum::<u64>(), truth.rows);
    assert!(rows.iter().all(|rows| *rows < truth.rows));
    assert_eq!(counts(&place.table()), expected(&truth));
}

#[test]
fn dry_run_prints_the_plan_and_writes_nothing() {
    let (place, truth) = Place::with_sample();
    let output = place.run("convert logs table --dry-run");
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(
        text.contains(&format!("{} files (", truth.objects)),
        "{text}"
    );
    assert!(text.contains("012345678901  us-east-1"), "{text}");
    assert!(!place.path("table").exists());

    let plan = json(&place.run("convert logs table --dry-run --json"));
    let lanes = plan["lanes"].as_array().unwrap();
    let sum = |name: &str| {
        lanes
            .iter()
            .map(|lane| lane[name].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(sum("pending_objects"), truth.objects);
    assert_eq!(sum("pending_delivered_bytes"), truth.delivered_bytes);
}

#[test]
fn status_tells_raw_converted_and_pending_lane_by_lane() {
    let (place, truth) = Place::with_sample();
    place.convert("--account 012345678901", 0);
    let status = json(&place.run("status logs table --json"));
    let lanes = status["lanes"].as_array().unwrap();
    let sum = |name: &str| {
        lanes
            .iter()
            .map(|lane| lane[name].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(sum("raw_objects"), truth.objects);
    assert_eq!(
        sum("converted_objects") + sum("pending_objects"),
        truth.objects
    );
    assert_eq!(sum("rows"), rows(&place.table()));
    for lane in lanes {
        let converted = lane["account"] == "012345678901";
        assert_eq!(lane["pending_objects"] == 0, converted, "{lane}");
    }
    let text = stdout(&place.run("status logs table"));
    assert!(text.contains("pending") && text.contains("total"), "{text}");
}
