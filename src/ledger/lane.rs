//! A lane's log in the destination: what is converted, the open claim, the next number.

use super::claim::{
    Claim, Month, Receipt, days_of, lane_folder, log_folder, month_folder, number_of,
};
use super::object::{ObjectId, Outcome};
use super::{FOLDER, FORMAT};
use crate::store::{Entry, ErrorKind, PutOutcome, Store, StoreError};
use crate::table::Lane;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Ledger reads under way at once in one lane: enough to hide a round trip, few enough that
/// many lanes together stay below the store's limits.
const CONCURRENT_READS: usize = 8;

/// Why the ledger cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A document does not parse.
    #[error(
        "the ledger document {url} cannot be read ({source}): it is damaged or of a newer program; \
         restore it from a backup or use the program that wrote it"
    )]
    Damaged {
        /// Where it is.
        url: String,
        /// What the parser said.
        source: serde_json::Error,
    },
    /// The destination was written by a program with another ledger format.
    #[error("{url} has ledger format {found}, this program knows {FORMAT}: use a newer program")]
    Format {
        /// Where the format is written down.
        url: String,
        /// The format found.
        found: u32,
    },
    /// The store takes the same put-if-absent twice.
    #[error(
        "{url} was accepted twice by a put that must be refused when the object exists: this \
         store cannot keep events exactly once; use one that supports conditional writes"
    )]
    NotExclusive {
        /// What was put twice.
        url: String,
    },
}

/// Whether a claim was won.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum ClaimOutcome {
    /// The number is ours.
    Won,
    /// Another worker has it.
    Lost,
}

#[derive(Serialize, Deserialize)]
struct Format {
    format: u32,
}

/// Puts `_ledger/format` until it is refused, which proves that the store refuses, and
/// checks that the format is known.
pub async fn ensure_format(store: &Store) -> Result<(), LedgerError> {
    let key = format!("{FOLDER}format");
    let body = document(&Format { format: FORMAT }, store, &key)?;
    let mut written = 0;
    while store.put_if_absent(&key, body.clone()).await? == PutOutcome::Written {
        written += 1;
        if written == 2 {
            return Err(LedgerError::NotExclusive {
                url: store.url(&key),
            });
        }
    }
    let found: Format = read(store, &key).await?;
    if found.format == FORMAT {
        Ok(())
    } else {
        Err(LedgerError::Format {
            url: store.url(&key),
            found: found.format,
        })
    }
}

/// Every lane that the ledger holds, sorted.
pub async fn lanes(store: &Store) -> Result<Vec<Lane>, LedgerError> {
    let accounts = store.list_dir(FOLDER).await?.prefixes;
    let mut lanes: Vec<Lane> = stream::iter(accounts)
        .map(async |account| store.list_dir(&account).await)
        .buffer_unordered(CONCURRENT_READS)
        .try_fold(Vec::new(), async |mut lanes, listing| {
            lanes.extend(listing.prefixes.iter().filter_map(|prefix| lane_of(prefix)));
            Ok(lanes)
        })
        .await?;
    lanes.sort();
    Ok(lanes)
}

/// Shows every receipt of every lane for objects whose key names no day.
pub async fn undated_receipts(
    store: &Store,
    mut see: impl FnMut(&Receipt),
) -> Result<(), LedgerError> {
    for lane in lanes(store).await? {
        let folder = month_folder(&lane, Month::Undated);
        read_receipts(store, store.list(&folder, None).await?, &mut see).await?;
    }
    Ok(())
}

fn lane_of(prefix: &str) -> Option<Lane> {
    let (account, region) = prefix
        .strip_prefix(FOLDER)?
        .strip_suffix('/')?
        .split_once('/')?;
    Some(Lane {
        account: account.to_owned(),
        region: region.to_owned(),
    })
}

/// What the receipts of one delivery month say.
#[derive(Debug, Default)]
pub struct View {
    converted: FxHashSet<ObjectId>,
    unread: FxHashMap<ObjectId, String>,
}

impl View {
    /// Whether the object's records are in the table or the rejects, or were given up.
    pub fn is_converted(&self, id: ObjectId) -> bool {
        self.converted.contains(&id)
    }

    /// Why the object could not be read when it was last tried.
    pub fn unread_reason(&self, id: ObjectId) -> Option<&str> {
        self.unread.get(&id).map(String::as_str)
    }

    /// Adds what a receipt says; receipts are added in the order of their numbers.
    pub fn add(&mut self, receipt: &Receipt) {
        for object in &receipt.claim.objects {
            match &object.outcome {
                Outcome::Read { .. } => {
                    self.converted.insert(object.id());
                }
                Outcome::Unread { unread } => {
                    self.unread.insert(object.id(), unread.clone());
                }
            }
        }
    }
}

/// One lane's log: the number of its last claim, and that claim while it is open.
#[derive(Debug)]
pub struct LaneLog {
    store: Store,
    head: u64,
    open: Option<Claim>,
}

impl LaneLog {
    /// Finds the end of the lane's log. `hints` are months whose receipts are likely among
    /// the latest, the likeliest first, so that only the log after them is listed.
    pub async fn open(store: &Store, lane: &Lane, hints: &[Month]) -> Result<Self, LedgerError> {
        let mut seen = 0;
        for &hint in hints {
            let receipts = store.list(&month_folder(lane, hint), None).await?;
            seen = receipts
                .iter()
                .filter_map(|e| number_of(&e.key))
                .max()
                .unwrap_or(0);
            if seen > 0 {
                break;
            }
        }
        let log = log_folder(lane);
        let after = format!("{log}{seen:012}");
        let claims = store.list(&log, Some(&after)).await?;
        let head = claims
            .iter()
            .filter_map(|e| number_of(&e.key))
            .max()
            .unwrap_or(seen);
        let mut open = None;
        if head > seen {
            let claim: Claim = read(store, &format!("{log}{head:012}")).await?;
            if find::<Receipt>(store, &claim.receipt_key())
                .await?
                .is_none()
            {
                open = Some(claim);
            }
        }
        Ok(Self {
            store: store.clone(),
            head,
            open,
        })
    }

    /// The claim that has no receipt yet, if any.
    pub fn open_claim(&self) -> Option<&Claim> {
        self.open.as_ref()
    }

    /// The number that the next claim has; none while a claim is open.
    pub fn next_number(&self) -> Option<u64> {
        self.open.is_none().then_some(self.head + 1)
    }

    /// What the receipts of a month say, of those that touch the days asked for.
    ///
    /// It must be asked for after the log was opened: then a claim of the next number is
    /// refused whenever another worker has converted something that this view lacks.
    pub async fn view(
        store: &Store,
        lane: &Lane,
        month: Month,
        days: Option<(Date, Date)>,
    ) -> Result<View, LedgerError> {
        let mut entries = store.list(&month_folder(lane, month), None).await?;
        entries.retain(|entry| touches(entry, days));
        let mut view = View::default();
        read_receipts(store, entries, &mut |receipt| view.add(receipt)).await?;
        Ok(view)
    }

    /// Claims the claim's number, which must be [`LaneLog::next_number`].
    pub async fn claim(&mut self, claim: &Claim) -> Result<ClaimOutcome, LedgerError> {
        let key = claim.key();
        let body = document(claim, &self.store, &key)?;
        if self.store.put_if_absent(&key, body).await? == PutOutcome::AlreadyExists {
            // A put whose answer was lost is refused when it is retried: the id tells.
            let standing: Claim = read(&self.store, &key).await?;
            if standing.id != claim.id {
                return Ok(ClaimOutcome::Lost);
            }
        }
        self.head = claim.number;
        self.open = Some(claim.clone());
        Ok(ClaimOutcome::Won)
    }

    /// Puts the receipt of the open claim, and gives the one that stands: another worker
    /// may have finished the same claim.
    pub async fn commit(&mut self, receipt: Receipt) -> Result<Receipt, LedgerError> {
        let key = receipt.claim.receipt_key();
        let body = document(&receipt, &self.store, &key)?;
        let standing = match self.store.put_if_absent(&key, body).await? {
            PutOutcome::Written => receipt,
            PutOutcome::AlreadyExists => read(&self.store, &key).await?,
        };
        self.open = None;
        Ok(standing)
    }

    /// Shows every receipt of the lane that touches the days asked for, in the order of the
    /// log.
    pub async fn receipts(
        store: &Store,
        lane: &Lane,
        days: Option<(Date, Date)>,
        mut see: impl FnMut(&Receipt),
    ) -> Result<(), LedgerError> {
        let log = log_folder(lane);
        let mut entries = store.list(&lane_folder(lane), None).await?;
        entries.retain(|entry| !entry.key.starts_with(&log) && touches(entry, days));
        read_receipts(store, entries, &mut see).await
    }
}

/// Whether a receipt has objects of the days asked for; undated ones always may.
fn touches(entry: &Entry, days: Option<(Date, Date)>) -> bool {
    match (days, days_of(&entry.key)) {
        (Some((from, to)), Some((first, last))) => first <= to && from <= last,
        _ => true,
    }
}

/// Shows receipts in the order of their numbers, a few in memory at a time.
async fn read_receipts(
    store: &Store,
    mut entries: Vec<Entry>,
    see: &mut impl FnMut(&Receipt),
) -> Result<(), LedgerError> {
    entries.sort_by_key(|entry| number_of(&entry.key));
    let mut receipts = stream::iter(entries)
        .map(async |entry| read::<Receipt>(store, &entry.key).await)
        .buffered(CONCURRENT_READS);
    while let Some(receipt) = receipts.next().await {
        see(&receipt?);
    }
    Ok(())
}

async fn read<T: DeserializeOwned>(store: &Store, key: &str) -> Result<T, LedgerError> {
    let body = store.get(key).await?;
    serde_json::from_slice(&body).map_err(|source| LedgerError::Damaged {
        url: store.url(key),
        source,
    })
}

async fn find<T: DeserializeOwned>(store: &Store, key: &str) -> Result<Option<T>, LedgerError> {
    match read(store, key).await {
        Ok(value) => Ok(Some(value)),
        Err(LedgerError::Store(error)) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn document<T: Serialize>(value: &T, store: &Store, key: &str) -> Result<Bytes, LedgerError> {
    serde_json::to_vec(value)
        .map(Bytes::from)
        .map_err(|source| LedgerError::Damaged {
            url: store.url(key),
            source,
        })
}
