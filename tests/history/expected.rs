//! What a table must hold by the naive rule, claim by claim in the order of each log.

use super::raw::{Record, canonical};
use super::snapshot::{Cache, File, Rejected, Snapshot};
use super::world::{Version, World};
use cloudtrail2parquet::cloudtrail::UnwrapPath;
use cloudtrail2parquet::lane::{Lane, Partition};
use cloudtrail2parquet::ledger::{Claim, ClaimedObject, Expire, Outcome, Receipt, Work};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering::SeqCst;

/// How often a row may be in a partition.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bounds {
    pub(crate) least: u64,
    pub(crate) most: u64,
}

pub(crate) type Row = (Lane, &'static str, String);

/// The records of an object that are those of a claim's lane, with their positions.
fn records_of<'v>(version: &'v Version, claim: &Claim) -> impl Iterator<Item = (u64, &'v Record)> {
    let (of_key, lane) = (version.place.lane(), &claim.lane);
    let told = claim.options.account_of_unknown;
    let records = (0..).zip(&version.records);
    records.filter(move |(_, record)| of_key.clone().unwrap_or_else(|| record.lane(told)) == *lane)
}

/// What must be there, claim by claim in the order of each log.
#[derive(Default)]
pub(crate) struct Expected {
    pub(crate) rows: BTreeMap<Row, Bounds>,
    pub(crate) rejects: BTreeMap<Rejected, Bounds>,
    taken: BTreeSet<(Lane, String, String)>,
    /// What each lane has read: file name and bytes.
    contents: BTreeSet<(Lane, String, Vec<u8>)>,
    /// What is expired of each lane: everything before a date.
    before: BTreeMap<Lane, Date>,
}

impl Expected {
    pub(crate) fn converted(
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
            let unwrap = claim.options.unwrap.as_ref();
            if !version.form.is_readable(unwrap.map(UnwrapPath::as_str)) {
                return Err(format!("{} cannot be read, but is claimed", object.address));
            }
            let is_first = self.taken.insert((lane.clone(), id.0, id.1));
            let adds = object.outcome.is_read() && object.outcome.records() > 0;
            // What adds nothing is claimed again when its receipt was taken away for a time, and so
            // may be what only repeats events.
            let has_id = |(_, record): (u64, &Record)| record.has_id();
            let repeats = world.lacked.load(SeqCst)
                && !claim.options.keep_duplicates
                && records_of(version, claim).all(has_id);
            if !is_first && adds && !repeats {
                return Err(format!("{} is claimed twice in {lane}", object.address));
            }
            let lost = |receipt: &Receipt| receipt.lost.contains(&object.address);
            let is_lost = receipt.is_some_and(lost);
            self.check_content(claim, object, version)?;
            let expected = records_of(version, claim).count() as u64;
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
        for (index, record) in records_of(version, claim) {
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
        let is_expired = |before: &Date| date.parse::<Date>().unwrap() < *before;
        if self.before.get(&claim.lane).is_some_and(is_expired) {
            return;
        }
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

    /// The rows of files that went are expected no more; nor are such of later claims.
    pub(crate) fn expired(
        &mut self,
        snapshot: &Snapshot,
        cache: &Cache,
        lane: &Lane,
        work: &Expire,
    ) -> Result<(), String> {
        let before = self.before.entry(lane.clone()).or_insert(work.before);
        *before = work.before.max(*before);
        for input in &work.inputs {
            if input.date >= work.before {
                return Err(format!("{} is not before {}", input.name, work.before));
            }
            let (lane, date) = (lane.clone(), input.date);
            let partition = Partition { lane, date };
            let is_it = |file: &File| file.partition == partition && file.name == input.name;
            if snapshot.files.iter().any(is_it) {
                continue;
            }
            let key = format!("{}{}", partition.path(), input.name);
            let rows = cache.rows_of(&key).ok_or(format!("{key} was never seen"))?;
            let day = super::raw::DAYS
                .iter()
                .find(|day| **day == date.to_string());
            let day = day.ok_or(format!("{date} is no day of these histories"))?;
            for row in rows {
                let row = (partition.lane.clone(), *day, row.clone());
                let bounds = self.rows.entry(row).or_default();
                bounds.least = bounds.least.saturating_sub(1);
                bounds.most = bounds.most.saturating_sub(1);
            }
        }
        Ok(())
    }

    pub(crate) fn retried(
        &mut self,
        snapshot: &Snapshot,
        claim: &Claim,
        sure: bool,
    ) -> Result<(), String> {
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
