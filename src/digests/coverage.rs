//! What digests say of log files.

use super::chain::Proof;
use super::digest::Digest;
use super::key::moved_key;
use crate::cloudtrail::Sha256;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;

/// Uncompressed bytes of a log file that are hashed; CloudTrail's have 50 MB.
pub(crate) const MOST_LOG_BYTES: u64 = 4 << 30;

/// How long after its log files a digest may come: one an hour, and then some minutes.
const EXPECTED_WITHIN: SignedDuration = SignedDuration::from_hours(3);

/// Whether the digest of a log file, delivered at this time or on this day, may still come.
pub fn is_expected(time: Option<Timestamp>, day: Option<Date>, now: Timestamp) -> bool {
    let end_of_day = |day: Date| {
        let tomorrow = day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?;
        Some(tomorrow.timestamp())
    };
    let delivered = time.or_else(|| day.and_then(end_of_day));
    delivered.is_some_and(|delivered| now.duration_since(delivered) < EXPECTED_WITHIN)
}

/// What a digest that can be believed says of a log file.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Of its content, uncompressed.
    pub sha256: Sha256,
    /// Which of the lane's chains the digest is of.
    pub chain: usize,
    /// Whether the digest is proven; else its signature is awaited.
    pub is_proven: bool,
    /// What addresses in the source begin with before the account.
    pub root: Arc<str>,
    /// Whether the name ends in `.gz`.
    is_gzip: bool,
}

/// What the digests say of log files, by moved key.
#[derive(Debug, Default)]
pub struct Coverage(HashMap<Box<str>, Listed>);

#[derive(Debug, Default)]
struct Listed {
    listings: Vec<Listing>,
    is_met: bool,
}

/// What the digests say of one log file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is what was delivered.
    Valid,
    /// It is not what was delivered; that had this hash.
    Changed(Sha256),
    /// A digest lists it so, and that digest's signature is not at hand.
    Awaited,
    /// No digest that can be believed lists it.
    NotCovered,
}

impl Coverage {
    /// Adds the log files of a digest, of those that `wanted` says yes to.
    pub(super) fn add(
        &mut self,
        digest: &Digest,
        (chain, proof): (usize, Proof),
        root: &Arc<str>,
        wanted: impl Fn(&str) -> bool,
    ) {
        if proof == Proof::None {
            return;
        }
        for log in &digest.logs {
            if let Some(moved) = moved_key(&log.object).filter(|_| wanted(&log.object)) {
                let listing = Listing {
                    sha256: log.sha256,
                    chain,
                    is_proven: proof == Proof::Proven,
                    root: Arc::clone(root),
                    is_gzip: log.object.ends_with(".gz"),
                };
                let listed = self.0.entry(moved.into()).or_default();
                listed.listings.push(listing);
            }
        }
    }

    /// What is said of the log file at this address.
    pub fn listings(&self, address: &str) -> &[Listing] {
        let listings = moved_key(address).and_then(|moved| self.0.get(moved));
        listings.map_or(&[], |listed| &listed.listings)
    }

    /// The same of a log file that is there.
    pub fn meet(&mut self, address: &str) -> Vec<Listing> {
        let listed = moved_key(address).and_then(|moved| self.0.get_mut(moved));
        let Some(listed) = listed else {
            return Vec::new();
        };
        listed.is_met = true;
        listed.listings.clone()
    }

    /// What is said of log files that were not met, each with the address where it would be, in
    /// order.
    pub fn unmet(&self) -> Vec<(String, Vec<Listing>)> {
        let mut rest = Vec::new();
        for (moved, listed) in self.0.iter().filter(|(_, listed)| !listed.is_met) {
            if let Some(first) = listed.listings.first() {
                let ending = if first.is_gzip { ".gz" } else { "" };
                let address = format!("{}{moved}{ending}", first.root);
                rest.push((address, listed.listings.clone()));
            }
        }
        rest.sort_by(|a, b| a.0.cmp(&b.0));
        rest
    }
}

/// What listings say of a file of this content. Every one of them must agree: who can replace a
/// file could otherwise choose between them.
pub fn verdict(listings: &[Listing], sha256: Sha256) -> Verdict {
    if let Some(other) = listings.iter().find(|listing| listing.sha256 != sha256) {
        return Verdict::Changed(other.sha256);
    }
    match listings.iter().any(|listing| listing.is_proven) {
        true => Verdict::Valid,
        false if listings.is_empty() => Verdict::NotCovered,
        false => Verdict::Awaited,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(content: &str, is_proven: bool) -> Listing {
        Listing {
            sha256: Sha256::of(content.as_bytes()),
            chain: 0,
            is_proven,
            root: "".into(),
            is_gzip: true,
        }
    }

    #[test]
    fn a_file_is_valid_only_if_a_proven_digest_and_all_others_say_so() {
        let (a, b) = (Sha256::of(b"a"), Sha256::of(b"b"));
        let (proven, awaited) = (listing("a", true), listing("a", false));
        assert_eq!(verdict(&[], a), Verdict::NotCovered);
        assert_eq!(verdict(std::slice::from_ref(&awaited), a), Verdict::Awaited);
        assert_eq!(
            verdict(std::slice::from_ref(&awaited), b),
            Verdict::Changed(a)
        );
        assert_eq!(verdict(&[awaited, proven.clone()], a), Verdict::Valid);
        let two = [proven, listing("b", true)];
        assert_eq!(verdict(&two, a), Verdict::Changed(b));
        assert_eq!(verdict(&two, b), Verdict::Changed(a));
    }
}
