//! Random histories of deliveries, runs, crashes and sleepers: after every step no record is
//! lost, doubled or from nowhere. `PROPTEST_CASES` says how many.

#![allow(clippy::unwrap_used)]

mod history;

use history::draw::histories;
use history::steps::{History, play};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// About a minute in a debug build.
const CASES: u32 = 500;

const LENGTH: usize = 30;

#[test]
fn every_record_is_in_the_table_exactly_once_whatever_happens() {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(CASES);
    let config = Config {
        cases,
        max_shrink_iters: 2_000,
        failure_persistence: None,
        ..Config::default()
    };
    let failed = TestRunner::new(config).run(&histories(LENGTH), |history| {
        played(&history).map_err(TestCaseError::fail)
    });
    if let Err(failed) = failed {
        panic!("{failed}");
    }
}

fn played(history: &History) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| play(history))).unwrap_or_else(|_| Err("a panic".into()))
}
