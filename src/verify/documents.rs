//! The documents of a lane: numbers without gaps, a receipt for each claim, both of one mind.

use super::finding::{Finding, FindingKind};
use super::verifier::Verifier;
use crate::cloudtrail::Sha256;
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::{
    Claim, ClaimNumber, Inventory, ListedReceipt, Receipt, RejectsReceipt, Work, read_claim,
    read_receipt,
};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Documents read at once in a lane.
const CONCURRENT_READS: usize = 8;

/// A file that a document promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PromisedFile {
    pub(super) number: ClaimNumber,
    pub(super) rows: u64,
    /// What a receipt adds to its claim.
    pub(super) bytes: Option<u64>,
    pub(super) sha256: Option<Sha256>,
    /// Whether its claim kept repeated events.
    pub(super) keeps_duplicates: bool,
    /// Whether it must be there: its claim has a receipt.
    pub(super) is_due: bool,
}

/// A rejects object that a document promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PromisedRejects {
    pub(super) records: u64,
    pub(super) receipt: Option<RejectsReceipt>,
    pub(super) is_due: bool,
}

/// What the documents of a lane promise.
#[derive(Debug, Default)]
pub(super) struct Promises {
    pub(super) files: BTreeMap<(Date, String), PromisedFile>,
    pub(super) rejects: BTreeMap<String, PromisedRejects>,
    /// The claims whose promises these are.
    pub(super) numbers: BTreeSet<ClaimNumber>,
    /// Files that replaced others.
    merged: BTreeMap<(Date, String), PromisedFile>,
    /// Files that must not be there any more, or, of an open claim, need not.
    replaced: BTreeMap<(Date, String), bool>,
}

impl Promises {
    /// Makes up for what was replaced or removed, on the dates that are looked at.
    pub(super) fn replace(&mut self, is_asked: impl Fn(Date) -> bool) {
        let merged = std::mem::take(&mut self.merged).into_iter();
        let merged = merged.filter(|((date, _), _)| is_asked(*date));
        self.files.extend(merged);
        for (file, has_gone) in std::mem::take(&mut self.replaced) {
            match (has_gone, self.files.get_mut(&file)) {
                (true, _) => _ = self.files.remove(&file),
                (false, Some(file)) => file.is_due = false,
                (false, None) => {}
            }
        }
    }

    fn add_receipt(&mut self, receipt: &Receipt) {
        let claim = &receipt.claim;
        self.numbers.insert(claim.number);
        self.add_replaced(claim, true);
        for file in &receipt.written {
            let promised = PromisedFile {
                number: claim.number,
                rows: file.rows,
                bytes: Some(file.bytes),
                sha256: file.sha256,
                keeps_duplicates: claim.options.keep_duplicates,
                is_due: true,
            };
            self.files_of(claim)
                .insert((file.date, file.name.clone()), promised);
        }
        if let Some(rejects) = claim.rejects() {
            let promised = PromisedRejects {
                records: rejects.records,
                receipt: receipt.rejects,
                // What is given up takes its rejects with it.
                is_due: receipt.lost.is_empty() || receipt.rejects.is_some(),
            };
            self.rejects.insert(rejects.key.clone(), promised);
        }
    }

    /// Of a claim without a receipt anything may stand, or nothing.
    fn add_claim(&mut self, claim: &Claim) {
        self.numbers.insert(claim.number);
        self.add_replaced(claim, false);
        for file in &claim.files {
            let promised = PromisedFile {
                number: claim.number,
                rows: file.rows,
                bytes: None,
                sha256: None,
                keeps_duplicates: claim.options.keep_duplicates,
                is_due: false,
            };
            self.files_of(claim)
                .insert((file.date, file.name.clone()), promised);
        }
        if let Some(rejects) = claim.rejects() {
            let promised = PromisedRejects {
                records: rejects.records,
                receipt: None,
                is_due: false,
            };
            self.rejects.insert(rejects.key.clone(), promised);
        }
    }
}

impl Promises {
    /// Where the files of a claim belong.
    fn files_of(&mut self, claim: &Claim) -> &mut BTreeMap<(Date, String), PromisedFile> {
        match claim.replaced() {
            None => &mut self.files,
            Some(_) => &mut self.merged,
        }
    }

    fn add_replaced(&mut self, claim: &Claim, has_gone: bool) {
        for input in claim.replaced().unwrap_or_default() {
            let file = (input.date, input.name.clone());
            self.replaced.insert(file, has_gone);
        }
    }
}

/// Checks a lane's documents; gives what those of the range promise.
pub(super) async fn check_documents(
    verifier: &Verifier,
    lane: &Lane,
    inventory: &Inventory,
) -> Result<Promises, Failure> {
    let documents = Documents {
        verifier,
        lane,
        inventory,
    };
    documents.strays();
    documents.gaps();
    let days = verifier.options.scope.days;
    let numbers = inventory.claims.keys().chain(inventory.receipts.keys());
    let numbers: BTreeSet<ClaimNumber> = numbers.copied().collect();
    let asked = numbers.into_iter().filter(|number| {
        let receipts = inventory.receipts.get(number);
        receipts.is_none_or(|receipts| receipts.iter().any(|receipt| receipt.touches(days)))
    });
    let mut promises = Promises::default();
    let mut reading = stream::iter(asked)
        .map(async |number| documents.read(number).await)
        .buffered(CONCURRENT_READS);
    while let Some(read) = reading.try_next().await? {
        read.add_to(&mut promises);
    }
    Ok(promises)
}

/// Adds what the documents of further claims promise.
pub(super) async fn add_promises(
    verifier: &Verifier,
    lane: &Lane,
    inventory: &Inventory,
    promises: &mut Promises,
    numbers: BTreeSet<ClaimNumber>,
) -> Result<(), Failure> {
    let documents = Documents {
        verifier,
        lane,
        inventory,
    };
    let mut reading = stream::iter(numbers)
        .map(async |number| documents.read(number).await)
        .buffered(CONCURRENT_READS);
    while let Some(read) = reading.try_next().await? {
        read.add_to(promises);
    }
    Ok(())
}

/// What the documents of one claim say.
enum Read {
    Receipt(Box<Receipt>),
    Claim(Box<Claim>),
    Nothing,
}

impl Read {
    fn add_to(&self, promises: &mut Promises) {
        match self {
            Self::Receipt(receipt) => promises.add_receipt(receipt),
            Self::Claim(claim) => promises.add_claim(claim),
            Self::Nothing => {}
        }
    }
}

struct Documents<'d> {
    verifier: &'d Verifier,
    lane: &'d Lane,
    inventory: &'d Inventory,
}

impl Documents<'_> {
    fn find(&self, kind: FindingKind, key: &str, expected: &str, found: impl Into<String>) {
        self.verifier.find(Finding {
            lane: Some(self.lane.clone()),
            date: None,
            url: self.verifier.destination.url(key),
            kind,
            expected: expected.to_owned(),
            found: found.into(),
        });
    }

    fn strays(&self) {
        for key in &self.inventory.strays {
            let expected = "claims and receipts alone";
            self.find(FindingKind::StrayDocument, key, expected, "another object");
        }
    }

    /// Claims have all numbers from 1 to the highest of any document.
    fn gaps(&self) {
        let mut expected = Some(ClaimNumber::FIRST);
        let last = self.inventory.last();
        let beyond = last.and_then(ClaimNumber::next);
        for &number in self.inventory.claims.keys().chain(&beyond) {
            if let Some(missing) = expected.filter(|missing| *missing < number) {
                let key = Claim::key_of(self.lane, missing);
                let count = number.get() - missing.get();
                let found = format!("{count} claims from this number on are gone");
                let kind = FindingKind::MissingDocument;
                self.find(kind, &key, "a claim of each number", found);
            }
            expected = number.next();
        }
    }

    async fn read(&self, number: ClaimNumber) -> Result<Read, Failure> {
        let claim = match self.inventory.claims.get(&number) {
            Some(key) => self.claim(key).await?,
            None => None,
        };
        let receipts = self
            .inventory
            .receipts
            .get(&number)
            .map_or(&[][..], Vec::as_slice);
        if let [_, more @ ..] = receipts {
            for receipt in more {
                let (kind, expected) = (FindingKind::DoubledDocument, "one receipt a claim");
                self.find(kind, &receipt.key, expected, "another receipt");
            }
        }
        let receipt = match receipts.first() {
            Some(listed) => self.receipt(listed).await?,
            None => {
                self.without_receipt(number, claim.as_ref());
                None
            }
        };
        if let (Some(claim), Some(receipt)) = (&claim, &receipt)
            && *claim != receipt.claim
        {
            let (kind, key) = (FindingKind::DifferentDocuments, receipt.claim.receipt_key());
            self.find(kind, &key, "what its claim says", "another claim");
        }
        Ok(match (receipt, claim) {
            (Some(receipt), _) => {
                self.check_sums(&receipt);
                Read::Receipt(Box::new(receipt))
            }
            (None, Some(claim)) => Read::Claim(Box::new(claim)),
            (None, None) => Read::Nothing,
        })
    }

    fn without_receipt(&self, number: ClaimNumber, claim: Option<&Claim>) {
        let claim_key = Claim::key_of(self.lane, number);
        let key = claim.map_or(claim_key, Claim::receipt_key);
        match self.inventory.last() == Some(number) {
            true => self.find(FindingKind::OpenClaim, &key, "a receipt", "an open claim"),
            false => {
                let kind = FindingKind::MissingDocument;
                self.find(kind, &key, "a receipt of each claim", "none");
            }
        }
    }

    async fn claim(&self, key: &str) -> Result<Option<Claim>, Failure> {
        match read_claim(&self.verifier.destination, key).await {
            Ok(claim) => {
                self.verifier.report().documents += 1;
                Ok(Some(claim))
            }
            Err(error) => self
                .verifier
                .failed_document(self.lane, key, error)
                .map(|()| None),
        }
    }

    async fn receipt(&self, listed: &ListedReceipt) -> Result<Option<Receipt>, Failure> {
        match read_receipt(&self.verifier.destination, &listed.key).await {
            Ok(receipt) => {
                self.verifier.report().documents += 1;
                Ok(Some(receipt))
            }
            Err(error) => self
                .verifier
                .failed_document(self.lane, &listed.key, error)
                .map(|()| None),
        }
    }

    /// What was written is what was claimed, and every record read is accounted for.
    fn check_sums(&self, receipt: &Receipt) {
        if !receipt.lost.is_empty() {
            return;
        }
        let claim = &receipt.claim;
        let claimed = claim
            .files
            .iter()
            .map(|file| (file.date, &file.name, file.rows));
        let written = receipt
            .written
            .iter()
            .map(|file| (file.date, &file.name, file.rows));
        let read: u64 = claim
            .objects()
            .iter()
            .map(|object| object.outcome.records())
            .sum();
        let is_conserved = match claim.work {
            Work::Convert(_) => read == claim.records(),
            Work::RetryRejects(_) => claim.retried() == claim.records(),
            Work::Compact(_) | Work::Sort(_) | Work::SortByTime(_) | Work::Rewrite(_) => {
                replaced_rows(claim) == claim.rows()
            }
            Work::Expire(_) => claim.files.is_empty(),
        };
        if !claimed.eq(written) || !is_conserved {
            let expected = match claim.replaced() {
                None => format!(
                    "{} records as rows, duplicates and rejects",
                    claim.records()
                ),
                Some(_) => format!("files with the {} rows of others", replaced_rows(claim)),
            };
            let (kind, key) = (FindingKind::DifferentDocuments, claim.receipt_key());
            self.find(kind, &key, &expected, "other files, or other sums");
        }
    }
}

/// Rows of the files that a claim replaces.
fn replaced_rows(claim: &Claim) -> u64 {
    let inputs = claim.replaced().unwrap_or_default().iter();
    inputs.map(|input| input.rows).sum()
}
