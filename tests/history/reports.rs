//! What a run must have told: nothing that it left is passed over in silence.

use super::snapshot::Snapshot;
use super::world::{Spec, World};
use cloudtrail2parquet::convert::Summary;
use cloudtrail2parquet::monitor::Problem;
use cloudtrail2parquet::scope::Shard;

/// Checks what a run told that nothing ran beside.
pub(crate) fn check_reports(
    world: &World,
    spec: &Spec,
    snapshot: &Snapshot,
    problems: &[Problem],
    summary: &Summary,
) -> Result<(), String> {
    let shard = Shard {
        index: spec.shard.0,
        count: spec.shard.1,
        plan: None,
    };
    for (lane, claims) in &snapshot.claims {
        let receipts = snapshot
            .receipts
            .get(lane)
            .map_or(0, |receipts| receipts.len());
        let is_told = |problem: &Problem| matches!(problem, Problem::LaneWaits { lane: of, .. } if of == lane);
        if receipts != claims.len() && shard.has_lane(lane) && !problems.iter().any(is_told) {
            return Err(format!(
                "UNREPORTED: {lane} has an open claim: {problems:?}"
            ));
        }
    }
    for key in world.present.keys() {
        let Some(version) = world.version(key) else {
            continue;
        };
        // Of what waits nothing is read.
        let Some(lane) = version.place.lane() else {
            continue;
        };
        let waits = |problem: &Problem| matches!(problem, Problem::LaneWaits { lane: of, .. } if *of == lane);
        let (day, _) = version
            .place
            .delivered()
            .ok_or("a lane's object has a day")?;
        let is_asked = key.starts_with(spec.root)
            && spec
                .days
                .is_none_or(|(from, to)| (from..=to).contains(&day))
            && spec
                .account
                .is_none_or(|account| account == lane.account.as_str())
            && shard.has_lane(&lane);
        if version.form.is_readable(spec.unwrap) || !is_asked || problems.iter().any(waits) {
            continue;
        }
        let address = world.address(key);
        // By a path it may have been read before.
        if snapshot.is_read(&address, &world.present[key]) {
            continue;
        }
        let is_told = |problem: &Problem| match problem {
            Problem::Unread { address: of, .. } | Problem::Unreachable { address: of, .. } => {
                *of == address
            }
            _ => false,
        };
        let is_accepted = (snapshot.accepted(&address, &world.present[key]))
            .next()
            .is_some();
        if !is_accepted && !problems.iter().any(is_told) {
            return Err(format!("UNREPORTED: {key} cannot be read: {problems:?}"));
        }
    }
    let must_fail = !problems.is_empty()
        && problems
            .iter()
            .any(|problem| !matches!(problem, Problem::Lost { .. }));
    if must_fail && !summary.has_failures() {
        return Err(format!("UNREPORTED: exit code 0 with {problems:?}"));
    }
    Ok(())
}
