//! Random histories of deliveries, runs, crashes and sleepers: after every step no record is
//! lost, doubled or from nowhere. `PROPTEST_CASES` says how many, and `PROPTEST_RNG_SEED` which.
//! The seed of a history that fails goes to `histories.seeds`, whose histories are played first.

#![allow(clippy::unwrap_used)]

mod history;

use history::draw::histories;
use history::steps::{History, play};
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestRunner};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// About a minute in a debug build.
const CASES: u32 = 500;

const LENGTH: usize = 30;

const SEEDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/histories.seeds");

#[test]
fn every_record_is_in_the_table_exactly_once_whatever_happens() {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(CASES);
    let config = Config {
        cases,
        max_shrink_iters: 2_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(SEEDS))),
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
