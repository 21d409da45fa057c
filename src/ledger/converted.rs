//! What receipts say of raw objects.

use super::claim::{Receipt, Work};
use super::names::{ClaimNumber, Month};
use super::object::{ContentHash, ObjectId, Outcome};
use super::{Cause, LedgerError, receipts::month_receipts};
use crate::cloudtrail::Sha256;
use crate::lane::Lane;
use crate::scope::DeliveryDays;
use crate::store::Store;
use rustc_hash::{FxHashMap, FxHashSet};

/// What the receipts of a lane, or of one of its delivery months, say of raw objects.
#[derive(Debug, Default)]
pub struct Converted {
    settled: FxHashSet<ObjectId>,
    unread: FxHashMap<ObjectId, Cause>,
    contents: FxHashSet<ContentHash>,
    hashes: FxHashSet<Sha256>,
    numbers: FxHashSet<ClaimNumber>,
    retried: FxHashMap<String, Vec<u32>>,
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
                    self.settled.insert(object.id());
                    if !receipt.lost.contains(&object.address) {
                        self.contents.extend(object.content());
                        self.hashes.extend(outcome.sha256());
                    }
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

    /// Whether nothing more is to be done for the object: its records are in the table or the
    /// rejects, or were given up, or it was accepted that it cannot be read.
    pub fn is_settled(&self, id: ObjectId) -> bool {
        self.settled.contains(&id)
    }

    /// Why the object could not be read when it was last tried.
    pub fn unread(&self, id: ObjectId) -> Option<&Cause> {
        self.unread.get(&id)
    }

    /// Whether an object of this file name with these bytes was converted, wherever it lay.
    pub fn has_content(&self, content: ContentHash) -> bool {
        self.contents.contains(&content)
    }

    /// Whether an object with these bytes was converted, under whatever name.
    pub fn has_bytes(&self, sha256: Sha256) -> bool {
        self.hashes.contains(&sha256)
    }

    /// Whether the claim has its receipt, as far as is known here.
    pub fn has_receipt(&self, number: ClaimNumber) -> bool {
        self.numbers.contains(&number)
    }

    /// Lines of a rejects object that became rows or duplicates later.
    pub fn retried_lines(&self, rejects_key: &str) -> &[u32] {
        self.retried.get(rejects_key).map_or(&[], Vec::as_slice)
    }
}
