//! Lanes and their weights → who does which.

use super::document::{Plan, PlannedLane};
use super::weigh::{LaneWeight, Weights};
use std::cmp::Reverse;
use std::num::NonZeroU32;

/// Gives each lane to a worker: the heaviest lane first, each to the worker that has least. So no
/// worker has more than the mean and the lane that it got last.
pub fn divide(weights: Weights, parts: NonZeroU32) -> Plan {
    // What names no lane is the first worker's in any case.
    let mut loads = vec![0_u64; parts.get() as usize];
    loads[0] = weights.unplaced_delivered_bytes;
    let mut lanes = weights.lanes;
    lanes.sort_by(|a, b| heaviest_first(a).cmp(&heaviest_first(b)));
    let mut planned: Vec<PlannedLane> = lanes
        .into_iter()
        .map(|weight| {
            let least = (0..loads.len()).min_by_key(|&part| loads[part]);
            let least = least.unwrap_or_default();
            loads[least] += weight.delivered_bytes;
            PlannedLane {
                account: weight.lane.account,
                region: weight.lane.region,
                part: u32::try_from(least + 1).unwrap_or(u32::MAX),
                objects: weight.objects,
                delivered_bytes: weight.delivered_bytes,
            }
        })
        .collect();
    planned.sort_by(|a, b| (a.account, &a.region).cmp(&(b.account, &b.region)));
    Plan::new(
        weights.source,
        parts.get(),
        (weights.unplaced_objects, weights.unplaced_delivered_bytes),
        planned,
    )
}

fn heaviest_first(weight: &LaneWeight) -> (Reverse<u64>, &crate::lane::Lane) {
    (Reverse(weight.delivered_bytes), &weight.lane)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::Lane;
    use proptest::prelude::*;

    fn weights(bytes: &[u64], unplaced: u64) -> Weights {
        let lane = |n: usize| Lane::parse(&format!("{n:012}"), "us-east-1").unwrap();
        let lanes = bytes.iter().enumerate().map(|(n, bytes)| LaneWeight {
            lane: lane(n),
            objects: 1,
            delivered_bytes: *bytes,
        });
        Weights {
            source: "s3://b/".to_owned(),
            lanes: lanes.collect(),
            unplaced_objects: u64::from(unplaced > 0),
            unplaced_delivered_bytes: unplaced,
        }
    }

    fn loads(bytes: &[u64], unplaced: u64, parts: u32) -> Vec<u64> {
        let plan = divide(weights(bytes, unplaced), NonZeroU32::new(parts).unwrap());
        let loads = plan.loads();
        loads.iter().map(|load| load.delivered_bytes).collect()
    }

    proptest! {
        #[test]
        fn nobody_has_more_than_the_mean_and_one_lane(
            bytes in proptest::collection::vec(0_u64..1 << 40, 1..300),
            parts in 1_u32..40,
        ) {
            let loads = loads(&bytes, 0, parts);
            let total: u64 = bytes.iter().sum();
            prop_assert_eq!(loads.iter().sum::<u64>(), total);
            let largest_lane = *bytes.iter().max().unwrap();
            prop_assert!(*loads.iter().max().unwrap() <= total / u64::from(parts) + largest_lane);
        }
    }

    #[test]
    fn an_organisation_of_one_huge_and_many_small_lanes_is_even_but_for_the_huge_one() {
        // Lane n has 1/n of the largest, as sizes of accounts often go.
        let bytes: Vec<u64> = (1..=340).map(|n| 1_000_000_000 / n).collect();
        for parts in [2, 3, 8, 20, 100] {
            let largest = *loads(&bytes, 0, parts).iter().max().unwrap();
            let mean = bytes.iter().sum::<u64>() / u64::from(parts);
            let allowed = mean.max(bytes[0]) * 13 / 10;
            assert!(largest <= allowed, "{parts}: {largest} of {allowed}");
        }
    }

    #[test]
    fn what_names_no_lane_weighs_on_the_first() {
        assert_eq!(loads(&[5, 5, 5], 15, 2), [15, 15]);
    }

    #[test]
    fn workers_without_a_lane_are_in_the_plan() {
        assert_eq!(loads(&[7], 0, 3), [7, 0, 0]);
        assert_eq!(loads(&[], 0, 2), [0, 0]);
    }
}
