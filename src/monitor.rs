//! What the library tells its caller while it works.

use crate::cloudtrail::{KeyKind, parse_key};
use crate::digests::Fault;
use crate::failure::Waiting;
use crate::lane::Lane;
use crate::ledger::{Cause, DigestState};
use std::fmt;

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// This many lanes were found.
    LanesFound(u64),
    /// All that a lane's prefixes hold is listed.
    LaneListed(Lane),
    /// So many raw objects were found whose key names no lane.
    UnplacedFound(u64),
    /// It is known which of those are not converted yet.
    UnplacedListed,
    /// A lane is done for this run.
    LaneDone(Lane),
    /// A piece of work was claimed: what it will give is fixed.
    Claimed {
        /// The lane.
        lane: Lane,
        /// The claim's address.
        claim: String,
        /// Rows that it will give.
        rows: u64,
    },
    /// All that a claim promised is visible.
    Committed {
        /// The lane.
        lane: Lane,
        /// The claim's address.
        claim: String,
        /// Rows of its files.
        rows: u64,
        /// Its files.
        files: u64,
        /// Whether another run had left it open.
        by_another: bool,
    },
    /// Raw objects that are not converted yet were listed.
    Pending {
        /// How many.
        objects: u64,
        /// Their bytes as delivered.
        bytes: u64,
    },
    /// Raw objects went through: they are converted, or could not be.
    Done {
        /// How many.
        objects: u64,
        /// Their bytes as delivered.
        bytes: u64,
        /// Rows that they gave.
        rows: u64,
    },
    /// Something is kept aside or left; the run goes on.
    Problem(Problem),
    /// Something worth a log line.
    Note(String),
}

/// Something that is kept aside, left, or lost. Its text names it and ends with what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A raw object could not be read. It stays pending.
    Unread {
        /// Its address.
        address: String,
        /// Why.
        cause: Cause,
    },
    /// A raw object could not be reached this time. It stays pending, and the ledger does not
    /// know of it.
    Unreachable {
        /// Its address.
        address: String,
        /// What the store said.
        why: String,
    },
    /// Records could not become rows.
    Rejects {
        /// Where they are kept.
        url: String,
        /// How many.
        records: u64,
    },
    /// Nothing can be done in a lane.
    LaneWaits {
        /// The lane.
        lane: Lane,
        /// Why.
        why: Waiting,
    },
    /// An object was given up: its records are lost for good.
    Lost {
        /// Its address.
        address: String,
    },
    /// Something in the table's partitions is not of this program.
    Foreign {
        /// Where it is.
        url: String,
    },
    /// Something in the ledger is not of it.
    Stray {
        /// Where it is.
        url: String,
    },
    /// Something that could not be looked at.
    PassedOver {
        /// Where it is.
        url: String,
        /// Why.
        why: String,
    },
    /// A raw object was converted although CloudTrail's digests do not prove it.
    Unproven {
        /// Its address.
        address: String,
        /// What they say.
        state: DigestState,
    },
    /// Something is wrong with a digest, or between two.
    Digest(Fault),
    /// The source holds nothing that could be a log.
    NothingFound {
        /// Its address.
        source: String,
        /// What it holds instead.
        seen: String,
    },
    /// An argument of the run that names nothing.
    NotFound {
        /// The argument.
        argument: String,
    },
}

impl Problem {
    /// A code for programs.
    pub fn code(&self) -> &str {
        match self {
            Self::Unread { cause, .. } => cause.code(),
            Self::Unreachable { .. } => "unreachable",
            Self::Rejects { .. } => "rejects",
            Self::LaneWaits { why, .. } => why.code(),
            Self::Lost { .. } => "lost",
            Self::Foreign { .. } => "foreign_file",
            Self::Stray { .. } => "stray",
            Self::PassedOver { .. } => "passed_over",
            Self::Unproven { state, .. } => match state {
                DigestState::Valid => "digest_valid",
                DigestState::Changed => "digest_changed",
                DigestState::Missing => "digest_missing",
                DigestState::NotCovered => "digest_not_covered",
            },
            Self::Digest(fault) => fault.kind.code(),
            Self::NothingFound { .. } => "nothing_found",
            Self::NotFound { .. } => "not_found",
        }
    }

    /// The lane that it is about, where it or a key tells.
    pub fn lane(&self) -> Option<Lane> {
        match self {
            Self::LaneWaits { lane, .. } => Some(lane.clone()),
            Self::Unread { address, .. }
            | Self::Unreachable { address, .. }
            | Self::Lost { address } => match parse_key(address) {
                KeyKind::Raw(key) => Some(key.lane),
                _ => None,
            },
            _ => None,
        }
    }

    /// The address of the open claim that it is about.
    pub fn claim(&self) -> Option<&str> {
        match self {
            Self::LaneWaits { why, .. } => why.claim(),
            _ => None,
        }
    }

    /// What it is about: an address, a lane as `account/region`, or an argument.
    pub fn about(&self) -> String {
        match self {
            Self::Unread { address, .. }
            | Self::Unreachable { address, .. }
            | Self::Unproven { address, .. }
            | Self::Lost { address } => address.clone(),
            Self::Digest(fault) => fault.address.clone(),
            Self::Rejects { url, .. }
            | Self::Foreign { url }
            | Self::Stray { url }
            | Self::NothingFound { source: url, .. }
            | Self::PassedOver { url, .. } => url.clone(),
            Self::LaneWaits { lane, .. } => lane.to_string(),
            Self::NotFound { argument } => argument.clone(),
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> String {
        let step = match self {
            Self::Unread { cause, .. } => cause.next_step(),
            Self::Unreachable { .. } => "run again",
            Self::Rejects { .. } => {
                "look at the records; a later version may make rows of them by --retry-rejects"
            }
            Self::LaneWaits { why, .. } => return why.next_step(),
            Self::Lost { .. } => "nothing: this was asked for",
            Self::Foreign { .. } => "move it out of the table",
            Self::Stray { .. } => "move it out of the ledger",
            Self::Unproven { .. } => "run verify --digests, which says more",
            Self::Digest(fault) => fault.kind.what_to_do(),
            Self::PassedOver { .. } => "rename or move it, or allow reading it, then run again",
            Self::NothingFound { .. } => {
                "check the address, the account and the region (--allow-empty if it may hold none)"
            }
            Self::NotFound { .. } => "check it",
        };
        step.to_owned()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread { address, cause } => {
                write!(f, "{address}: {cause}; it is tried again by the next run")
            }
            Self::Unreachable { address, why } => {
                write!(f, "{address}: {why}; it is tried again by the next run")
            }
            Self::Rejects { url, records } => write!(
                f,
                "{records} records could not become rows; they are kept in {url}"
            ),
            Self::LaneWaits { lane, why } => write!(f, "{lane} waits: {why}"),
            Self::Lost { address } => {
                write!(f, "{address} is given up: its records are lost for good")
            }
            Self::Foreign { url } => write!(
                f,
                "{url} was not written by this program; {}",
                self.next_step()
            ),
            Self::Stray { url } => {
                write!(f, "{url} is no part of the ledger; {}", self.next_step())
            }
            Self::Unproven { address, state } => {
                write!(f, "{address} is converted, but {state}")
            }
            Self::Digest(fault) => {
                let (kind, address) = (fault.kind, &fault.address);
                let (expected, found) = (&fault.expected, &fault.found);
                write!(f, "{address}: {kind}: expected {expected}, found {found}")
            }
            Self::PassedOver { url, why } => write!(f, "{url} is passed over: {why}"),
            Self::NothingFound { source, seen } => {
                let seen = if seen.is_empty() {
                    "nothing at all"
                } else {
                    seen
                };
                write!(
                    f,
                    "{source} holds no logs of what was asked for, but {seen}; expected are files \
                     below AWSLogs/<account>/CloudTrail/<region>/YYYY/MM/DD/, or anywhere files \
                     named .json, .jsonl, .ndjson, .log, .txt or without extension, each also .gz or \
                     .zst: {}",
                    self.next_step()
                )
            }
            Self::NotFound { argument } => {
                write!(f, "{argument}: nothing of this name was met; check it")
            }
        }
    }
}

/// Who is told.
pub trait Monitor: Send + Sync {
    /// Called from many threads; must return soon.
    fn report(&self, progress: Progress);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Monitor for Silent {
    fn report(&self, _: Progress) {}
}
