//! The table, the rejects and the ledger, read back.

use super::raw::canonical;
use cloudtrail2parquet::lane::{Lane, Partition};
use cloudtrail2parquet::ledger::{Cause, Claim, Outcome, Receipt};
use cloudtrail2parquet::store::Memory;
use cloudtrail2parquet::table::records;
use futures::FutureExt as _;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::io::Cursor;

/// Rows of Parquet objects, which never change once they are there.
#[derive(Default)]
pub(crate) struct Cache(HashMap<String, (Vec<u8>, Vec<String>)>);

/// One Parquet object.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) partition: Partition,
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// Its records, canonical.
    pub(crate) rows: Vec<String>,
}

/// One line of the rejects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rejected {
    pub(crate) lane: Lane,
    pub(crate) address: String,
    pub(crate) index: u64,
    pub(crate) record: String,
}

/// What the destination holds.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) files: Vec<File>,
    pub(crate) rejects: Vec<Rejected>,
    /// The same, line by line.
    pub(crate) rejects_by_key: BTreeMap<String, Vec<Rejected>>,
    pub(crate) claims: BTreeMap<Lane, BTreeMap<u64, Claim>>,
    pub(crate) receipts: BTreeMap<Lane, BTreeMap<u64, Receipt>>,
}

impl Snapshot {
    /// Reads everything.
    pub(crate) fn read(table: &Memory, cache: &mut Cache) -> Result<Self, String> {
        let store = table.store();
        let mut snapshot = Self::default();
        for key in table.keys() {
            let body = store
                .get(&key)
                .now_or_never()
                .unwrap()
                .map_err(|error| error.to_string())?;
            let parts: Vec<&str> = key.split('/').collect();
            let document = |error: serde_json::Error| format!("{key}: {error}");
            match parts.as_slice() {
                ["_ledger", "format-2"] => {}
                ["_ledger", _, _, "log", number] => {
                    let claim: Claim = serde_json::from_slice(&body).map_err(document)?;
                    let number = number.parse().map_err(|_| format!("{key} is no claim"))?;
                    snapshot
                        .claims
                        .entry(claim.lane.clone())
                        .or_default()
                        .insert(number, claim);
                }
                ["_ledger", _, _, _, name] => {
                    let receipt: Receipt = serde_json::from_slice(&body).map_err(document)?;
                    let number = name[..12]
                        .parse()
                        .map_err(|_| format!("{key} is no receipt"))?;
                    let lane = receipt.claim.lane.clone();
                    let receipts = snapshot.receipts.entry(lane).or_default();
                    if receipts.insert(number, receipt).is_some() {
                        return Err(format!("claim {number} has two receipts, one is {key}"));
                    }
                }
                ["_rejects", account, region, _] => {
                    let account = account.trim_start_matches("account=");
                    let region = region.trim_start_matches("region=");
                    let lane = Lane::parse(account, region).ok_or("no lane")?;
                    let mut lines = Vec::new();
                    for line in std::str::from_utf8(&body).unwrap().lines() {
                        lines.push(rejected(&lane, line)?);
                    }
                    snapshot.rejects.extend(lines.iter().cloned());
                    snapshot.rejects_by_key.insert(key.clone(), lines);
                }
                [_, _, _, name] => {
                    let (folder, _) = key.rsplit_once('/').unwrap();
                    let partition =
                        Partition::parse(folder).ok_or(format!("{key} is in no partition"))?;
                    let rows = cache.rows(&key, &body)?;
                    snapshot.files.push(File {
                        partition,
                        name: (*name).into(),
                        bytes: body.len() as u64,
                        rows,
                    });
                }
                _ => return Err(format!("{key} has no business here")),
            }
        }
        Ok(snapshot)
    }
}

impl Snapshot {
    /// Whether a claim of the lane has no receipt.
    pub(crate) fn has_open_claim(&self, lane: &Lane) -> bool {
        let count = |documents: Option<usize>| documents.unwrap_or_default();
        count(self.claims.get(lane).map(BTreeMap::len))
            != count(self.receipts.get(lane).map(BTreeMap::len))
    }

    /// Why the object cannot be read, as receipts accept it.
    pub(crate) fn accepted<'s>(
        &'s self,
        address: &str,
        etag: &str,
    ) -> impl Iterator<Item = &'s Cause> {
        let outcomes = self.outcomes(address, etag);
        outcomes.filter_map(|outcome| match outcome {
            Outcome::Unread { cause, accepted } => Some(cause).filter(|_| *accepted),
            _ => None,
        })
    }

    /// Whether some receipt says that the object was read.
    pub(crate) fn is_read(&self, address: &str, etag: &str) -> bool {
        let mut outcomes = self.outcomes(address, etag);
        outcomes.any(|outcome| !matches!(outcome, Outcome::Unread { .. }))
    }

    /// What receipts say of an object.
    fn outcomes<'s>(&'s self, address: &str, etag: &str) -> impl Iterator<Item = &'s Outcome> {
        let receipts = self.receipts.values().flat_map(BTreeMap::values);
        let objects = receipts.flat_map(|receipt| receipt.claim.objects());
        let of_it = objects.filter(move |object| object.address == address && object.etag == etag);
        of_it.map(|object| &object.outcome)
    }
}

impl Cache {
    /// The rows of an object that was there once.
    pub(crate) fn rows_of(&self, key: &str) -> Option<&[String]> {
        self.0.get(key).map(|(_, rows)| rows.as_slice())
    }

    fn rows(&mut self, key: &str, body: &[u8]) -> Result<Vec<String>, String> {
        if let Some((bytes, rows)) = self.0.get(key) {
            return if bytes == body {
                Ok(rows.clone())
            } else {
                Err(format!("{key} has changed"))
            };
        }
        let reader = Cursor::new(body.to_vec());
        let rows = records(reader)
            .now_or_never()
            .unwrap()
            .map_err(|error| format!("{key}: {error:?}"))?;
        let rows: Vec<String> = rows.iter().map(|record| canonical(record)).collect();
        self.0.insert(key.to_owned(), (body.to_vec(), rows.clone()));
        Ok(rows)
    }
}

fn rejected(lane: &Lane, line: &str) -> Result<Rejected, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
    let text = |name: &str| {
        value[name]
            .as_str()
            .map(str::to_owned)
            .ok_or(format!("{line} has no {name}"))
    };
    text("code")?;
    Ok(Rejected {
        lane: lane.clone(),
        address: text("source")?,
        index: value["index"]
            .as_u64()
            .ok_or(format!("{line} has no index"))?,
        record: text("record")?,
    })
}
