//! `status --lag`: how far each lane is behind.

use crate::cli::text::Text;
use cloudtrail2parquet::convert::LaneStatus;
use jiff::Timestamp;
use serde_json::{Value, json};

const HEAD: [&str; 6] = [
    "account",
    "region",
    "newest event",
    "age",
    "oldest pending",
    "newest pending",
];

/// The ages in seconds; none where there is nothing of the kind.
pub(super) fn document(lanes: &[LaneStatus], now: Timestamp) -> Value {
    let age = |time: Option<Timestamp>| time.map(|time| seconds(time, now));
    let lane = |lane: &LaneStatus| {
        json!({
            "account": lane.account,
            "region": lane.region,
            "newest_event_seconds": age(lane.newest_event),
            "oldest_pending_seconds": age(lane.oldest_pending),
            "newest_pending_seconds": age(lane.newest_pending),
        })
    };
    lanes.iter().map(lane).collect()
}

pub(super) fn text(lanes: &[LaneStatus], now: Timestamp) -> Text {
    let age = |time: Option<Timestamp>| {
        time.map_or_else(|| "-".to_owned(), |time| duration(seconds(time, now)))
    };
    let mut rows = vec![HEAD.map(str::to_owned).to_vec()];
    for lane in lanes {
        let newest = lane.newest_event.map(|time| time.to_string());
        rows.push(vec![
            lane.account.to_string(),
            lane.region.to_string(),
            newest.unwrap_or_else(|| "-".to_owned()),
            age(lane.newest_event),
            age(lane.oldest_pending),
            age(lane.newest_pending),
        ]);
    }
    let mut text = Text::default();
    text.table(&rows, 2);
    text
}

/// Seconds that have passed; none of a time that is yet to come.
fn seconds(time: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.duration_since(time).as_secs()).unwrap_or(0)
}

/// The two largest units: `3d 4h`.
fn duration(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{minutes}m {}s", seconds % 60),
        3_600..86_400 => format!("{hours}h {}m", minutes % 60),
        _ => format!("{days}d {}h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_its_two_largest_units() {
        for (seconds, told) in [
            (0, "0s"),
            (59, "59s"),
            (61, "1m 1s"),
            (7_260, "2h 1m"),
            (86_400 * 400 + 3_600, "400d 1h"),
        ] {
            assert_eq!(duration(seconds), told);
        }
    }
}
