//! The unit of work, memory, retry and commit.

use super::decode::Decoded;
use super::list::RawObject;
use crate::cloudtrail::{Left, LeftOut, Sha256};
use crate::lane::{Account, Lane};
use crate::ledger::{Cause, ClaimedObject, Converted, DigestState, Outcome, Reading};
use crate::table::ObjectRows;
use crate::work::Share;
use jiff::{Timestamp, civil::Date};
use std::collections::{BTreeMap, btree_map::Entry};
use std::sync::Arc;

/// Pending raw objects that were read together: of one lane, or of none as yet.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Its objects, in delivery order.
    pub(crate) objects: Vec<BatchObject>,
    /// First and last delivery day; none for objects whose key names no day.
    pub(crate) days: Option<(Date, Date)>,
    /// When it was read.
    pub(crate) read_at: Timestamp,
    /// What the lane's receipts said when its objects were listed.
    pub(crate) converted: Arc<Converted>,
    /// How its objects were read.
    pub(crate) reading: Reading,
    /// The memory it holds.
    pub(crate) share: Option<Share>,
}

/// One object of a batch.
#[derive(Debug, Clone)]
pub(crate) struct BatchObject {
    pub(crate) object: RawObject,
    pub(crate) content: Content,
    /// Every lane that the records name, where the key names none.
    pub(crate) lanes: Vec<Lane>,
    /// What CloudTrail's digests say of it, if they are asked.
    pub(crate) digest: Option<DigestState>,
}

/// What reading an object gave for the batch's lane.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Rows(LaneRows),
    /// It was converted before, elsewhere.
    Known(Sha256),
    /// The bytes of another object: its records are duplicates.
    Copy {
        sha256: Sha256,
        uncompressed_bytes: u64,
        records: u64,
    },
    Unread {
        cause: Cause,
        accepted: bool,
    },
}

/// The rows and rejects of one object that are the lane's.
#[derive(Debug, Clone)]
pub(crate) struct LaneRows {
    pub(crate) rows: Arc<ObjectRows>,
    pub(crate) row_indexes: Vec<u32>,
    pub(crate) reject_indexes: Vec<u32>,
    pub(crate) sha256: Sha256,
    pub(crate) uncompressed_bytes: u64,
    /// What stands in the object besides and is no record.
    pub(crate) left: LeftOut,
    /// Whether another path might find other records in the object.
    pub(crate) depends_on_path: bool,
}

impl LaneRows {
    /// All that was decoded.
    pub(crate) fn all(decoded: Decoded) -> Self {
        let rejects = decoded.rows.rejects().len();
        Self {
            row_indexes: (0..decoded.rows.len() as u32).collect(),
            reject_indexes: (0..rejects as u32).collect(),
            sha256: decoded.sha256,
            uncompressed_bytes: decoded.uncompressed_bytes,
            left: decoded.left,
            depends_on_path: decoded.depends_on_path,
            rows: Arc::new(decoded.rows),
        }
    }

    /// None of them.
    fn nothing(self) -> Self {
        Self {
            row_indexes: Vec::new(),
            reject_indexes: Vec::new(),
            ..self
        }
    }

    /// Adds others of the same object.
    fn add(&mut self, others: Self) {
        self.row_indexes.extend(others.row_indexes);
        self.row_indexes.sort_unstable();
        self.reject_indexes.extend(others.reject_indexes);
        self.reject_indexes.sort_unstable();
    }

    /// Records of the lane, rejects included.
    pub(crate) fn records(&self) -> u64 {
        (self.row_indexes.len() + self.reject_indexes.len()) as u64
    }
}

impl BatchObject {
    /// The object as a claim has it.
    pub(crate) fn claimed(&self) -> ClaimedObject {
        ClaimedObject {
            address: self.object.address.clone(),
            size: self.object.size,
            etag: self.object.etag.clone(),
            outcome: self.content.outcome(),
            lanes: self.lanes.clone(),
            digest: self.digest,
            left: self.content.left(),
        }
    }

    /// What it is, if it holds no record.
    pub(crate) fn left_as(&self) -> Option<Left> {
        match &self.content {
            Content::Unread {
                cause: Cause::Left(left),
                ..
            } => Some(*left),
            _ => None,
        }
    }
}

impl Content {
    fn left(&self) -> BTreeMap<String, u64> {
        let Self::Rows(rows) = self else {
            return BTreeMap::new();
        };
        let left = rows.left.iter();
        left.map(|(left, count)| (left.code().to_owned(), *count))
            .collect()
    }

    fn outcome(&self) -> Outcome {
        match self {
            Self::Rows(rows) => Outcome::Read {
                sha256: rows.sha256,
                uncompressed_bytes: rows.uncompressed_bytes,
                records: rows.records(),
            },
            Self::Known(sha256) => Outcome::Known { sha256: *sha256 },
            Self::Copy {
                sha256,
                uncompressed_bytes,
                records,
            } => Outcome::Copy {
                sha256: *sha256,
                uncompressed_bytes: *uncompressed_bytes,
                records: *records,
            },
            Self::Unread { cause, accepted } => Outcome::Unread {
                cause: cause.clone(),
                accepted: *accepted,
            },
        }
    }
}

/// What the objects that were read have for the lane.
pub(crate) fn lane_rows(objects: &[BatchObject]) -> impl Iterator<Item = &LaneRows> {
    objects.iter().filter_map(|object| match &object.content {
        Content::Rows(rows) => Some(rows),
        _ => None,
    })
}

/// Records in them that are rejects.
pub(crate) fn rejected(objects: &[BatchObject]) -> u64 {
    lane_rows(objects)
        .map(|rows| rows.reject_indexes.len() as u64)
        .sum()
}

/// Records of objects that are copies.
pub(crate) fn copied(objects: &[BatchObject]) -> u64 {
    let records = objects.iter().map(|object| match &object.content {
        Content::Copy { records, .. } => *records,
        _ => 0,
    });
    records.sum()
}

/// The rows and rejects of an object that are a lane's, with those that name no account placed in
/// this one.
pub(crate) fn lane_part(
    object: &RawObject,
    lane: &Lane,
    all: LaneRows,
    account_of_unknown: Option<Account>,
) -> LaneRows {
    let nothing = all.clone().nothing();
    let mut parts = placed(by_lane(object, all), account_of_unknown);
    parts.remove(lane).unwrap_or(nothing)
}

/// The lane in which it is settled how an object is read: the unknown lane, where that tells which
/// lanes its records name; else the first of those that name no account. None if each names one.
pub(crate) fn deciding_lane(parts: &BTreeMap<Lane, LaneRows>) -> Option<&Lane> {
    let home = parts.get_key_value(&Lane::unknown());
    if let Some((home, _)) = home.filter(|(_, rows)| rows.depends_on_path) {
        return Some(home);
    }
    let is_unknown =
        |(lane, rows): &(&Lane, &LaneRows)| lane.account == Account::UNKNOWN && rows.records() > 0;
    parts.iter().find(is_unknown).map(|(lane, _)| lane)
}

/// The parts with what names no account moved into this one. The deciding lane stays, without a
/// record.
pub(crate) fn placed(
    mut parts: BTreeMap<Lane, LaneRows>,
    account: Option<Account>,
) -> BTreeMap<Lane, LaneRows> {
    let (Some(account), Some(deciding)) = (account, deciding_lane(&parts).cloned()) else {
        return parts;
    };
    let is_unknown = |lane: &Lane, _: &mut LaneRows| lane.account == Account::UNKNOWN;
    let unknown: Vec<_> = parts.extract_if(.., is_unknown).collect();
    for (lane, rows) in unknown {
        if lane == deciding {
            parts.insert(lane.clone(), rows.clone().nothing());
        }
        if rows.records() == 0 {
            continue;
        }
        let lane = Lane { account, ..lane };
        match parts.entry(lane) {
            Entry::Vacant(entry) => _ = entry.insert(rows),
            Entry::Occupied(mut entry) => entry.get_mut().add(rows),
        }
    }
    parts
}

/// The rows and rejects of an object by the lane that each names, or that its key names; also the
/// unknown lane if there are none, or it decides how the object is read.
pub(crate) fn by_lane(object: &RawObject, all: LaneRows) -> BTreeMap<Lane, LaneRows> {
    if let Some(lane) = &object.lane {
        return [(lane.clone(), all)].into();
    }
    let mut parts: BTreeMap<Lane, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
    for &row in &all.row_indexes {
        let lane = all.rows.row(row as usize).lane();
        parts.entry(lane).or_default().0.push(row);
    }
    for &reject in &all.reject_indexes {
        let lane = all.rows.reject(reject as usize).lane();
        parts.entry(lane).or_default().1.push(reject);
    }
    if parts.is_empty() || all.depends_on_path {
        parts.entry(Lane::unknown()).or_default();
    }
    let part = |(lane, (row_indexes, reject_indexes))| {
        let rows = LaneRows {
            row_indexes,
            reject_indexes,
            ..all.clone()
        };
        (lane, rows)
    };
    parts.into_iter().map(part).collect()
}
