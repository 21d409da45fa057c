//! Which lanes the source holds, found by walking its prefixes.

use super::{
    ConvertError,
    options::{Range, Shard},
};
use crate::cloudtrail::{KeyKind, Level, is_readable_name, level_of_prefix, parse_key};
use crate::store::{Entry, Listing, Store};
use crate::table::Lane;
use futures::{StreamExt, TryStreamExt, stream::FuturesUnordered};
use std::collections::BTreeMap;

/// Listings under way at once: a walk is a chain of round trips, and S3 allows thousands a
/// second.
const CONCURRENT_LISTINGS: usize = 32;

/// What the source holds.
#[derive(Debug, Default)]
pub(crate) struct Discovered {
    /// The lanes asked for, with the prefixes that hold their objects.
    pub(crate) lanes: BTreeMap<Lane, Vec<String>>,
    /// Objects whose key names no lane and whose name says JSON.
    pub(crate) keyless: Vec<Entry>,
    /// Objects that are no event logs, counted by folder.
    pub(crate) left: BTreeMap<String, u64>,
}

enum Found {
    Directory(Listing),
    Left(&'static str, u64),
}

/// Walks the source's prefixes down to its lanes, concurrently. What begins with one of
/// `skip` is the destination's.
pub(crate) async fn discover(
    source: &Store,
    range: &Range,
    shard: Shard,
    skip: &[String],
) -> Result<Discovered, ConvertError> {
    let root = source.url("");
    let mut discovered = Discovered::default();
    let mut waiting = vec![String::new()];
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < CONCURRENT_LISTINGS
            && let Some(prefix) = waiting.pop()
        {
            match level_of_prefix(&format!("{root}{prefix}")) {
                Level::Lane(lane) | Level::InLane(lane) => {
                    let lane = Lane {
                        account: lane.account,
                        region: lane.region,
                    };
                    if range.has_lane(&lane) && shard.has_lane(&lane) {
                        discovered.lanes.entry(lane).or_default().push(prefix);
                    }
                }
                Level::Left(folder) => running.push(walk(source, prefix, Some(folder))),
                Level::Above => running.push(walk(source, prefix, None)),
            }
        }
        match running.next().await.transpose()? {
            None => break,
            Some(Found::Left(folder, objects)) => {
                *discovered.left.entry(folder.to_owned()).or_default() += objects;
            }
            Some(Found::Directory(listing)) => {
                let inside = |prefix: &String| {
                    !skip.iter().any(|own| prefix.starts_with(own)) && wanted(&root, prefix, range)
                };
                waiting.extend(listing.prefixes.into_iter().filter(inside));
                if shard.has_keyless() {
                    discovered.keyless.extend(
                        listing
                            .entries
                            .into_iter()
                            .filter(|e| is_keyless(&root, &e.key)),
                    );
                }
            }
        }
    }
    for prefixes in discovered.lanes.values_mut() {
        prefixes.sort();
    }
    discovered.keyless.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(discovered)
}

async fn walk(
    source: &Store,
    prefix: String,
    left: Option<&'static str>,
) -> Result<Found, ConvertError> {
    let Some(folder) = left else {
        return Ok(Found::Directory(source.list_dir(&prefix).await?));
    };
    let mut pages = std::pin::pin!(source.list_pages(prefix, None));
    let mut objects = 0;
    while let Some(page) = pages.try_next().await? {
        objects += page.len() as u64;
    }
    Ok(Found::Left(folder, objects))
}

/// Whether lanes that are asked for, or objects without a lane, can lie below a prefix:
/// accounts that are not asked for are not listed, nor are the logs of other services
/// beside CloudTrail's.
fn wanted(root: &str, prefix: &str, range: &Range) -> bool {
    let path = format!("{root}{prefix}");
    let mut segments = path.trim_end_matches('/').rsplit('/');
    let (last, parent) = (
        segments.next().unwrap_or_default(),
        segments.next().unwrap_or_default(),
    );
    let is_account =
        |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_tree = |text: &str| text == "AWSLogs" || text.starts_with("o-");
    let mut above = path.split('/');
    if !above.any(|segment| segment == "AWSLogs") {
        return true;
    }
    if is_account(last) && is_tree(parent) {
        return range.has_account(last);
    }
    !is_account(parent) || last.starts_with("CloudTrail")
}

fn is_keyless(root: &str, key: &str) -> bool {
    parse_key(&format!("{root}{key}")) == KeyKind::Other && is_readable_name(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(account: &str) -> Range {
        Range {
            accounts: [account.to_owned()].into(),
            ..Range::default()
        }
    }

    #[test]
    fn accounts_not_asked_for_are_not_listed() {
        let range = range("111122223333");
        assert!(wanted("s3://b/", "AWSLogs/111122223333/", &range));
        assert!(!wanted("s3://b/", "AWSLogs/999999999999/", &range));
        assert!(!wanted("s3://b/", "o-1/AWSLogs/o-1/999999999999/", &range));
        assert!(wanted("s3://b/", "999999999999/AWSLogs/", &range));
    }

    #[test]
    fn logs_of_other_services_are_not_listed() {
        let all = Range::default();
        assert!(!wanted(
            "s3://b/",
            "AWSLogs/111122223333/elasticloadbalancing/",
            &all
        ));
        assert!(wanted(
            "s3://b/",
            "AWSLogs/111122223333/CloudTrail-Insight/",
            &all
        ));
        assert!(wanted("/case/", "dump/111122223333/notes/", &all));
    }
}
