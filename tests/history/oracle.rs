//! What the table must hold, by the naive rule: all that the receipts say was read, once.

use super::expected::{Bounds, Expected, Row};
use super::raw::{Form, Record, UNWRAP, home};
use super::replaced::Replaced;
use super::snapshot::{Cache, Rejected, Snapshot};
use super::world::{Version, World};
use cloudtrail2parquet::lane::Lane;
use cloudtrail2parquet::ledger::{Cause, Claim, Outcome, Reading, Work};
use std::collections::{BTreeMap, BTreeSet};

/// The lanes that an object's records go to, as it was read.
fn lanes_of(version: &Version, reading: Option<&Reading>) -> BTreeSet<Lane> {
    if let Some(lane) = version.place.lane() {
        return [lane].into();
    }
    let told = reading.and_then(|reading| reading.account_of_unknown);
    let lane = |record: &Record| record.lane(told);
    let lanes: BTreeSet<Lane> = version.records.iter().map(lane).collect();
    if lanes.is_empty() {
        [home()].into()
    } else {
        lanes
    }
}

/// Checks the table against what was delivered and what the ledger says. It must hold at
/// any moment.
pub(crate) fn check(world: &World, cache: &mut Cache) -> Result<Snapshot, String> {
    let mut snapshot = Snapshot::read(&world.table, cache)?;
    check_logs(&snapshot)?;
    let replaced = Replaced::of(&snapshot);
    replaced.check(&mut snapshot)?;
    check_files(&snapshot, &replaced)?;
    let mut expected = Expected::default();
    for (lane, claims) in &snapshot.claims {
        for (number, claim) in claims {
            let receipts = snapshot.receipts.get(lane);
            let receipt = receipts.and_then(|receipts| receipts.get(number));
            match &claim.work {
                Work::Convert(_) => expected.converted(world, claim, receipt)?,
                Work::RetryRejects(_) => expected.retried(&snapshot, claim, receipt.is_some())?,
                Work::Compact(_) | Work::Sort(_) | Work::SortByTime(_) | Work::Rewrite(_) => {}
                Work::Expire(work) => expected.expired(&snapshot, cache, lane, work)?,
            }
        }
    }
    check_rows(&snapshot, expected.rows)?;
    check_rejects(&snapshot, expected.rejects)?;
    Ok(snapshot)
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
fn check_files(snapshot: &Snapshot, replaced: &Replaced) -> Result<(), String> {
    for (lane, receipts) in &snapshot.receipts {
        for receipt in receipts.values() {
            let standing = receipt.written.iter();
            for written in standing.filter(|file| !replaced.has(lane, file.date, &file.name)) {
                let is_it = |file: &&super::snapshot::File| {
                    file.partition.lane == *lane
                        && file.partition.date == written.date
                        && file.name == written.name
                };
                let Some(file) = snapshot.files.iter().find(is_it) else {
                    return Err(format!("{} is in a receipt but not there", written.name));
                };
                if (file.rows.len() as u64, file.bytes) != (written.rows, written.bytes) {
                    return Err(format!("{} is not as its receipt says", written.name));
                }
            }
            let written = receipt.written.iter();
            let written = written.map(|file| (file.date, &file.name, file.rows));
            let claimed = receipt.claim.files.iter();
            let claimed = claimed.map(|file| (file.date, &file.name, file.rows));
            if receipt.lost.is_empty() && !written.eq(claimed) {
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
            .and_then(|receipts| receipts.get(&claim.number.get()));
        let named = |receipt: &cloudtrail2parquet::ledger::Receipt| {
            receipt
                .written
                .iter()
                .any(|written| written.name == file.name && written.date == file.partition.date)
        };
        if receipt.is_some_and(|receipt| !named(receipt)) {
            return Err(format!("{} is not in the receipt of its claim", file.name));
        }
    }
    Ok(())
}

/// Every record of a claim's objects is a row, a duplicate or a reject.
fn conserved(claim: &Claim, nothing_lost: bool) -> Result<(), String> {
    let read: u64 = match &claim.work {
        Work::Convert(convert) => {
            let objects = convert.objects.iter();
            objects.map(|object| object.outcome.records()).sum()
        }
        Work::RetryRejects(_) => claim.retried(),
        Work::Compact(_) | Work::Sort(_) | Work::SortByTime(_) | Work::Rewrite(_) => {
            let inputs = claim.replaced().unwrap_or_default().iter();
            inputs.map(|input| input.rows).sum()
        }
        Work::Expire(_) => 0,
    };
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

/// An object's address and version.
type Id = (String, String);

/// Of how an object was read, what tells where its records are or go.
fn relevant(version: &Version, reading: Reading) -> Reading {
    let is_unplaced = version.place.lane().is_none();
    let is_nameless = !version.records.iter().all(Record::names_account);
    Reading {
        unwrap: (reading.unwrap).filter(|_| is_unplaced && version.form == Form::Wrapped),
        account_of_unknown: (reading.account_of_unknown).filter(|_| is_unplaced && is_nameless),
    }
}

/// Checks that every readable object that is there was converted in every lane that its
/// records name, by one reading, and the others recorded as unread.
pub(crate) fn check_complete(world: &World, snapshot: &Snapshot) -> Result<(), String> {
    let mut read = BTreeSet::new();
    let mut unread = BTreeSet::new();
    let mut readings: BTreeMap<Id, Reading> = BTreeMap::new();
    for (lane, receipts) in &snapshot.receipts {
        for claim in receipts.values().map(|receipt| &receipt.claim) {
            for object in claim.objects() {
                let id = (object.address.clone(), object.etag.clone());
                if let Outcome::Unread { .. } = object.outcome {
                    unread.insert(id);
                    continue;
                }
                let version = world.delivered.get(&id).ok_or("from nowhere")?;
                let reading = relevant(version, claim.options.reading());
                let first = readings.entry(id.clone()).or_insert(reading.clone());
                if *first != reading {
                    return Err(format!("{} is read by {first:?} and {reading:?}", id.0));
                }
                read.insert((lane.clone(), id));
            }
        }
    }
    for (key, etag) in &world.present {
        let id = (world.address(key), etag.clone());
        let Some(version) = world.version(key) else {
            continue;
        };
        // What is left without a path is tried again by another.
        let is_tried =
            |cause: &Cause| version.form == Form::Wrapped && matches!(cause, Cause::Left(_));
        if snapshot
            .accepted(&id.0, &id.1)
            .any(|cause| !is_tried(cause))
        {
            continue;
        }
        if !version.form.is_readable(Some(UNWRAP)) {
            if !unread.contains(&id) {
                return Err(format!("{key} cannot be read, and no receipt says so"));
            }
            continue;
        }
        for lane in lanes_of(version, readings.get(&id)) {
            if !read.contains(&(lane.clone(), id.clone())) {
                return Err(format!("{key} is not converted in {lane}"));
            }
        }
    }
    for (lane, claims) in &snapshot.claims {
        let receipts = snapshot.receipts.get(lane).map_or(0, BTreeMap::len);
        // Without anything read it fixes nothing, and waits for the lane's next object.
        let reads = |claim: &Claim| {
            let mut objects = claim.objects().iter();
            objects.any(|object| object.outcome.is_read())
        };
        if receipts != claims.len() && claims.values().next_back().is_some_and(reads) {
            return Err(format!("{lane} has an open claim"));
        }
    }
    Ok(())
}
