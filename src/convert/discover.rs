//! Which lanes the source holds, found by walking its prefixes.

use super::ignored::{EXCLUDED, Ignored};
use super::list::{RawObject, is_of_table};
use crate::cloudtrail::{KeyKind, Level, level_of_prefix, may_hold_records, parse_key};
use crate::digests;
use crate::lane::{Account, Lane};
use crate::ledger::{FOLDER, REJECTS_FOLDER, RUNS_FOLDER};
use crate::names::Names;
use crate::scope::{Lanes, Shard};
use crate::store::{Listing, Store, StoreError};
use futures::{StreamExt, TryStreamExt, stream::FuturesUnordered};
use std::collections::BTreeMap;

/// Listings under way at once: a walk is a chain of round trips, and S3 allows thousands a
/// second.
const CONCURRENT_LISTINGS: usize = 32;

/// Folders of other services beside CloudTrail's under an account, whose files are no logs of
/// this kind.
const OTHER_SERVICES: [&str; 12] = [
    "Config",
    "GuardDuty",
    "Inspector",
    "RedshiftAuditLogs",
    "S3StorageLens",
    "WAFLogs",
    "elasticloadbalancing",
    "network-firewall",
    "redshift",
    "verified-access",
    "vpcdnsquerylogs",
    "vpcflowlogs",
];

/// What the source holds.
#[derive(Debug, Default)]
pub(crate) struct Discovered {
    /// The lanes asked for, with the prefixes that hold their objects.
    pub(crate) lanes: BTreeMap<Lane, Vec<String>>,
    /// Objects whose key names no lane, and whose name may be a log's.
    pub(crate) unplaced: Vec<RawObject>,
    /// Objects that are no event logs, by folder or extension.
    pub(crate) ignored: Ignored,
    /// Folders of other services, by name.
    pub(crate) ignored_folders: Ignored,
    /// Folders of digests, if they were asked for.
    pub(crate) digest_folders: Vec<String>,
    /// Whether there is something that may be a log of the lanes asked for, in any shard.
    pub(crate) has_logs: bool,
}

enum Found {
    Directory(String, Listing),
    Ignored(Ignored),
}

/// What is walked, and for whom.
pub(crate) struct Walk<'w> {
    pub(crate) source: &'w Store,
    pub(crate) lanes: &'w Lanes,
    pub(crate) names: &'w Names,
    pub(crate) shard: &'w Shard,
    /// What keys begin with that are the destination's.
    pub(crate) own: &'w [String],
    /// Whether folders of digests are given, instead of ignored.
    pub(crate) digests: bool,
}

/// Walks the source's prefixes down to its lanes, concurrently.
pub(crate) async fn discover(walk: &Walk<'_>) -> Result<Discovered, StoreError> {
    let root = walk.source.url("");
    let mut discovered = Discovered::default();
    if let Some(key) = walk.names.only() {
        discovered.find_one(walk, key).await?;
        return Ok(discovered);
    }
    let mut waiting = vec![String::new()];
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < CONCURRENT_LISTINGS
            && let Some(prefix) = waiting.pop()
        {
            match level_of_prefix(&format!("{root}{prefix}")) {
                Level::Lane(found) | Level::InLane(found) => {
                    let lane = found.lane;
                    let is_asked = walk.lanes.has(&lane);
                    discovered.has_logs |= is_asked;
                    if is_asked && walk.shard.has_lane(&lane) {
                        discovered.lanes.entry(lane).or_default().push(prefix);
                    }
                }
                Level::Left(digests::FOLDER) if walk.digests => {
                    discovered.digest_folders.push(prefix);
                }
                Level::Left(folder) => running.push(look(walk.source, prefix, Some(folder))),
                Level::Above => running.push(look(walk.source, prefix, None)),
            }
        }
        match running.next().await.transpose()? {
            None => break,
            Some(Found::Ignored(ignored)) => discovered.ignored.extend(ignored),
            Some(Found::Directory(prefix, listing)) => {
                waiting.extend(discovered.take(walk, &root, &prefix, listing));
            }
        }
    }
    for prefixes in discovered.lanes.values_mut() {
        prefixes.sort();
    }
    discovered.unplaced.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(discovered)
}

impl Discovered {
    /// Finds one object, whatever it is called.
    async fn find_one(&mut self, walk: &Walk<'_>, key: &str) -> Result<(), StoreError> {
        let listed = walk.source.list(key, None).await?;
        let Some(entry) = listed.into_iter().find(|entry| entry.key == key) else {
            return Ok(());
        };
        if !walk.names.has(key) {
            self.ignored.add(EXCLUDED, key);
            return Ok(());
        }
        match parse_key(&walk.source.url(key)) {
            KeyKind::Raw(raw) => {
                let is_asked = walk.lanes.has(&raw.lane);
                self.has_logs |= is_asked;
                if is_asked && walk.shard.has_lane(&raw.lane) {
                    self.lanes.insert(raw.lane, vec![key.to_owned()]);
                }
            }
            KeyKind::Left(folder) => self.ignored.add(folder, key),
            KeyKind::Other => {
                self.has_logs = true;
                if walk.shard.has_unplaced() {
                    self.unplaced.push(RawObject::new(walk.source, entry));
                }
            }
        }
        Ok(())
    }

    /// Takes what a folder holds, and gives the folders in it that are to be walked.
    fn take(&mut self, walk: &Walk<'_>, root: &str, prefix: &str, listing: Listing) -> Vec<String> {
        let names = |folder: &String| folder.strip_prefix(prefix).map(str::to_owned);
        let is_table = listing
            .prefixes
            .iter()
            .filter_map(names)
            .any(|name| name == FOLDER);
        let mut inside = Vec::new();
        for folder in listing.prefixes {
            let name = folder.strip_prefix(prefix).unwrap_or(&folder);
            let is_tables = is_table && OF_TABLES.iter().any(|own| name.starts_with(own));
            if is_tables || is_of_table(&folder, walk.own) {
                continue;
            }
            match place(root, &folder) {
                Place::Account(account) if !walk.lanes.has_account(account) => {}
                Place::OtherService(service) => {
                    self.ignored_folders.add(&service, &folder);
                }
                Place::Account(_) | Place::Anywhere => inside.push(folder),
            }
        }
        for entry in listing.entries {
            if is_of_table(&entry.key, walk.own) {
                continue;
            }
            if !walk.names.has(&entry.key) {
                if walk.shard.has_unplaced() {
                    self.ignored.add(EXCLUDED, &entry.key);
                }
                continue;
            }
            let is_log = is_unplaced(root, &entry.key);
            self.has_logs |= is_log;
            match (walk.shard.has_unplaced(), is_log) {
                (false, _) => {}
                (true, false) => self.ignored.add_file(&entry.key),
                (true, true) => self.unplaced.push(RawObject::new(walk.source, entry)),
            }
        }
        inside
    }
}

async fn look(
    source: &Store,
    prefix: String,
    ignored: Option<&'static str>,
) -> Result<Found, StoreError> {
    let Some(folder) = ignored else {
        let listing = source.list_dir(&prefix).await?;
        return Ok(Found::Directory(prefix, listing));
    };
    let mut pages = std::pin::pin!(source.list_pages(prefix, None));
    let mut objects = Ignored::default();
    while let Some(page) = pages.try_next().await? {
        for entry in page {
            objects.add(folder, &entry.key);
        }
    }
    Ok(Found::Ignored(objects))
}

/// What a folder is, as far as it decides whether it is walked.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// An account's, in a tree of logs.
    Account(Account),
    /// Another service's, of an account in such a tree.
    OtherService(String),
    Anywhere,
}

fn place(root: &str, folder: &str) -> Place {
    let path = format!("{root}{folder}");
    let segments: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    if !segments.contains(&"AWSLogs") {
        return Place::Anywhere;
    }
    let is_tree = |text: &str| text == "AWSLogs" || text.starts_with("o-");
    match segments.as_slice() {
        // A bucket's own prefix may be an account too: only below a tree is it one.
        [.., tree, account] if is_tree(tree) && Account::parse(account).is_some() => {
            Account::parse(account).map_or(Place::Anywhere, Place::Account)
        }
        [.., tree, account, service]
            if is_tree(tree)
                && Account::parse(account).is_some()
                && OTHER_SERVICES.contains(service) =>
        {
            Place::OtherService((*service).to_owned())
        }
        _ => Place::Anywhere,
    }
}

fn is_unplaced(root: &str, key: &str) -> bool {
    parse_key(&format!("{root}{key}")) == KeyKind::Other && may_hold_records(key)
}

/// What the folders of a table begin with.
const OF_TABLES: [&str; 4] = [FOLDER, REJECTS_FOLDER, RUNS_FOLDER, "account="];

/// What keys below the source's root begin with that are the destination's.
pub(crate) fn own_prefixes(source: &Store, destination: &Store) -> Vec<String> {
    let (source, destination) = (source.url(""), destination.url(""));
    let source = source.trim_end_matches('/');
    let below = destination.strip_prefix(source);
    let Some(below) = below.and_then(|below| below.strip_prefix('/')) else {
        return Vec::new();
    };
    match below.trim_end_matches('/') {
        "" => OF_TABLES.map(str::to_owned).to_vec(),
        below => vec![format!("{below}/")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_one_only_in_a_tree_of_logs() {
        let account = Account::parse("111122223333").unwrap();
        for folder in [
            "AWSLogs/111122223333/",
            "AWSLogs/o-abc/111122223333/",
            "o-1/AWSLogs/o-1/111122223333/",
        ] {
            assert_eq!(
                place("s3://b/", folder),
                Place::Account(account),
                "{folder}"
            );
        }
        for folder in ["111122223333/AWSLogs/", "111122223333/", "AWSLogs/x/"] {
            assert_eq!(place("s3://b/", folder), Place::Anywhere, "{folder}");
        }
    }

    #[test]
    fn logs_of_other_services_are_named_and_what_is_no_services_is_walked() {
        let service = "AWSLogs/111122223333/elasticloadbalancing/";
        let named = Place::OtherService("elasticloadbalancing".to_owned());
        assert_eq!(place("s3://b/", service), named);
        for folder in [
            "AWSLogs/111122223333/CloudTrail-Insight/",
            "AWSLogs/111122223333/exported by hand/",
            "case/111122223333/Config/",
        ] {
            assert_eq!(place("s3://b/", folder), Place::Anywhere, "{folder}");
        }
    }
}
