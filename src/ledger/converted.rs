//! What receipts say of raw objects.

use super::claim::{Reading, Receipt, Work};
use super::left_objects::LeftObjects;
use super::names::{ClaimNumber, Month};
use super::object::{ClaimedObject, ContentHash, ObjectId, Outcome};
use super::{Cause, LedgerError, receipts::month_receipts};
use crate::cloudtrail::Sha256;
use crate::lane::{Account, Lane};
use crate::scope::DeliveryDays;
use crate::store::Store;
use rustc_hash::{FxHashMap, FxHashSet};

/// What the receipts of a lane, or of one of its delivery months, say of raw objects.
#[derive(Debug, Default)]
pub struct Converted {
    settled: FxHashSet<ObjectId>,
    unread: FxHashMap<ObjectId, Cause>,
    left: LeftObjects,
    contents: FxHashSet<ContentHash>,
    hashes: FxHashSet<Sha256>,
    /// Of objects whose records are of other lanes too.
    part_contents: FxHashSet<ContentHash>,
    part_hashes: FxHashSet<Sha256>,
    /// How objects were read whose key names no lane, by the first claim in a lane that decides it.
    readings: FxHashMap<Sha256, Reading>,
    numbers: FxHashSet<ClaimNumber>,
    retried: FxHashMap<String, FxHashSet<u32>>,
}

impl Converted {
    /// What the receipts of a month say, of those that touch the days asked for.
    ///
    /// It must be asked for after the lane's log was opened: then a claim of the next number
    /// is refused whenever another worker has converted something that this lacks.
    pub async fn of_month(
        store: &Store,
        lane: &Lane,
        month: Month,
        days: DeliveryDays,
    ) -> Result<Self, LedgerError> {
        let mut converted = Self::default();
        let mut numbers = FxHashSet::default();
        let stands = |number| {
            numbers.insert(number);
        };
        month_receipts(store, lane, month, days, stands, |receipt| {
            converted.add(receipt);
        })
        .await?;
        converted.numbers.extend(numbers);
        Ok(converted)
    }

    /// Adds what a receipt says; receipts are added in the order of their numbers.
    pub fn add(&mut self, receipt: &Receipt) {
        self.numbers.insert(receipt.claim.number);
        for object in receipt.claim.objects() {
            if self.left.add(&receipt.claim.options, object) {
                continue;
            }
            match &object.outcome {
                Outcome::Unread {
                    cause,
                    accepted: false,
                } => {
                    self.unread.insert(object.id(), cause.clone());
                }
                Outcome::Unread { accepted: true, .. } => {
                    self.settled.insert(object.id());
                }
                outcome => {
                    let is_lost = receipt.lost.contains(&object.address);
                    // What only repeats something lost can still be read.
                    if outcome.is_read() || !is_lost {
                        self.settled.insert(object.id());
                    }
                    if !is_lost {
                        self.add_content(receipt, object);
                    }
                    self.add_reading(receipt, object);
                }
            }
        }
        if let Work::RetryRejects(retry) = &receipt.claim.work {
            for rejects in &retry.rejects {
                let lines = self.retried.entry(rejects.key.clone()).or_default();
                lines.extend(&rejects.lines);
            }
        }
    }

    fn add_content(&mut self, receipt: &Receipt, object: &ClaimedObject) {
        let is_whole = object.lanes.iter().all(|lane| *lane == receipt.claim.lane);
        let (contents, hashes) = match is_whole {
            true => (&mut self.contents, &mut self.hashes),
            false => (&mut self.part_contents, &mut self.part_hashes),
        };
        contents.extend(object.content());
        hashes.extend(object.outcome.sha256());
    }

    /// It counts also if the claim's own part was given up: other lanes go by it.
    fn add_reading(&mut self, receipt: &Receipt, object: &ClaimedObject) {
        let claim = &receipt.claim;
        let decides = claim.lane.account == Account::UNKNOWN && !object.lanes.is_empty();
        let sha256 = object.outcome.sha256();
        if let Some(sha256) = sha256.filter(|_| decides && object.outcome.is_read()) {
            let reading = || claim.options.reading();
            self.readings.entry(sha256).or_insert_with(reading);
        }
    }

    /// Whether nothing more is to be done for the object: its records are in the table or the
    /// rejects, or were given up, or it was accepted that it cannot be read.
    pub fn is_settled(&self, id: ObjectId) -> bool {
        self.settled.contains(&id)
    }

    /// What was left since it holds no record.
    pub fn left(&self) -> &LeftObjects {
        &self.left
    }

    /// Why the object could not be read when it was last tried.
    pub fn unread(&self, id: ObjectId) -> Option<&Cause> {
        self.unread.get(&id)
    }

    /// Whether an object of this file name with these bytes was converted, wherever it lay:
    /// all of it, or, if a part will do, what of it is this lane's.
    pub fn has_content(&self, content: ContentHash, a_part_will_do: bool) -> bool {
        self.contents.contains(&content)
            || (a_part_will_do && self.part_contents.contains(&content))
    }

    /// Whether an object with these bytes was converted, under whatever name; as for
    /// [`Converted::has_content`].
    pub fn has_bytes(&self, sha256: Sha256, a_part_will_do: bool) -> bool {
        self.hashes.contains(&sha256) || (a_part_will_do && self.part_hashes.contains(&sha256))
    }

    /// How objects with these bytes were read, by a claim that decided it.
    pub fn reading(&self, sha256: Sha256) -> Option<&Reading> {
        self.readings.get(&sha256)
    }

    /// Whether the claim has its receipt, as far as is known here.
    pub fn has_receipt(&self, number: ClaimNumber) -> bool {
        self.numbers.contains(&number)
    }

    /// Whether a line of a rejects object became a row or a duplicate later.
    pub fn is_retried(&self, rejects_key: &str, line: u32) -> bool {
        let lines = self.retried.get(rejects_key);
        lines.is_some_and(|lines| lines.contains(&line))
    }
}
