//! The digests of one lane: listed, and judged month by month.

use super::chain::{Proof, ReadDigest, judge, unnamed};
use super::coverage::Coverage;
use super::fault::{Fault, FaultKind};
use super::key::{Chain, key_day, moved_key, parse_digest_key};
use super::reader::{DigestReader, Listed};
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::Month;
use crate::scope::DeliveryDays;
use crate::store::StoreError;
use futures::TryStreamExt;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// Days after a log file's own on which a digest that lists it is looked for. Digests come about an
/// hour later.
const DAYS_AFTER: i32 = 2;

/// The digests of one lane, by chain.
pub(crate) struct LaneDigests {
    reader: Arc<DigestReader>,
    lane: Lane,
    days: DeliveryDays,
    /// Without what was not looked for.
    first_day: Option<Date>,
    chains: Vec<(Chain, Vec<Listed>)>,
    /// Moved keys of all of them.
    listed: Arc<HashSet<String>>,
    /// Objects between them that are none.
    strays: Vec<String>,
}

/// What the digests of a month say.
#[derive(Debug, Default)]
pub(crate) struct MonthDigests {
    /// What digests say of log files that were delivered in the month.
    pub(crate) coverage: Coverage,
    /// The month's digests, of each of the lane's chains.
    pub(crate) chains: Vec<ChainMonth>,
}

/// A month's digests of one chain.
#[derive(Debug, Default)]
pub(crate) struct ChainMonth {
    /// How many there are.
    pub(crate) digests: u64,
    /// Those whose signature is right.
    pub(crate) proven: u64,
    /// Those whose signature is not at hand yet.
    pub(crate) awaited: u64,
    /// What is wrong with them.
    pub(crate) faults: Vec<Fault>,
}

impl LaneDigests {
    /// Lists a lane's digests of these days, and of those around them that are needed.
    pub(crate) async fn list(
        reader: &Arc<DigestReader>,
        lane: &Lane,
        folders: &[String],
        days: DeliveryDays,
    ) -> Result<LaneDigests, StoreError> {
        // The digest before the first one tells whether that fits to it.
        let first_day = days.from.map(|from| from.saturating_sub(1.day()));
        let last_day = days.to.map(|to| to.saturating_add((DAYS_AFTER + 1).days()));
        let mut chains: BTreeMap<Chain, Vec<Listed>> = BTreeMap::new();
        let (mut listed, mut strays) = (HashSet::new(), Vec::new());
        for folder in folders {
            let after = first_day.map(|day| format!("{folder}{}", day.strftime("%Y/%m/%d")));
            let mut pages = std::pin::pin!(reader.store.list_pages(folder.clone(), after));
            'pages: while let Some(page) = pages.try_next().await? {
                for entry in page {
                    let address = reader.store.url(&entry.key);
                    let place = parse_digest_key(&address);
                    let Some(place) = place.filter(|place| place.chain.lane == *lane) else {
                        strays.push(address);
                        continue;
                    };
                    if last_day.is_some_and(|last| place.day > last) {
                        break 'pages;
                    }
                    listed.extend(moved_key(&address).map(str::to_owned));
                    let chain = place.chain.clone();
                    chains
                        .entry(chain)
                        .or_default()
                        .push(Listed { place, entry });
                }
            }
        }
        let mut chains: Vec<_> = chains.into_iter().collect();
        for (_, digests) in &mut chains {
            digests.sort_by(|a, b| (a.place.end, &a.entry.key).cmp(&(b.place.end, &b.entry.key)));
        }
        Ok(Self {
            reader: Arc::clone(reader),
            lane: lane.clone(),
            days,
            first_day,
            chains,
            listed: Arc::new(listed),
            strays,
        })
    }

    /// The chains, in the order by which they are known.
    pub(crate) fn chains(&self) -> impl Iterator<Item = &Chain> {
        self.chains.iter().map(|(chain, _)| chain)
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.chains.is_empty()
    }

    /// The months that there are digests of, of the days asked for.
    pub(crate) fn months(&self) -> BTreeSet<Month> {
        let digests = self.chains.iter().flat_map(|(_, digests)| digests);
        let days = digests.map(|digest| digest.place.end_day());
        days.filter(|day| self.days.has(*day))
            .map(Month::of)
            .collect()
    }

    /// Objects among the digests that are none, as faults.
    pub(crate) fn strays(&self) -> impl Iterator<Item = Fault> {
        self.strays.iter().map(|address| Fault {
            address: address.clone(),
            day: key_day(address).unwrap_or_default(),
            kind: FaultKind::Invalid,
            expected: "digests of this account and region alone".to_owned(),
            found: "another object".to_owned(),
        })
    }

    /// What the digests of a month say.
    pub(crate) async fn month(&self, month: Month) -> Result<MonthDigests, Failure> {
        let own = |day: Date| Month::of(day) == month && self.days.has(day);
        let mut said = MonthDigests::default();
        for (number, (_, listed)) in self.chains.iter().enumerate() {
            let window = window(listed, month);
            let digests = self.reader.read(&listed[window]).await?;
            let (digests, proofs, faults) = self.judged(digests).await?;
            let mut chain = ChainMonth {
                faults: faults.into_iter().filter(|fault| own(fault.day)).collect(),
                ..ChainMonth::default()
            };
            for (digest, proof) in digests.iter().zip(proofs) {
                if own(digest.place.end_day()) {
                    chain.digests += 1;
                    chain.proven += u64::from(proof == Proof::Proven);
                    chain.awaited += u64::from(proof == Proof::Awaited);
                }
                if let Ok(content) = &digest.content {
                    let root: Arc<str> = root(&digest.address).into();
                    let wanted = |key: &str| key_day(key).is_some_and(own);
                    (said.coverage).add(content, (number, proof), &root, wanted);
                }
            }
            said.chains.push(chain);
        }
        Ok(said)
    }

    /// Judges digests; what has no signature from a later digest, or a wrong one, is asked for its
    /// own.
    async fn judged(
        &self,
        mut digests: Vec<ReadDigest>,
    ) -> Result<(Vec<ReadDigest>, Vec<Proof>, Vec<Fault>), Failure> {
        let mut asked: BTreeSet<usize> = unnamed(&digests).into_iter().collect();
        let mut times = self.times(&digests, &BTreeMap::new());
        loop {
            let generated = self.reader.ask(&mut digests, &asked).await?;
            times.extend(self.times(&digests, &generated));
            let keys = self.reader.keys.keys(&self.lane.region, &times).await?;
            let (first_day, listed) = (self.first_day, Arc::clone(&self.listed));
            let judging = move || {
                let (proofs, faults) =
                    judge(&digests, &keys, first_day, |moved| listed.contains(moved));
                (digests, proofs, faults)
            };
            let (judged, proofs, faults) = self.reader.cpu.run(judging).await?;
            digests = judged;
            let is_in_doubt = |at: &usize| {
                let is_read = digests[*at].content.is_ok();
                proofs[*at] == Proof::None && is_read && !asked.contains(at)
            };
            let doubtful: Vec<usize> = (0..digests.len()).filter(is_in_doubt).collect();
            if doubtful.is_empty() || !self.reader.store.has_metadata() {
                return Ok((digests, proofs, faults));
            }
            asked.extend(doubtful);
        }
    }

    /// The fingerprints of digests, and when their keys were valid.
    fn times(
        &self,
        digests: &[ReadDigest],
        generated: &BTreeMap<usize, Timestamp>,
    ) -> Vec<(String, Timestamp, Timestamp)> {
        let hour = SignedDuration::from_hours(1);
        let time = |(at, digest): (usize, &ReadDigest)| {
            let content = digest.content.as_ref().ok()?;
            let (from, to) = match generated.get(&at) {
                Some(made) => (
                    made.saturating_sub(hour).ok()?,
                    made.saturating_add(hour).ok()?,
                ),
                None => (content.start, content.end),
            };
            Some((content.fingerprint.clone(), from, to))
        };
        digests.iter().enumerate().filter_map(time).collect()
    }
}

/// The digests that a month's log files and digests are judged by: its own, those of a day before,
/// and those in which log files may be listed later, with one more, which signs the last.
fn window(listed: &[Listed], month: Month) -> std::ops::Range<usize> {
    let Month::Of(year, month) = month else {
        return 0..0;
    };
    let first = Date::new(year, month, 1).unwrap_or_default();
    let (from, to) = (
        first.saturating_sub(1.day()),
        first.last_of_month().saturating_add(DAYS_AFTER.days()),
    );
    let start = listed.partition_point(|listed| listed.place.end_day() < from);
    let end = listed.partition_point(|listed| listed.place.end_day() <= to);
    start..(end + 1).min(listed.len())
}

/// What addresses begin with before the account.
fn root(address: &str) -> String {
    let moved = moved_key(address).unwrap_or_default();
    let at = address.rfind(moved).unwrap_or_default();
    address.get(..at).unwrap_or_default().to_owned()
}
