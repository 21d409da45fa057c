//! Claims and receipts.

use super::names::{ClaimNumber, Month, Period, ReceiptName, log_folder, month_folder};
use super::object::ClaimedObject;
use crate::cloudtrail::{Sha256, UnwrapPath};
use crate::lane::{Account, Lane};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// The options that decide which rows a batch gives. They are those of whoever claimed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowOptions {
    /// Keep repeated events.
    pub keep_duplicates: bool,
    /// Largest uncompressed object read, in bytes.
    pub max_object_bytes: u64,
    /// The account of records that name none, where their key does not either; without it they are
    /// of account 000000000000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_of_unknown: Option<Account>,
    /// Events of earlier dates give no rows: their partitions were removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired_before: Option<Date>,
    /// Where events stand in what the rules do not know. Claims of the first programs of this
    /// format lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unwrap: Option<UnwrapPath>,
}

/// How an object was read whose key names no lane: which records were found in it, and which lanes
/// they are of. It is one for all of the object's lanes.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reading {
    /// Where events stand in what the rules do not know.
    pub unwrap: Option<UnwrapPath>,
    /// The account of records that name none.
    pub account_of_unknown: Option<Account>,
}

impl RowOptions {
    /// How raw objects are read whose key names no lane.
    pub fn reading(&self) -> Reading {
        Reading {
            unwrap: self.unwrap.clone(),
            account_of_unknown: self.account_of_unknown,
        }
    }

    /// The same with objects read so.
    pub(crate) fn read_by(self, reading: &Reading) -> Self {
        Self {
            unwrap: reading.unwrap.clone(),
            account_of_unknown: reading.account_of_unknown,
            ..self
        }
    }

    /// Those of work that reads no raw objects: whether the rows of its files may repeat others.
    pub(crate) fn of_files(keep_duplicates: bool) -> Self {
        Self {
            keep_duplicates,
            max_object_bytes: 0,
            account_of_unknown: None,
            expired_before: None,
            unwrap: None,
        }
    }
}

/// One Parquet object that a claim promises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimedFile {
    /// Event date of its partition.
    pub date: Date,
    /// Name inside the partition's folder.
    pub name: String,
    /// Rows in it.
    pub rows: u64,
}

/// The rejects object that a claim promises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimedRejects {
    /// Key below the destination.
    pub key: String,
    /// Records in it.
    pub records: u64,
}

/// Instead of a fingerprint: rows were made with several sets of columns.
pub const MIXED: &str = "mixed";

/// A claim fixes the outcome of one piece of work before anything of it is visible: an
/// envelope, which is the same for all work, and the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Ledger format, [`super::FORMAT`].
    pub format: u32,
    /// The lane.
    pub lane: Lane,
    /// Its place in the lane's log.
    pub number: ClaimNumber,
    /// Random, so that a worker knows its own claim again.
    pub id: String,
    /// Version of the program that claimed.
    pub program: String,
    /// Fingerprint of the columns that its rows were made with; of files that were merged, that of
    /// all of them, or [`MIXED`].
    pub schema: String,
    /// The options that decide the rows.
    pub options: RowOptions,
    /// The Parquet objects to be written, by date.
    pub files: Vec<ClaimedFile>,
    /// What is done.
    pub work: Work,
}

/// What a claim does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Raw objects become rows and rejects.
    Convert(Convert),
    /// Rejects are judged again, and some become rows.
    RetryRejects(RetryRejects),
    /// Files are merged: their rows stand in the files to be written.
    Compact(Compact),
    /// Files are merged into several of a date, the rows of each after those of the one before: by
    /// eventsource, eventname, useridentity_arn and eventtimestamp, NULL first, then in the order of
    /// the files.
    #[serde(rename = "sort_by_identity")]
    Sort(Compact),
    /// The same without useridentity_arn: such claims are finished, and not made any more.
    #[serde(rename = "sort")]
    SortByTime(Compact),
    /// The columns of files are made anew from their records: the rows stand in the files to be
    /// written.
    Rewrite(Rewrite),
    /// Files are removed, and nothing stands for them.
    Expire(Expire),
}

/// Raw objects of one batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Convert {
    /// The root that the run read from; `sourcefile` is local paths relative to it.
    pub source: String,
    /// When the batch was read: bounds event times of objects without a delivery time.
    pub read_at: Timestamp,
    /// First and last delivery day; none where keys name no day.
    pub days: Option<(Date, Date)>,
    /// The raw objects, in delivery order.
    pub objects: Vec<ClaimedObject>,
    /// The rejects object to be written, if any.
    pub rejects: Option<ClaimedRejects>,
    /// Records left out because an equal one stays.
    pub duplicates: u64,
    /// Rows whose own region is not the lane's.
    pub other_region_rows: u64,
    /// Records left out because their partitions were removed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub expired: u64,
}

/// Rejects that become rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryRejects {
    /// The time that bounds event times of records without a delivery time.
    pub read_at: Timestamp,
    /// From which rejects objects.
    pub rejects: Vec<RetriedRejects>,
    /// Records left out because an equal one stays.
    pub duplicates: u64,
    /// Rows whose own region is not the lane's.
    pub other_region_rows: u64,
    /// Records left out because their partitions were removed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub expired: u64,
}

/// Serde asks by reference.
#[expect(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Files that are merged: those to be written have all of their rows, date by date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compact {
    /// The files that go, by date and claim.
    pub inputs: Vec<ReplacedFile>,
}

/// Files whose columns are made anew: those to be written have all of their rows, date by date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewrite {
    /// The files that go, by date and claim.
    pub inputs: Vec<ReplacedFile>,
}

/// Files of old events that go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expire {
    /// Events of earlier dates go.
    pub before: Date,
    /// The files that go, by date and claim.
    pub inputs: Vec<ReplacedFile>,
}

/// A file that goes, as its receipt has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacedFile {
    /// Event date of its partition.
    pub date: Date,
    /// Name inside the partition's folder.
    pub name: String,
    /// Rows in it.
    pub rows: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// Of its bytes, if its receipt says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
}

/// The records of one rejects object that are rejects no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetriedRejects {
    /// Key below the destination.
    pub key: String,
    /// Their lines, from 0, ascending.
    pub lines: Vec<u32>,
}

impl Claim {
    /// The key of the claim.
    pub fn key(&self) -> String {
        Self::key_of(&self.lane, self.number)
    }

    /// The key of a claim of this number.
    pub(crate) fn key_of(lane: &Lane, number: ClaimNumber) -> String {
        format!("{}{number}", log_folder(lane))
    }

    /// The key of its receipt.
    pub fn receipt_key(&self) -> String {
        let name = ReceiptName {
            number: self.number,
            period: self.period(),
        };
        format!("{}{name}", month_folder(&self.lane, self.month()))
    }

    /// The folder of its receipt.
    pub fn month(&self) -> Month {
        self.period().month()
    }

    fn period(&self) -> Period {
        match &self.work {
            Work::Convert(Convert {
                days: Some((first, last)),
                ..
            }) => Period::Days(*first, *last),
            Work::Convert(_) | Work::RetryRejects(_) => Period::Undated,
            Work::Compact(_) | Work::Sort(_) | Work::SortByTime(_) | Work::Rewrite(_) => {
                Period::Upkeep {
                    expired_before: None,
                }
            }
            Work::Expire(expire) => Period::Upkeep {
                expired_before: Some(expire.before),
            },
        }
    }

    /// The files that go, if its work replaces or removes some.
    pub fn replaced(&self) -> Option<&[ReplacedFile]> {
        match &self.work {
            Work::Convert(_) | Work::RetryRejects(_) => None,
            Work::Compact(compact) | Work::Sort(compact) | Work::SortByTime(compact) => {
                Some(&compact.inputs)
            }
            Work::Rewrite(rewrite) => Some(&rewrite.inputs),
            Work::Expire(expire) => Some(&expire.inputs),
        }
    }

    /// The raw objects, if its work has some.
    pub fn objects(&self) -> &[ClaimedObject] {
        match &self.work {
            Work::Convert(convert) => &convert.objects,
            Work::RetryRejects(_)
            | Work::Compact(_)
            | Work::Sort(_)
            | Work::SortByTime(_)
            | Work::Rewrite(_)
            | Work::Expire(_) => &[],
        }
    }

    /// The rejects object to be written, if any.
    pub fn rejects(&self) -> Option<&ClaimedRejects> {
        match &self.work {
            Work::Convert(convert) => convert.rejects.as_ref(),
            Work::RetryRejects(_)
            | Work::Compact(_)
            | Work::Sort(_)
            | Work::SortByTime(_)
            | Work::Rewrite(_)
            | Work::Expire(_) => None,
        }
    }

    /// Rows in its files.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Records left out because an equal one stays.
    pub fn duplicates(&self) -> u64 {
        match &self.work {
            Work::Convert(convert) => convert.duplicates,
            Work::RetryRejects(retry) => retry.duplicates,
            Work::Compact(_)
            | Work::Sort(_)
            | Work::SortByTime(_)
            | Work::Rewrite(_)
            | Work::Expire(_) => 0,
        }
    }

    /// Rows whose own region is not the lane's.
    pub fn other_region_rows(&self) -> u64 {
        match &self.work {
            Work::Convert(convert) => convert.other_region_rows,
            Work::RetryRejects(retry) => retry.other_region_rows,
            Work::Compact(_)
            | Work::Sort(_)
            | Work::SortByTime(_)
            | Work::Rewrite(_)
            | Work::Expire(_) => 0,
        }
    }

    /// Rejects that it adds.
    pub fn rejected(&self) -> u64 {
        self.rejects().map_or(0, |rejects| rejects.records)
    }

    /// Rejects that become rows or duplicates by it.
    pub fn retried(&self) -> u64 {
        match &self.work {
            Work::Convert(_)
            | Work::Compact(_)
            | Work::Sort(_)
            | Work::SortByTime(_)
            | Work::Rewrite(_)
            | Work::Expire(_) => 0,
            Work::RetryRejects(retry) => {
                let lines = retry.rejects.iter().map(|rejects| rejects.lines.len());
                lines.sum::<usize>() as u64
            }
        }
    }

    /// Records left out because their partitions were removed.
    pub fn expired(&self) -> u64 {
        match &self.work {
            Work::Convert(convert) => convert.expired,
            Work::RetryRejects(retry) => retry.expired,
            Work::Compact(_)
            | Work::Sort(_)
            | Work::SortByTime(_)
            | Work::Rewrite(_)
            | Work::Expire(_) => 0,
        }
    }

    /// Records that it accounts for: as rows, duplicates, rejects, or expired.
    pub fn records(&self) -> u64 {
        self.rows() + self.duplicates() + self.rejected() + self.expired()
    }
}

/// A Parquet object as it stands in the destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReceipt {
    /// Event date of its partition.
    pub date: Date,
    /// Name inside the partition's folder.
    pub name: String,
    /// Rows in it.
    pub rows: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// Of its bytes. Receipts of the first programs of this format lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
}

/// The rejects object as it stands in the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectsReceipt {
    /// Its size in bytes.
    pub bytes: u64,
    /// Of its bytes.
    pub sha256: Sha256,
}

/// A receipt says that all that its claim promised is visible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Ledger format, [`super::FORMAT`].
    pub format: u32,
    /// The claim's content.
    pub claim: Claim,
    /// What was written.
    pub written: Vec<FileReceipt>,
    /// The rejects object, if one was written. Receipts of the first programs of this format
    /// lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejects: Option<RejectsReceipt>,
    /// Version of the program that wrote.
    pub program: String,
    /// Fingerprint of the columns that it had.
    pub schema: String,
    /// Addresses of objects that were given up: their records are lost for good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
}
