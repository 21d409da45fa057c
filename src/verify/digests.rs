//! Raw objects against the digests that CloudTrail delivered with them.

use super::digest_report::{LaneDigestReport, TrailReport};
use super::finding::{Finding, FindingKind};
use super::raw::RawSource;
use super::verifier::Verifier;
use crate::cloudtrail::content_hash;
use crate::convert::{LaneList, RawObject};
use crate::digests::{
    Coverage, DigestReader, Fault, FaultKind, KeySource, LaneDigests, Listing, MOST_LOG_BYTES,
    Verdict, is_expected, key_below, key_day, verdict,
};
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::Month;
use crate::monitor::Progress;
use crate::names::Names;
use crate::scope::Scope;
use crate::store::{Entry, ErrorKind};
use futures::{StreamExt, TryStreamExt, stream, stream::FuturesUnordered};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Lanes at once.
const CONCURRENT_LANES: usize = 16;

/// Log files of a lane that are read at once.
const CONCURRENT_LOGS: usize = 32;

/// What a check of digests is asked.
#[derive(Debug, Clone)]
pub struct DigestOptions {
    /// Where public keys come from.
    pub keys: KeySource,
    /// The time of the run: digests of what was delivered a short time before it may still come.
    pub now: Timestamp,
}

/// Checks all raw objects of the range against the digests, and those against each other.
pub(super) async fn check_digests(
    verifier: &Verifier,
    source: &RawSource,
    options: &DigestOptions,
) -> Result<(), Failure> {
    let check = Check {
        verifier,
        source,
        now: options.now,
        reader: DigestReader::new(&source.store, options.keys.clone(), &verifier.cpu),
    };
    let mut folders = check.reader.lanes(&source.digest_folders).await?;
    folders.retain(|lane, _| verifier.options.scope.lanes.has(lane));
    let lanes: BTreeSet<&Lane> = source.lanes().chain(folders.keys()).collect();
    stream::iter(lanes.into_iter().map(Ok))
        .try_for_each_concurrent(CONCURRENT_LANES, async |lane| {
            let folders = folders.get(lane).map_or(&[][..], Vec::as_slice);
            check.lane(lane, folders).await
        })
        .await?;
    for object in source.unplaced() {
        check.not_covered(None, &object, "its key is none of CloudTrail's");
    }
    Ok(())
}

struct Check<'c> {
    verifier: &'c Verifier,
    source: &'c RawSource,
    now: Timestamp,
    reader: Arc<DigestReader>,
}

/// A log file that a digest lists, and what came of looking at it.
struct Checked {
    address: String,
    day: Option<Date>,
    listings: Vec<Listing>,
    bytes: u64,
    found: Result<Verdict, NotHashed>,
}

/// Why a log file has no hash.
enum NotHashed {
    Missing,
    Unreadable(String),
    Damaged(String),
}

impl Check<'_> {
    async fn lane(&self, lane: &Lane, folders: &[String]) -> Result<(), Failure> {
        let days = self.verifier.options.scope.days;
        let digests = LaneDigests::list(&self.reader, lane, folders, days).await?;
        for fault in digests.strays() {
            self.fault(lane, fault);
        }
        let prefixes = self.source.prefixes(lane);
        // Digests are of all logs, whatever names are asked for.
        let scope = Scope {
            names: Names::default(),
            ..self.verifier.options.scope.clone()
        };
        let mut list = LaneList::new(&self.source.store, lane, prefixes, &scope, &self.source.own);
        let mut report = LaneDigestReport {
            lane: lane.clone(),
            trails: digests.chains().map(TrailReport::new).collect(),
            logs: 0,
            logs_not_covered: 0,
            logs_expected: 0,
            delivered_bytes: 0,
        };
        let mut months = digests.months();
        loop {
            let of_logs = list.peek().await?.map(RawObject::month);
            let Some(month) = months
                .iter()
                .next()
                .copied()
                .into_iter()
                .chain(of_logs)
                .min()
            else {
                break;
            };
            months.remove(&month);
            self.month(&digests, month, &mut list, &mut report).await?;
        }
        for object in &list.aside.unplaced {
            self.not_covered(Some(lane), object, "its key is none of this lane");
        }
        if digests.is_empty() && report.logs > 0 {
            let found = format!("none, and {} log files", report.logs);
            let url = prefixes.first().map(|prefix| self.source.store.url(prefix));
            let (kind, expected) = (FindingKind::NoDigests, "digests of the lane");
            self.find(
                Some(lane),
                None,
                (url.unwrap_or_default(), kind),
                expected,
                found,
            );
        }
        self.verifier.report().digests.push(report);
        Ok(())
    }

    /// Checks the digests and log files of a month.
    async fn month(
        &self,
        digests: &LaneDigests,
        month: Month,
        list: &mut LaneList,
        report: &mut LaneDigestReport,
    ) -> Result<(), Failure> {
        let lane = report.lane.clone();
        let said = digests.month(month).await?;
        for (trail, chain) in report.trails.iter_mut().zip(said.chains) {
            trail.digests += chain.digests;
            trail.digests_proven += chain.proven;
            trail.digests_awaited += chain.awaited;
            for fault in chain.faults {
                trail.digests_missing += u64::from(fault.kind == FaultKind::Missing);
                trail.gaps += u64::from(fault.kind == FaultKind::Gap);
                self.fault(&lane, fault);
            }
        }
        let mut coverage = said.coverage;
        let mut checking = FuturesUnordered::new();
        while list
            .peek()
            .await?
            .is_some_and(|object| object.month() == month)
            && let Some(object) = list.take()
        {
            report.logs += 1;
            let listings = coverage.meet(&object.address);
            if listings.is_empty() {
                match is_expected(object.time, object.day, self.now) {
                    true => report.logs_expected += 1,
                    false => {
                        report.logs_not_covered += 1;
                        // Without any digest there is one finding for all.
                        if !digests.is_empty() {
                            self.not_covered(Some(&lane), &object, "no digest that is proven");
                        }
                    }
                }
                continue;
            }
            let listed = object.listed();
            checking.push(self.log(object.address, object.day, listings, Some(listed)));
            if checking.len() >= CONCURRENT_LOGS
                && let Some(checked) = checking.next().await
            {
                self.count(checked?, report);
            }
        }
        while let Some(checked) = checking.next().await {
            self.count(checked?, report);
        }
        drop(checking);
        self.unmet(&coverage, report).await
    }

    /// Looks for log files that digests list and that were not met.
    async fn unmet(
        &self,
        coverage: &Coverage,
        report: &mut LaneDigestReport,
    ) -> Result<(), Failure> {
        let mut looking = stream::iter(coverage.unmet())
            .map(async |(address, listings)| {
                let day = key_day(&address);
                self.log(address, day, listings, None).await
            })
            .buffered(CONCURRENT_LOGS);
        while let Some(checked) = looking.try_next().await? {
            self.count(checked, report);
        }
        Ok(())
    }

    async fn log(
        &self,
        address: String,
        day: Option<Date>,
        listings: Vec<Listing>,
        listed: Option<Entry>,
    ) -> Result<Checked, Failure> {
        let store = &self.source.store;
        let size = listed.as_ref().map_or(0, |listed| listed.size);
        let _share = self.verifier.budget.reserve(size).await;
        let got = match &listed {
            Some(listed) => store.get_listed(listed).await,
            None => store.get(&key_below(store, &address)).await,
        };
        let (bytes, found) = match got {
            Ok(delivered) => {
                let bytes = delivered.len() as u64;
                let hashing = move || content_hash(&delivered, MOST_LOG_BYTES);
                let hashed = self.verifier.cpu.run(hashing).await?;
                let damaged = |error: &dyn std::fmt::Display| NotHashed::Damaged(error.to_string());
                let judged = hashed.map(|sha256| verdict(&listings, sha256));
                (bytes, judged.map_err(|error| damaged(&error)))
            }
            Err(error) => match error.kind {
                ErrorKind::Fatal | ErrorKind::Transient => return Err(error.into()),
                ErrorKind::NotFound => (0, Err(NotHashed::Missing)),
                _ => (0, Err(NotHashed::Unreadable(error.to_string()))),
            },
        };
        Ok(Checked {
            address,
            day,
            listings,
            bytes,
            found,
        })
    }

    fn count(&self, checked: Checked, report: &mut LaneDigestReport) {
        report.delivered_bytes += checked.bytes;
        self.verifier.monitor.report(Progress::Done {
            objects: 1,
            bytes: checked.bytes,
            rows: 0,
        });
        for listing in &checked.listings {
            if let Some(trail) = report.trails.get_mut(listing.chain) {
                match &checked.found {
                    Ok(Verdict::Valid) => trail.logs_valid += 1,
                    Ok(Verdict::Awaited) => trail.logs_awaited += 1,
                    Ok(Verdict::NotCovered) | Err(NotHashed::Unreadable(_)) => {}
                    Ok(Verdict::Changed(_)) | Err(NotHashed::Damaged(_)) => trail.logs_changed += 1,
                    Err(NotHashed::Missing) => trail.logs_missing += 1,
                }
            }
        }
        let delivered = checked.listings.first().map(|listing| listing.sha256);
        let delivered = delivered.map(|sha256| format!("content of the SHA-256 {sha256}"));
        let (kind, found) = match checked.found {
            Ok(Verdict::Valid | Verdict::Awaited | Verdict::NotCovered) => return,
            Ok(Verdict::Changed(_)) => (FindingKind::ChangedLog, "other content".to_owned()),
            Err(NotHashed::Damaged(why)) => (FindingKind::ChangedLog, why),
            Err(NotHashed::Missing) => (FindingKind::MissingLog, "none".to_owned()),
            Err(NotHashed::Unreadable(why)) => (FindingKind::Unreadable, why),
        };
        let (lane, place) = (Some(&report.lane), (checked.address, kind));
        self.find(
            lane,
            checked.day,
            place,
            &delivered.unwrap_or_default(),
            found,
        );
    }

    fn not_covered(&self, lane: Option<&Lane>, object: &RawObject, why: &str) {
        let place = (object.address.clone(), FindingKind::UncoveredLog);
        self.find(
            lane,
            object.day,
            place,
            "a digest that lists it",
            why.to_owned(),
        );
    }

    fn fault(&self, lane: &Lane, fault: Fault) {
        let place = (fault.address, FindingKind::Digest(fault.kind));
        self.find(
            Some(lane),
            Some(fault.day),
            place,
            &fault.expected,
            fault.found,
        );
    }

    fn find(
        &self,
        lane: Option<&Lane>,
        date: Option<Date>,
        (url, kind): (String, FindingKind),
        expected: &str,
        found: String,
    ) {
        self.verifier.find(Finding {
            lane: lane.cloned(),
            date,
            url,
            kind,
            expected: expected.to_owned(),
            found,
        });
    }
}
