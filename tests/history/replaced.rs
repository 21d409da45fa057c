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
    /// By open claims, with what is to stand for each: they may be gone once that stands. Nothing
    /// stands for what expires.
    going: BTreeMap<Name, Option<Name>>,
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
                    let mut outputs = claim.files.iter();
                    let output = outputs.find(|file| file.date == input.date);
                    let output = output.map(|file| (lane.clone(), file.date, file.name.clone()));
                    match is_done {
                        true => _ = replaced.gone.insert(name),
                        false => _ = replaced.going.insert(name, output),
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
        for (file, output) in &self.going {
            let stands = output
                .as_ref()
                .is_none_or(|output| standing.contains(output));
            if !stands && !standing.contains(file) {
                let (lane, date, name) = file;
                return Err(format!("LOST in {lane} on {date}: {name} went too early"));
            }
        }
        let is_twice = |file: &super::snapshot::File| {
            let output = self.going.get(&name(file));
            output.is_some_and(|output| {
                output
                    .as_ref()
                    .is_some_and(|output| standing.contains(output))
            })
        };
        snapshot.files.retain(|file| !is_twice(file));
        Ok(())
    }
}
