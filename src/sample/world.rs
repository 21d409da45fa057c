//! The accounts and lanes of a sample, and how busy each lane is.

use super::SampleOptions;
use super::random::{Random, mix};
use super::record::Record;

const REGIONS: [&str; SampleOptions::MAX_REGIONS as usize] = [
    "us-east-1",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-southeast-1",
    "us-east-2",
    "us-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-2",
    "ca-central-1",
    "sa-east-1",
    "af-south-1",
    "eu-south-1",
    "me-south-1",
];

/// One account and region, and what it carries from one day into the next.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) account: String,
    pub(super) region: &'static str,
    /// Position of the region in its account.
    pub(super) region_index: usize,
    pub(super) account_seed: u64,
    pub(super) seed: u64,
    /// Whether it is the very first lane, in which everything happens every day.
    pub(super) is_first: bool,
    /// Its part of the sample's bytes, or none for a tiny lane.
    pub(super) share: Option<f64>,
    /// New records that are delivered in the next day's first file.
    pub(super) late: Vec<Record>,
    /// Records delivered already that the next day's first file brings again.
    pub(super) again: Vec<Record>,
}

/// The lanes in the order of their keys' accounts and the activity of their regions.
pub(super) fn lanes(options: &SampleOptions) -> Vec<Lane> {
    let mut random = Random::new(options.seed);
    let mut lanes = Vec::new();
    for account_index in 0..options.accounts.max(1) {
        let account_seed = random.next();
        let account = if account_index == 0 {
            "012345678901".to_owned()
        } else {
            random.between(100_000_000_000, 999_999_999_999).to_string()
        };
        let regions = REGIONS.iter().take(options.regions.max(1) as usize);
        for (region_index, &region) in regions.enumerate() {
            let order = lanes.len();
            let weight = match options.tiny_lanes {
                true if order % 10 == 0 => Some(1.0),
                true => None,
                false => {
                    let rank = (region_index + 1) as f64;
                    Some(1.0 / (f64::from(account_index + 1) * rank * rank))
                }
            };
            lanes.push(Lane {
                account: account.clone(),
                region,
                region_index,
                account_seed,
                seed: mix(account_seed, region_index as u64),
                is_first: order == 0,
                share: weight,
                late: Vec::new(),
                again: Vec::new(),
            });
        }
    }
    let total: f64 = lanes.iter().filter_map(|lane| lane.share).sum();
    for share in lanes.iter_mut().filter_map(|lane| lane.share.as_mut()) {
        *share /= total;
    }
    lanes
}
