//! The digests of one chain against each other and against their signatures.

use super::digest::{Digest, Previous, SIGNATURE_ALGORITHM};
use super::fault::{Fault, FaultKind};
use super::key::{DigestKey, moved_key, parse_digest_key};
use super::public_keys::PublicKeys;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A digest as it was read.
#[derive(Debug, Clone)]
pub struct ReadDigest {
    /// Its full address.
    pub address: String,
    /// What the key says.
    pub place: DigestKey,
    /// What it says, or why it cannot be read.
    pub content: Result<Digest, String>,
    /// The signature beside it, in hexadecimal digits.
    pub signature: Option<String>,
    /// Whether its signature must be beside it, since it lies where it was delivered.
    pub is_at_home: bool,
}

/// Whether a digest is what was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Its signature is right.
    Proven,
    /// It ends its chain, and its signature is not at hand.
    Awaited,
    /// Its signature is not right, or nothing tells.
    None,
}

/// What is signed of a digest.
pub fn signed_text(digest: &Digest) -> String {
    let previous = digest.previous.as_ref();
    format!(
        "{}\n{}/{}\n{}\n{}",
        digest.end_text,
        digest.bucket,
        digest.object,
        digest.sha256,
        previous.map_or("null", |previous| &previous.signature)
    )
}

/// The positions of digests that no later one names, so that the signatures beside them are
/// needed; `digests` are of one chain in the order of their ends.
pub fn unnamed(digests: &[ReadDigest]) -> Vec<usize> {
    let named = Named::of(digests);
    let is_unnamed = |at: &usize| named.signatures(&digests[*at]).is_empty();
    (0..digests.len()).filter(is_unnamed).collect()
}

/// Judges the digests of one chain, in the order of their ends: the proof of each, and what is
/// wrong. `listed` tells of the moved key of a digest whether it is in the source; those of days
/// before `first_day` are not looked for.
pub fn judge(
    digests: &[ReadDigest],
    keys: &PublicKeys,
    first_day: Option<Date>,
    listed: impl Fn(&str) -> bool,
) -> (Vec<Proof>, Vec<Fault>) {
    let mut judge = Judge {
        digests,
        keys,
        named: Named::of(digests),
        first_day,
        faults: Vec::new(),
    };
    let mut proofs: Vec<Proof> = (0..digests.len()).map(|at| judge.proof(at)).collect();
    if !proofs.contains(&Proof::Proven) {
        // A chain of which nothing is proven proves nothing.
        for (at, proof) in proofs.iter_mut().enumerate() {
            if *proof == Proof::Awaited {
                *proof = judge.unsigned(at, "it is the only one of its trail");
            }
        }
    }
    for at in 0..digests.len() {
        judge.link(at, &listed);
    }
    (proofs, judge.faults)
}

/// The signatures that digests have of those before them, by moved key.
struct Named<'d>(BTreeMap<&'d str, Vec<&'d str>>);

impl<'d> Named<'d> {
    fn of(digests: &'d [ReadDigest]) -> Self {
        let mut named: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for digest in digests {
            let previous = digest
                .content
                .as_ref()
                .ok()
                .and_then(|content| content.previous.as_ref());
            if let Some(previous) = previous
                && let Some(key) = moved_key(&previous.object)
            {
                named.entry(key).or_default().push(&previous.signature);
            }
        }
        Self(named)
    }

    fn signatures(&self, digest: &ReadDigest) -> &[&'d str] {
        let key = moved_key(&digest.address);
        let named = key.and_then(|key| self.0.get(key));
        named.map_or(&[], Vec::as_slice)
    }
}

struct Judge<'d> {
    digests: &'d [ReadDigest],
    keys: &'d PublicKeys,
    named: Named<'d>,
    first_day: Option<Date>,
    faults: Vec<Fault>,
}

impl Judge<'_> {
    fn fault(&mut self, at: usize, kind: FaultKind, expected: &str, found: impl Into<String>) {
        let digest = &self.digests[at];
        self.faults.push(Fault {
            address: digest.address.clone(),
            day: digest.place.end_day(),
            kind,
            expected: expected.to_owned(),
            found: found.into(),
        });
    }

    fn invalid(&mut self, at: usize, expected: &str, found: impl Into<String>) -> Proof {
        self.fault(at, FaultKind::Invalid, expected, found);
        Proof::None
    }

    fn unsigned(&mut self, at: usize, why: &str) -> Proof {
        self.invalid(at, "a signature", format!("none is at hand: {why}"))
    }

    /// Whether a digest is what was signed, and where it was delivered.
    fn proof(&mut self, at: usize) -> Proof {
        let read = &self.digests[at];
        let digest = match &read.content {
            Ok(digest) => digest,
            Err(why) => return self.invalid(at, "a digest", why),
        };
        let is_in_place = moved_key(&digest.object) == moved_key(&read.address)
            && digest.account == read.place.chain.lane.account.as_str()
            && digest.end == read.place.end;
        if !is_in_place {
            let found = format!("the digest {} of {}", digest.object, digest.end_text);
            return self.invalid(at, "the digest that its key names", found);
        }
        if digest.signature_algorithm != SIGNATURE_ALGORITHM {
            let found = format!("the signature algorithm {}", digest.signature_algorithm);
            return self.invalid(at, SIGNATURE_ALGORITHM, found);
        }
        if !self.keys.has(&digest.fingerprint) {
            let found = format!("one of the unknown public key {}", digest.fingerprint);
            return self.invalid(at, "a signature by a public key of CloudTrail", found);
        }
        let text = signed_text(digest);
        let named = self.named.signatures(read).iter().copied();
        let mut signatures = named.chain(read.signature.as_deref()).peekable();
        if signatures.peek().is_some() {
            let is_signed = signatures
                .any(|signature| self.keys.has_signed(&digest.fingerprint, &text, signature));
            return match is_signed {
                true => Proof::Proven,
                false => self.invalid(at, "what was signed", "a digest that was altered"),
            };
        }
        if read.is_at_home {
            return self.unsigned(at, "it is not in the metadata");
        }
        match self.ends_chain(at) {
            true => Proof::Awaited,
            false => self.unsigned(at, "no digest after it names it"),
        }
    }

    /// Whether no digest follows, or one that begins a chain anew.
    fn ends_chain(&self, at: usize) -> bool {
        let end = self.digests[at].place.end;
        let mut later = self.digests[at..]
            .iter()
            .filter(|later| later.place.end > end);
        later.next().is_none_or(|next| {
            let content = next.content.as_ref();
            content.is_ok_and(|digest| digest.previous.is_none())
        })
    }

    /// Whether a digest fits to the one before it.
    fn link(&mut self, at: usize, listed: &impl Fn(&str) -> bool) {
        let read = &self.digests[at];
        let Ok(digest) = &read.content else {
            return;
        };
        let before = self.digests[..at].iter();
        let before = before
            .rev()
            .find(|before| before.place.end < read.place.end);
        let Some(previous) = &digest.previous else {
            if let Some(before) = before
                && before.place.end != digest.start
            {
                let (kind, found) = match before.place.end < digest.start {
                    true => (FaultKind::Gap, "none from"),
                    false => (FaultKind::Broken, "the one before it to"),
                };
                let found = format!("{found} {} to {}", before.place.end, digest.start);
                self.fault(at, kind, "a digest of each time", found);
            }
            return;
        };
        let before_end = before.map(|before| before.place.end.to_string());
        let place = parse_digest_key(&previous.object);
        let Some(place) = place.filter(|place| place.chain == read.place.chain) else {
            let found = format!("{} as the one before it", previous.object);
            return self.fault(at, FaultKind::Broken, "a digest of the same trail", found);
        };
        if place.end != digest.start {
            let expected = format!("the start {}, where the one before it ends", place.end);
            return self.fault(at, FaultKind::Broken, &expected, digest.start.to_string());
        }
        let moved = moved_key(&previous.object).unwrap_or_default();
        let is_listed = listed(moved);
        if !is_listed && self.first_day.is_none_or(|first| first <= place.end_day()) {
            let missing = missing(read, previous, &place, before_end);
            self.faults.push(missing);
        }
        self.compare(at, previous, moved);
    }

    /// What a digest says of the one before it, against that one.
    fn compare(&mut self, at: usize, previous: &Previous, moved: &str) {
        let digests = self.digests;
        let is_it = |digest: &&ReadDigest| moved_key(&digest.address) == Some(moved);
        let before = digests[..at].iter().rev().find(is_it);
        let Some(Ok(before)) = before.map(|before| before.content.as_ref()) else {
            return;
        };
        if before.sha256 != previous.sha256 {
            let expected = format!("{} of the SHA-256 {}", previous.object, previous.sha256);
            self.fault(
                at,
                FaultKind::Broken,
                &expected,
                format!("SHA-256 {}", before.sha256),
            );
        } else if before.bucket != previous.bucket {
            let expected = format!("{} in the bucket {}", previous.object, previous.bucket);
            self.fault(
                at,
                FaultKind::Broken,
                &expected,
                format!("bucket {}", before.bucket),
            );
        }
    }
}

/// The fault of a digest that is gone.
fn missing(
    read: &ReadDigest,
    previous: &Previous,
    place: &DigestKey,
    before_end: Option<String>,
) -> Fault {
    let own = moved_key(&read.address).unwrap_or_default();
    let own = read.address.rfind(own).unwrap_or_default();
    let moved = previous
        .object
        .find(moved_key(&previous.object).unwrap_or_default());
    let tail = previous
        .object
        .get(moved.unwrap_or_default()..)
        .unwrap_or_default();
    let since = before_end.map_or_else(
        || "none before it either".to_owned(),
        |end| format!("none from {end} to {}", place.end),
    );
    Fault {
        address: format!("{}{tail}", &read.address[..own]),
        day: read.place.end_day(),
        kind: FaultKind::Missing,
        expected: "the digest that the next one names".to_owned(),
        found: since,
    }
}
