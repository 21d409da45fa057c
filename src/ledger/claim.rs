//! The ledger's documents and their names.

use super::object::ClaimedObject;
use crate::table::Lane;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The ledger format that this program writes and reads.
pub const FORMAT: u32 = 1;

/// The delivery month of a batch; objects whose key names no day have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Month {
    /// Year and month of the delivery day.
    Of(i16, i8),
    /// The key names no delivery day.
    Undated,
}

impl Month {
    /// The month of a delivery day.
    pub fn of(day: Date) -> Self {
        Self::Of(day.year(), day.month())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(year, month) => write!(f, "{year:04}-{month:02}"),
            Self::Undated => f.write_str("undated"),
        }
    }
}

/// The options that decide which rows a batch gives. They are those of whoever claimed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowOptions {
    /// Keep repeated events.
    pub keep_duplicates: bool,
    /// Largest uncompressed object read, in bytes.
    pub max_object_bytes: u64,
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

/// A claim fixes the outcome of one batch before anything of it is visible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Ledger format, [`FORMAT`].
    pub format: u32,
    /// The lane.
    pub lane: Lane,
    /// Its place in the lane's log, from 1.
    pub number: u64,
    /// Random, so that a worker knows its own claim again.
    pub id: String,
    /// Version of the program that claimed.
    pub program: String,
    /// Fingerprint of the columns that it had.
    pub schema: String,
    /// The options that decide the rows.
    pub options: RowOptions,
    /// The root that the run read from; `sourcefile` is local paths relative to it.
    pub source: String,
    /// When the batch was read: bounds event times of objects without a delivery time.
    pub read_at: Timestamp,
    /// First and last delivery day; none where keys name no day.
    pub days: Option<(Date, Date)>,
    /// The raw objects, in delivery order.
    pub objects: Vec<ClaimedObject>,
    /// The Parquet objects to be written, by date.
    pub files: Vec<ClaimedFile>,
    /// The rejects object to be written, if any.
    pub rejects: Option<ClaimedRejects>,
    /// Records left out because an equal one stays.
    pub duplicates: u64,
    /// Rows whose own region is not the lane's.
    pub other_region_rows: u64,
}

impl Claim {
    /// The delivery month of its receipt.
    pub fn month(&self) -> Month {
        self.days
            .map_or(Month::Undated, |(first, _)| Month::of(first))
    }

    /// The key of the claim.
    pub fn key(&self) -> String {
        format!("{}{:012}", log_folder(&self.lane), self.number)
    }

    /// The key of its receipt.
    pub fn receipt_key(&self) -> String {
        let folder = month_folder(&self.lane, self.month());
        let number = self.number;
        match self.days {
            Some((first, last)) => {
                let (first, last) = (first.strftime("%Y%m%d"), last.strftime("%Y%m%d"));
                format!("{folder}{number:012}.{first}-{last}")
            }
            None => format!("{folder}{number:012}.undated"),
        }
    }

    /// Records of the batch, rejects and duplicates included.
    pub fn records(&self) -> u64 {
        let rows: u64 = self.files.iter().map(|file| file.rows).sum();
        rows + self.duplicates + self.rejects.as_ref().map_or(0, |rejects| rejects.records)
    }
}

/// A Parquet object as it stands in the destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReceipt {
    /// The file as claimed.
    #[serde(flatten)]
    pub file: ClaimedFile,
    /// Its size in bytes.
    pub bytes: u64,
}

/// A receipt says that all that its claim promised is visible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The claim's content.
    pub claim: Claim,
    /// What was written.
    pub written: Vec<FileReceipt>,
    /// Version of the program that wrote.
    pub program: String,
    /// Fingerprint of the columns that it had.
    pub schema: String,
    /// Addresses of objects that were given up: their records are lost for good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
}

/// The folder of a lane's ledger.
pub(super) fn lane_folder(lane: &Lane) -> String {
    format!("{}{}/{}/", super::FOLDER, lane.account, lane.region)
}

/// The folder of a lane's claims.
pub(super) fn log_folder(lane: &Lane) -> String {
    format!("{}log/", lane_folder(lane))
}

/// The folder of a lane's receipts of one delivery month.
pub(super) fn month_folder(lane: &Lane, month: Month) -> String {
    format!("{}{month}/", lane_folder(lane))
}

/// The number of a claim or receipt, from its key.
pub(super) fn number_of(key: &str) -> Option<u64> {
    let name = key.rsplit('/').next()?;
    name.split('.').next()?.parse().ok()
}

/// The delivery days of a receipt, from its key; none for an undated one.
pub(super) fn days_of(key: &str) -> Option<(Date, Date)> {
    let days = key.rsplit('/').next()?.split_once('.')?.1;
    let (first, last) = days.split_once('-')?;
    let parse = |text| Date::strptime("%Y%m%d", text).ok();
    Some((parse(first)?, parse(last)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_receipt_key_tells_its_number_and_days() {
        let key = "_ledger/111122223333/us-east-1/2024-05/000000000042.20240501-20240517";
        assert_eq!(number_of(key), Some(42));
        assert_eq!(days_of(key), Some((date(2024, 5, 1), date(2024, 5, 17))));
        assert_eq!(days_of("_ledger/a/b/undated/000000000001.undated"), None);
    }
}
