//! What is not as it should be.

use crate::digests::FaultKind;
use crate::lane::Lane;
use jiff::civil::Date;

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingKind {
    /// A document of the ledger is gone.
    MissingDocument,
    /// A document of the ledger is not what was written.
    DamagedDocument,
    /// A document of the ledger says that a newer program wrote it.
    NewerDocument,
    /// Something in the ledger is no document of it.
    StrayDocument,
    /// A claim has several receipts.
    DoubledDocument,
    /// A claim and its receipt do not agree.
    DifferentDocuments,
    /// A claim has no receipt yet.
    OpenClaim,
    /// A file or rejects object that a receipt promises is gone.
    MissingFile,
    /// Something in the table that no receipt promises.
    ForeignFile,
    /// A file or rejects object is not the one that was written.
    AlteredFile,
    /// A file or rejects object cannot be read.
    DamagedFile,
    /// Rows that do not stand under their own date.
    WrongDate,
    /// A row that is there twice.
    DoubledRow,
    /// A row that no raw record gave.
    ForeignRow,
    /// A raw record that is no row, duplicate or reject.
    MissingRecord,
    /// A raw object that the ledger has not settled.
    NotConverted,
    /// A raw object that is not what was converted, though its version says so.
    AlteredRaw,
    /// A raw object is not what CloudTrail delivered, as a digest tells.
    ChangedLog,
    /// A raw object that a digest lists is gone.
    MissingLog,
    /// A raw object that no proven digest lists.
    UncoveredLog,
    /// Something is wrong with a digest, or between two of them.
    Digest(FaultKind),
    /// A lane has raw objects and no digest.
    NoDigests,
    /// Something that may not be read.
    Unreadable,
}

impl FindingKind {
    /// A code for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::MissingDocument => "missing_document",
            Self::DamagedDocument => "damaged_document",
            Self::NewerDocument => "newer_document",
            Self::StrayDocument => "stray_document",
            Self::DoubledDocument => "doubled_document",
            Self::DifferentDocuments => "different_documents",
            Self::OpenClaim => "open_claim",
            Self::MissingFile => "missing_file",
            Self::ForeignFile => "foreign_file",
            Self::AlteredFile => "altered_file",
            Self::DamagedFile => "damaged_file",
            Self::WrongDate => "wrong_date",
            Self::DoubledRow => "doubled_row",
            Self::ForeignRow => "foreign_row",
            Self::MissingRecord => "missing_record",
            Self::NotConverted => "not_converted",
            Self::AlteredRaw => "altered_raw",
            Self::ChangedLog => "changed_log",
            Self::MissingLog => "missing_log",
            Self::UncoveredLog => "uncovered_log",
            Self::Digest(fault) => fault.code(),
            Self::NoDigests => "no_digests",
            Self::Unreadable => "unreadable",
        }
    }

    /// What to do about it.
    pub fn what_to_do(self) -> &'static str {
        match self {
            Self::MissingDocument
            | Self::DamagedDocument
            | Self::DifferentDocuments
            | Self::MissingFile
            | Self::AlteredFile
            | Self::DamagedFile => "restore it from a backup or an older version of the object",
            Self::StrayDocument | Self::DoubledDocument | Self::ForeignFile => {
                "move it out of the table"
            }
            Self::NewerDocument => {
                "verify with the newest version that was used; if that is this one, restore it"
            }
            Self::OpenClaim => {
                "run convert, which finishes it; if it was finished, its receipt is gone: restore it"
            }
            Self::WrongDate | Self::DoubledRow | Self::ForeignRow | Self::MissingRecord => {
                "keep the file and report this: the table is not what the raw logs give"
            }
            Self::NotConverted => "run convert",
            Self::AlteredRaw => "restore the raw object from a backup, and find out who changed it",
            Self::ChangedLog | Self::MissingLog => {
                "restore it from an older version of the object or a backup, and find out who changed it"
            }
            Self::UncoveredLog => {
                "find out where it comes from: CloudTrail's signed lists do not name it"
            }
            Self::Digest(fault) => fault.what_to_do(),
            Self::NoDigests => {
                "turn log file validation on, or name a source that holds CloudTrail-Digest too"
            }
            Self::Unreadable => "allow this program to read it",
        }
    }
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The lane, if it is of one.
    pub lane: Option<Lane>,
    /// The event date of its partition, or the delivery day of a raw object.
    pub date: Option<Date>,
    /// Where it is.
    pub url: String,
    /// What kind of thing.
    pub kind: FindingKind,
    /// What should be.
    pub expected: String,
    /// What is.
    pub found: String,
}
