//! What the table must hold, by the naive rule: all that the receipts say was read, once.

use super::raw::{canonical, home};
use super::snapshot::{Cache, Rejected, Snapshot};
use super::world::{Version, World};
use cloudtrail2parquet::lane::Lane;
use cloudtrail2parquet::ledger::{Claim, ClaimedObject, Outcome, Receipt, Work};
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
    let mut expected = Expected::default();
    for (lane, claims) in &snapshot.claims {
        for (number, claim) in claims {
            let receipts = snapshot.receipts.get(lane);
            let receipt = receipts.and_then(|receipts| receipts.get(number));
            match &claim.work {
                Work::Convert(_) => expected.converted(world, claim, receipt)?,
                Work::RetryRejects(_) => expected.retried(&snapshot, claim, receipt.is_some())?,
            }
        }
    }
    check_rows(&snapshot, expected.rows)?;
    check_rejects(&snapshot, expected.rejects)?;
    Ok(snapshot)
}

/// What must be there, claim by claim in the order of each log.
#[derive(Default)]
struct Expected {
    rows: BTreeMap<Row, Bounds>,
    rejects: BTreeMap<Rejected, Bounds>,
    taken: BTreeSet<(Lane, String, String)>,
    /// What each lane has read: file name and bytes.
    contents: BTreeSet<(Lane, String, Vec<u8>)>,
}

impl Expected {
    fn converted(
        &mut self,
        world: &World,
        claim: &Claim,
        receipt: Option<&Receipt>,
    ) -> Result<(), String> {
        for object in claim.objects() {
            let lane = &claim.lane;
            let id = (object.address.clone(), object.etag.clone());
            let version = world
                .delivered
                .get(&id)
                .ok_or(format!("{} was never delivered", object.address))?;
            if matches!(object.outcome, Outcome::Unread { .. }) {
                continue;
            }
            if !version.form.is_readable() {
                return Err(format!("{} cannot be read, but is claimed", object.address));
            }
            if !self.taken.insert((lane.clone(), id.0, id.1)) {
                return Err(format!("{} is claimed twice in {lane}", object.address));
            }
            let lost = |receipt: &Receipt| receipt.lost.contains(&object.address);
            let is_lost = receipt.is_some_and(lost);
            self.check_content(claim, object, version)?;
            let expected = records_of(version, lane).count() as u64;
            if !matches!(object.outcome, Outcome::Known { .. })
                && expected != object.outcome.records()
            {
                return Err(format!(
                    "{} has {expected} records of {lane}, the claim says {:?}",
                    object.address, object.outcome
                ));
            }
            if object.outcome.is_read() {
                let sure = receipt.is_some() && !is_lost;
                self.read(claim, object, version, sure);
            }
            if !is_lost {
                let bytes = version.form.pack(&version.records);
                self.contents
                    .insert((lane.clone(), file_name(&object.address), bytes));
            }
        }
        Ok(())
    }

    /// An object that adds nothing repeats one that was read before it.
    fn check_content(
        &self,
        claim: &Claim,
        object: &ClaimedObject,
        version: &Version,
    ) -> Result<(), String> {
        let bytes = version.form.pack(&version.records);
        let name = file_name(&object.address);
        let mut of_lane = self.contents.iter().filter(|known| known.0 == claim.lane);
        let is_there = match object.outcome {
            Outcome::Known { .. } => of_lane.any(|known| known.1 == name && known.2 == bytes),
            Outcome::Copy { .. } => {
                !claim.options.keep_duplicates && of_lane.any(|known| known.2 == bytes)
            }
            _ => true,
        };
        match is_there {
            true => Ok(()),
            false => Err(format!("LOST: {} is {:?}", object.address, object.outcome)),
        }
    }

    fn read(&mut self, claim: &Claim, object: &ClaimedObject, version: &Version, sure: bool) {
        let Work::Convert(convert) = &claim.work else {
            return;
        };
        for (index, record) in records_of(version, &claim.lane) {
            let date = record.row_date(version.place.delivered(), convert.read_at);
            match date {
                Some(date) => self.row(claim, date, &record.text(), record.has_id(), sure),
                None => {
                    let bounds = self.rejects.entry(Rejected {
                        lane: claim.lane.clone(),
                        address: object.address.clone(),
                        index,
                        record: record.text(),
                    });
                    let bounds = bounds.or_default();
                    bounds.most += 1;
                    bounds.least += u64::from(sure);
                }
            }
        }
    }

    fn row(&mut self, claim: &Claim, date: &'static str, text: &str, has_id: bool, sure: bool) {
        let row = (claim.lane.clone(), date, canonical(text));
        let bounds = self.rows.entry(row).or_default();
        if has_id && !claim.options.keep_duplicates {
            bounds.most = bounds.most.max(1);
            bounds.least = bounds.least.max(u64::from(sure));
        } else {
            bounds.most += 1;
            bounds.least += u64::from(sure);
        }
    }

    fn retried(&mut self, snapshot: &Snapshot, claim: &Claim, sure: bool) -> Result<(), String> {
        let Work::RetryRejects(retry) = &claim.work else {
            return Ok(());
        };
        for rejects in &retry.rejects {
            let lines = snapshot.rejects_by_key.get(&rejects.key);
            let lines = lines.ok_or(format!("{} is not there", rejects.key))?;
            for &line in &rejects.lines {
                let id = (claim.lane.clone(), rejects.key.clone(), line.to_string());
                if !self.taken.insert(id) {
                    return Err(format!("line {line} of {} is retried twice", rejects.key));
                }
                let rejected = &lines[line as usize];
                let value: serde_json::Value = serde_json::from_str(&rejected.record)
                    .map_err(|error| format!("a retried reject is no JSON: {error}"))?;
                let time = value["eventTime"]
                    .as_str()
                    .ok_or("a retried reject has no time")?;
                let date = super::raw::DAYS.iter().find(|day| time.starts_with(**day));
                let date = date.ok_or(format!("{time} is no time of these histories"))?;
                let has_id = value["eventID"].is_string();
                self.row(claim, date, &rejected.record, has_id, sure);
            }
        }
        Ok(())
    }
}

fn file_name(address: &str) -> String {
    address.rsplit('/').next().unwrap_or(address).to_owned()
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

/// Checks that every readable object that is there was converted in every lane that its
/// records name, and the others recorded as unread.
pub(crate) fn check_complete(world: &World, snapshot: &Snapshot) -> Result<(), String> {
    let mut read = BTreeSet::new();
    let mut unread = BTreeSet::new();
    for (lane, receipts) in &snapshot.receipts {
        for object in receipts
            .values()
            .flat_map(|receipt| receipt.claim.objects())
        {
            let id = (object.address.clone(), object.etag.clone());
            match object.outcome {
                Outcome::Unread { .. } => unread.insert(id),
                _ => read.insert((lane.clone(), id)),
            };
        }
    }
    for (key, etag) in &world.present {
        let id = (world.address(key), etag.clone());
        let Some(version) = world.version(key) else {
            continue;
        };
        if snapshot.accepted(&id.0, &id.1) {
            continue;
        }
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
            let mut objects = claim.objects().iter();
            objects.any(|object| object.outcome.is_read())
        };
        if receipts != claims.len() && claims.values().next_back().is_some_and(reads) {
            return Err(format!("{lane} has an open claim"));
        }
    }
    Ok(())
}
