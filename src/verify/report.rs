//! What was looked at, and what was found.

use super::digest_report::LaneDigestReport;
use super::finding::Finding;

/// Findings that are kept; a table that was copied wrongly has millions.
const FINDINGS: usize = 10_000;

/// What was looked at, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Lanes.
    pub lanes: u64,
    /// Documents of the ledger that were read.
    pub documents: u64,
    /// Files that were listed.
    pub files: u64,
    /// Their bytes.
    pub file_bytes: u64,
    /// Rows of the files that were looked into.
    pub rows: u64,
    /// Raw objects that were compared.
    pub raw_objects: u64,
    /// Their bytes, uncompressed.
    pub raw_uncompressed_bytes: u64,
    /// Their records.
    pub raw_records: u64,
    /// Raw objects that were converted and are not there any more, or were replaced.
    pub raw_gone: u64,
    /// Log files and digests by lane, if they were asked for.
    pub digests: Vec<LaneDigestReport>,
    /// By lane and date.
    pub findings: Vec<Finding>,
    /// Findings that are only counted.
    pub findings_left_off: u64,
}

impl Report {
    /// Adds what another has counted and found.
    pub(super) fn absorb(&mut self, other: Self) {
        let Self {
            lanes,
            documents,
            files,
            file_bytes,
            rows,
            raw_objects,
            raw_uncompressed_bytes,
            raw_records,
            raw_gone,
            digests,
            findings,
            findings_left_off,
        } = other;
        self.lanes += lanes;
        self.documents += documents;
        self.files += files;
        self.file_bytes += file_bytes;
        self.rows += rows;
        self.raw_objects += raw_objects;
        self.raw_uncompressed_bytes += raw_uncompressed_bytes;
        self.raw_records += raw_records;
        self.raw_gone += raw_gone;
        self.digests.extend(digests);
        self.findings_left_off += findings_left_off;
        for finding in findings {
            self.add(finding);
        }
    }

    /// Adds a finding.
    pub(super) fn add(&mut self, finding: Finding) {
        match self.findings.len() < FINDINGS {
            true => self.findings.push(finding),
            false => self.findings_left_off += 1,
        }
    }
}
