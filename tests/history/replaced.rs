//! The files that claims replace, and which of them count.

use super::snapshot::Snapshot;
use cloudtrail2parquet::lane::Lane;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

type Name = (Lane, Date, String);

/// The files that claims replace.
#[derive(Default)]
pub(crate) struct Replaced {
    /// By claims with a receipt: they must be gone.
    gone: BTreeSet<Name>,
    /// By open claims, with what is to stand for each: they may be gone once all of that stands.
    /// Nothing stands for what expires.
    going: BTreeMap<Name, Vec<Name>>,
}

impl Replaced {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let mut replaced = Self::default();
        for (lane, claims) in &snapshot.claims {
            let receipts = snapshot.receipts.get(lane);
            for (number, claim) in claims {
                let is_done = receipts.is_some_and(|receipts| receipts.contains_key(number));
                for input in claim.replaced().unwrap_or_default() {
                    let name = (lane.clone(), input.date, input.name.clone());
                    let outputs = claim.files.iter().filter(|file| file.date == input.date);
                    let outputs = outputs.map(|file| (lane.clone(), file.date, file.name.clone()));
                    match is_done {
                        true => _ = replaced.gone.insert(name),
                        false => _ = replaced.going.insert(name, outputs.collect()),
                    }
                }
            }
        }
        replaced
    }

    /// Whether the file may be missing.
    pub(crate) fn has(&self, lane: &Lane, date: Date, name: &str) -> bool {
        let name = (lane.clone(), date, name.to_owned());
        self.gone.contains(&name) || self.going.contains_key(&name)
    }

    /// Nothing that went stands, nothing that is going went before what stands for it; takes out
    /// what is there twice for the moment.
    pub(crate) fn check(&self, snapshot: &mut Snapshot) -> Result<(), String> {
        let name = |file: &super::snapshot::File| {
            let partition = &file.partition;
            (partition.lane.clone(), partition.date, file.name.clone())
        };
        let standing: BTreeSet<Name> = snapshot.files.iter().map(name).collect();
        if let Some((lane, date, name)) = self.gone.intersection(&standing).next() {
            return Err(format!("BROUGHT BACK in {lane} on {date}: {name}"));
        }
        let mut twice = BTreeSet::new();
        for (file, outputs) in &self.going {
            if outputs.is_empty() {
                continue;
            }
            if outputs.iter().all(|output| standing.contains(output)) {
                twice.insert(file.clone());
            } else if standing.contains(file) {
                // Some of the rows, as long as others may be missing.
                twice.extend(outputs.iter().cloned());
            } else {
                let (lane, date, name) = file;
                return Err(format!("LOST in {lane} on {date}: {name} went too early"));
            }
        }
        let is_twice = |file: &super::snapshot::File| twice.contains(&name(file));
        snapshot.files.retain(|file| !is_twice(file));
        Ok(())
    }
}
