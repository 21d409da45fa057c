//! What a verification is asked, and what all its lanes share.

use super::digests::DigestOptions;
use super::finding::{Finding, FindingKind};
use super::report::Report;
use crate::failure::{Failure, Waiting};
use crate::lane::Lane;
use crate::ledger::LedgerError;
use crate::monitor::{Monitor, Progress};
use crate::scope::Scope;
use crate::store::{ErrorKind, Store, StoreError};
use crate::table::Schema;
use crate::work::{Budget, Cpu};
use jiff::civil::Date;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How much is looked at; each level does what those before it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Documents, their numbers, receipts against listings.
    Ledger,
    /// Footers and row counts against receipts.
    Files,
    /// Every byte of the files, and every row.
    Rows,
    /// Raw objects against rows and rejects.
    Raw,
}

/// What a verification is asked.
#[derive(Debug, Clone)]
pub struct VerifyOptions {
    /// How much is looked at.
    pub level: Level,
    /// Which lanes, and which delivery days: the receipts of those days, the partitions that
    /// they wrote into, and the raw objects delivered then.
    pub scope: Scope,
    /// Threads for hashing, decoding and parsing.
    pub threads: usize,
    /// Bytes that what is under way may take together.
    pub memory: u64,
    /// Whether raw objects are checked against CloudTrail's digests, and how.
    pub digests: Option<DigestOptions>,
}

/// What all lanes of a verification share.
pub(super) struct Verifier {
    pub(super) destination: Store,
    pub(super) options: VerifyOptions,
    pub(super) schema: Arc<Schema>,
    pub(super) cpu: Cpu,
    pub(super) budget: Budget,
    pub(super) monitor: Arc<dyn Monitor>,
    pub(super) report: Mutex<Report>,
}

impl Verifier {
    /// The same with nothing found yet.
    pub(super) fn with_report_of_its_own(&self) -> Self {
        Self {
            destination: self.destination.clone(),
            options: self.options.clone(),
            schema: Arc::clone(&self.schema),
            cpu: self.cpu.clone(),
            budget: self.budget.clone(),
            monitor: Arc::clone(&self.monitor),
            report: Mutex::default(),
        }
    }

    pub(super) fn into_report(self) -> Report {
        let report = self.report.into_inner();
        report.unwrap_or_else(PoisonError::into_inner)
    }

    /// The report so far.
    pub(super) fn report(&self) -> MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a finding, and tells of it.
    pub(super) fn find(&self, finding: Finding) {
        let (code, url) = (finding.kind.code(), &finding.url);
        self.monitor
            .report(Progress::Note(format!("{code}: {url}")));
        self.report().add(finding);
    }

    /// What a failed look at one thing of the table means: a finding, or the end of the run.
    pub(super) fn failed(
        &self,
        (lane, date): (&Lane, Option<Date>),
        url: String,
        failure: Failure,
    ) -> Result<(), Failure> {
        let (kind, found) = match failure {
            Failure::Waiting(Waiting::Store(error)) | Failure::Store(error) => (
                kind_of(&error).ok_or(Failure::Store(error.clone()))?,
                error.to_string(),
            ),
            Failure::Waiting(Waiting::DamagedFile { why, .. }) => (FindingKind::DamagedFile, why),
            Failure::Waiting(waiting) => (FindingKind::DamagedDocument, waiting.to_string()),
            failure => return Err(failure),
        };
        self.find(Finding {
            lane: Some(lane.clone()),
            date,
            url,
            kind,
            expected: "it can be read".to_owned(),
            found,
        });
        Ok(())
    }

    /// The same of an object that may be told of already.
    pub(super) fn failed_unless_told(
        &self,
        place: (&Lane, Option<Date>),
        url: String,
        error: StoreError,
    ) -> Result<(), Failure> {
        let is_told = self.report().findings.iter().any(|told| told.url == url);
        match is_told {
            true => Ok(()),
            false => self.failed(place, url, Failure::Store(error)),
        }
    }

    /// The same of a document of the ledger.
    pub(super) fn failed_document(
        &self,
        lane: &Lane,
        key: &str,
        error: LedgerError,
    ) -> Result<(), Failure> {
        let url = self.destination.url(key);
        let kind = match &error {
            LedgerError::Store(error) => {
                return self.failed((lane, None), url, Failure::Store(error.clone()));
            }
            LedgerError::Newer { .. } => FindingKind::NewerDocument,
            error if error.is_of_one_lane() => FindingKind::DamagedDocument,
            _ => return Err(Failure::of_all_lanes(error)),
        };
        self.find(Finding {
            lane: Some(lane.clone()),
            date: None,
            url,
            kind,
            expected: "the document that was written".to_owned(),
            found: error.to_string(),
        });
        Ok(())
    }
}

/// The kind of finding that a store's error is, if it is about one object.
fn kind_of(error: &StoreError) -> Option<FindingKind> {
    match error.kind {
        ErrorKind::Fatal | ErrorKind::Transient => None,
        ErrorKind::NotFound => Some(FindingKind::MissingFile),
        ErrorKind::Changed => Some(FindingKind::AlteredFile),
        ErrorKind::Denied | ErrorKind::Archived | ErrorKind::Other => Some(FindingKind::Unreadable),
    }
}
