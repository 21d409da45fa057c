//! Log files and digests by lane and trail, as text and JSON.

use crate::cli::numbers::{count, size};
use crate::cli::text::Text;
use cloudtrail2parquet::verify::{LaneDigestReport, TrailReport};
use serde_json::{Value, json};

/// A table of trails; and what is not proven, with the reason.
pub(super) fn text(lanes: &[LaneDigestReport], text: &mut Text) {
    if lanes.is_empty() {
        return;
    }
    let head = [
        "lane",
        "trail",
        "digests",
        "proven",
        "missing",
        "gaps",
        "logs valid",
        "changed",
        "missing",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for lane in lanes {
        rows.extend(lane.trails.iter().map(|trail| row(lane, trail)));
    }
    if rows.len() > 1 {
        text.table(&rows, 2);
    }
    let sum = |of: fn(&LaneDigestReport) -> u64| lanes.iter().map(of).sum::<u64>();
    let trails = || lanes.iter().flat_map(|lane| &lane.trails);
    let (logs, bytes) = (sum(|lane| lane.logs), sum(|lane| lane.delivered_bytes));
    let not_covered = sum(|lane| lane.logs_not_covered);
    text.line(format!(
        "{} log files, {} read for their hashes; no proven digest lists {}.",
        count(logs),
        size(bytes),
        count(not_covered)
    ));
    let expected = sum(|lane| lane.logs_expected);
    if expected > 0 {
        text.line(format!(
            "{} log files came less than three hours ago: their digests may still come.",
            count(expected)
        ));
    }
    let awaited: u64 = trails().map(|trail| trail.digests_awaited).sum();
    if awaited > 0 {
        let logs = trails().map(|trail| trail.logs_awaited).sum();
        text.line(format!(
            "{} digests are the last of their trail, and their signatures are not here: in S3 they \
             are metadata, elsewhere the next digest has them. They, and {} log files that only \
             they list, are not proven.",
            count(awaited),
            count(logs)
        ));
    }
}

fn row(lane: &LaneDigestReport, trail: &TrailReport) -> Vec<String> {
    let chain = &trail.chain;
    let backfill = if chain.is_backfill { " (backfill)" } else { "" };
    vec![
        lane.lane.to_string(),
        format!("{} of {}{backfill}", chain.trail, chain.home_region),
        count(trail.digests),
        count(trail.digests_proven),
        count(trail.digests_missing),
        count(trail.gaps),
        count(trail.logs_valid),
        count(trail.logs_changed),
        count(trail.logs_missing),
    ]
}

/// A lane as JSON.
pub(super) fn document(lane: &LaneDigestReport) -> Value {
    let trails: Vec<Value> = lane.trails.iter().map(trail).collect();
    json!({
        "account": lane.lane.account,
        "region": lane.lane.region,
        "logs": lane.logs,
        "logs_not_covered": lane.logs_not_covered,
        "logs_expected": lane.logs_expected,
        "delivered_bytes": lane.delivered_bytes,
        "trails": trails,
    })
}

fn trail(trail: &TrailReport) -> Value {
    json!({
        "trail": trail.chain.trail,
        "home_region": trail.chain.home_region,
        "backfill": trail.chain.is_backfill,
        "digests": trail.digests,
        "digests_proven": trail.digests_proven,
        "digests_awaited": trail.digests_awaited,
        "digests_missing": trail.digests_missing,
        "gaps": trail.gaps,
        "logs_valid": trail.logs_valid,
        "logs_awaited": trail.logs_awaited,
        "logs_changed": trail.logs_changed,
        "logs_missing": trail.logs_missing,
    })
}
