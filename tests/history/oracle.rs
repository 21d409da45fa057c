//! What the table must hold, by the naive rule: all that the receipts say was read, once.

use super::raw::{canonical, home};
use super::snapshot::{Cache, Rejected, Snapshot};
use super::world::{Version, World};
use cloudtrail2parquet::ledger::{Claim, ClaimedObject, Outcome};
use cloudtrail2parquet::table::Lane;
use std::collections::{BTreeMap, BTreeSet};

/// How often a row may be in a partition.
#[derive(Clone, Copy, Debug, Default)]
struct Bounds {
    least: u64,
    most: u64,
}

type Row = (Lane, &'static str, String);

/// The records of an object that are a lane's, with their positions.
fn records_of<'v>(
    version: &'v Version,
    lane: &Lane,
) -> impl Iterator<Item = (u64, &'v super::raw::Record)> {
    let of_key = version.place.lane();
    let records = (0..).zip(&version.records);
    records.filter(move |(_, record)| of_key.clone().unwrap_or_else(|| record.lane()) == *lane)
}

/// The lanes that an object's records go to.
pub(crate) fn lanes_of(version: &Version) -> BTreeSet<Lane> {
    if let Some(lane) = version.place.lane() {
        return [lane].into();
    }
    let lanes: BTreeSet<Lane> = version
        .records
        .iter()
        .map(super::raw::Record::lane)
        .collect();
    if lanes.is_empty() {
        [home()].into()
    } else {
        lanes
    }
}

/// Checks the table against what was delivered and what the ledger says. It must hold at
/// any moment.
pub(crate) fn check(world: &World, cache: &mut Cache) -> Result<Snapshot, String> {
    let snapshot = Snapshot::read(&world.table, cache)?;
    check_logs(&snapshot)?;
    check_files(&snapshot)?;
    let mut rows: BTreeMap<Row, Bounds> = BTreeMap::new();
    let mut rejects: BTreeMap<Rejected, Bounds> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for (lane, claims) in &snapshot.claims {
        for (number, claim) in claims {
            let receipt = snapshot
                .receipts
                .get(lane)
                .and_then(|receipts| receipts.get(number));
            for object in &claim.objects {
                let Some(version) = read_version(world, lane, object)? else {
                    continue;
                };
                if !taken.insert((lane.clone(), object.address.clone(), object.etag.clone())) {
                    return Err(format!("{} is claimed twice in {lane}", object.address));
                }
                let sure = receipt.is_some_and(|receipt| !receipt.lost.contains(&object.address));
                expect(world, lane, object, version, sure, &mut rows, &mut rejects);
            }
        }
    }
    check_rows(&snapshot, rows)?;
    check_rejects(&snapshot, rejects)?;
    Ok(snapshot)
}

/// The version that an object of a claim is; none if the claim says that it could not be read.
fn read_version<'w>(
    world: &'w World,
    lane: &Lane,
    object: &ClaimedObject,
) -> Result<Option<&'w Version>, String> {
    let id = (object.address.clone(), object.etag.clone());
    let version = world
        .delivered
        .get(&id)
        .ok_or(format!("{} was never delivered", object.address))?;
    let Outcome::Read { records, .. } = &object.outcome else {
        return Ok(None);
    };
    if !version.form.is_readable() {
        return Err(format!(
            "{} is claimed as read but cannot be read",
            object.address
        ));
    }
    let expected = records_of(version, lane).count() as u64;
    if expected != *records {
        return Err(format!(
            "{} has {expected} records of {lane}, the claim says {records}",
            object.address
        ));
    }
    Ok(Some(version))
}

fn expect(
    world: &World,
    lane: &Lane,
    object: &ClaimedObject,
    version: &Version,
    sure: bool,
    rows: &mut BTreeMap<Row, Bounds>,
    rejects: &mut BTreeMap<Rejected, Bounds>,
) {
    for (index, record) in records_of(version, lane) {
        let Some(date) = record.row_date(version.place.delivered()) else {
            let address = object.address.clone();
            let rejected = Rejected {
                lane: lane.clone(),
                address,
                index,
                record: record.text(),
            };
            let bounds = rejects.entry(rejected).or_default();
            bounds.most += 1;
            bounds.least += u64::from(sure);
            continue;
        };
        let bounds = rows
            .entry((lane.clone(), date, canonical(&record.text())))
            .or_default();
        if record.has_id() && !world.keep_duplicates {
            bounds.most = 1;
            bounds.least |= u64::from(sure);
        } else {
            bounds.most += 1;
            bounds.least += u64::from(sure);
        }
    }
}

/// A log has no gaps, and at most its last claim has no receipt.
fn check_logs(snapshot: &Snapshot) -> Result<(), String> {
    for (lane, claims) in &snapshot.claims {
        if !claims.keys().copied().eq(1..=claims.len() as u64) {
            return Err(format!("the log of {lane} has gaps: {:?}", claims.keys()));
        }
        for (number, claim) in claims {
            match snapshot
                .receipts
                .get(lane)
                .and_then(|receipts| receipts.get(number))
            {
                Some(receipt) if receipt.claim != *claim => {
                    return Err(format!(
                        "the receipt of claim {number} of {lane} is of another claim"
                    ));
                }
                None if *number != claims.len() as u64 => {
                    return Err(format!(
                        "claim {number} of {lane} has no receipt, but a successor"
                    ));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Every file was promised, and every receipt's files are there with their rows.
fn check_files(snapshot: &Snapshot) -> Result<(), String> {
    for (lane, receipts) in &snapshot.receipts {
        for receipt in receipts.values() {
            for written in &receipt.written {
                let is_it = |file: &&super::snapshot::File| {
                    file.partition.lane == *lane
                        && file.partition.date == written.file.date
                        && file.name == written.file.name
                };
                let Some(file) = snapshot.files.iter().find(is_it) else {
                    return Err(format!(
                        "{} is in a receipt but not there",
                        written.file.name
                    ));
                };
                if (file.rows.len() as u64, file.bytes) != (written.file.rows, written.bytes) {
                    return Err(format!("{} is not as its receipt says", written.file.name));
                }
            }
            let written = receipt.written.iter().map(|written| &written.file);
            if receipt.lost.is_empty() && !written.eq(&receipt.claim.files) {
                return Err(format!(
                    "the receipt of claim {} of {lane} lacks a file",
                    receipt.claim.number
                ));
            }
            conserved(&receipt.claim, receipt.lost.is_empty())?;
        }
    }
    for file in &snapshot.files {
        let lane = &file.partition.lane;
        let promised = |claim: &&Claim| {
            claim
                .files
                .iter()
                .any(|promised| promised.date == file.partition.date && promised.name == file.name)
        };
        let Some(claim) = snapshot
            .claims
            .get(lane)
            .and_then(|claims| claims.values().find(promised))
        else {
            return Err(format!("{} was never claimed", file.name));
        };
        let receipt = snapshot
            .receipts
            .get(lane)
            .and_then(|receipts| receipts.get(&claim.number));
        let named = |receipt: &cloudtrail2parquet::ledger::Receipt| {
            receipt.written.iter().any(|written| {
                written.file.name == file.name && written.file.date == file.partition.date
            })
        };
        if receipt.is_some_and(|receipt| !named(receipt)) {
            return Err(format!("{} is not in the receipt of its claim", file.name));
        }
    }
    Ok(())
}

/// Every record of a claim's objects is a row, a duplicate or a reject.
fn conserved(claim: &Claim, nothing_lost: bool) -> Result<(), String> {
    let read: u64 = claim
        .objects
        .iter()
        .map(|object| match &object.outcome {
            Outcome::Read { records, .. } => *records,
            Outcome::Unread { .. } => 0,
        })
        .sum();
    if nothing_lost && read != claim.records() {
        return Err(format!(
            "claim {} read {read} records and accounts for {}",
            claim.number,
            claim.records()
        ));
    }
    Ok(())
}

fn check_rows(snapshot: &Snapshot, mut expected: BTreeMap<Row, Bounds>) -> Result<(), String> {
    let mut found: BTreeMap<(Lane, String, String), u64> = BTreeMap::new();
    for file in &snapshot.files {
        for row in &file.rows {
            let key = (
                file.partition.lane.clone(),
                file.partition.date.to_string(),
                row.clone(),
            );
            *found.entry(key).or_default() += 1;
        }
    }
    for ((lane, date, row), bounds) in std::mem::take(&mut expected) {
        let times = found
            .remove(&(lane.clone(), date.to_owned(), row.clone()))
            .unwrap_or_default();
        if times < bounds.least {
            return Err(format!(
                "LOST in {lane} on {date}: {times} instead of {} times {row}",
                bounds.least
            ));
        }
        if times > bounds.most {
            return Err(format!(
                "DOUBLED in {lane} on {date}: {times} instead of {} times {row}",
                bounds.most
            ));
        }
    }
    match found.into_iter().next() {
        Some(((lane, date, row), _)) => Err(format!("FROM NOWHERE in {lane} on {date}: {row}")),
        None => Ok(()),
    }
}

fn check_rejects(snapshot: &Snapshot, expected: BTreeMap<Rejected, Bounds>) -> Result<(), String> {
    let mut found: BTreeMap<Rejected, u64> = BTreeMap::new();
    for rejected in &snapshot.rejects {
        *found.entry(rejected.clone()).or_default() += 1;
    }
    for (rejected, bounds) in expected {
        let times = found.remove(&rejected).unwrap_or_default();
        if times < bounds.least || times > bounds.most {
            return Err(format!(
                "{times} times in the rejects, expected {bounds:?}: {rejected:?}"
            ));
        }
    }
    match found.into_iter().next() {
        Some((rejected, _)) => Err(format!("rejected from nowhere: {rejected:?}")),
        None => Ok(()),
    }
}

/// Checks that every readable object that is there was converted in every lane that its
/// records name, and the others recorded as unread.
pub(crate) fn check_complete(world: &World, snapshot: &Snapshot) -> Result<(), String> {
    let mut read = BTreeSet::new();
    let mut unread = BTreeSet::new();
    for (lane, receipts) in &snapshot.receipts {
        for object in receipts.values().flat_map(|receipt| &receipt.claim.objects) {
            let id = (object.address.clone(), object.etag.clone());
            match object.outcome {
                Outcome::Read { .. } => read.insert((lane.clone(), id)),
                Outcome::Unread { .. } => unread.insert(id),
            };
        }
    }
    for (key, etag) in &world.present {
        let id = (world.address(key), etag.clone());
        let Some(version) = world.version(key) else {
            continue;
        };
        if !version.form.is_readable() {
            if !unread.contains(&id) {
                return Err(format!("{key} cannot be read, and no receipt says so"));
            }
            continue;
        }
        for lane in lanes_of(version) {
            if !read.contains(&(lane.clone(), id.clone())) {
                return Err(format!("{key} is not converted in {lane}"));
            }
        }
    }
    for (lane, claims) in &snapshot.claims {
        let receipts = snapshot.receipts.get(lane).map_or(0, BTreeMap::len);
        // Without anything read it fixes nothing, and waits for the lane's next object.
        let reads = |claim: &Claim| {
            let mut objects = claim.objects.iter();
            objects.any(|object| matches!(object.outcome, Outcome::Read { .. }))
        };
        if receipts != claims.len() && claims.values().next_back().is_some_and(reads) {
            return Err(format!("{lane} has an open claim"));
        }
    }
    Ok(())
}
