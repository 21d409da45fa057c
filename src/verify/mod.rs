//! The proof that a table is whole: its ledger, its files, its rows, and the raw objects behind
//! them. Nothing is written.
//!
//! Each level does what the one before does, and more:
//!
//! - [`Level::Ledger`]: documents, their numbers, receipts against listings;
//! - [`Level::Files`]: footers and row counts against receipts;
//! - [`Level::Rows`]: every byte against the receipts' hashes; times, rebuilt records, repeats;
//! - [`Level::Raw`]: raw objects read again: every record is a row, a duplicate or a reject.
//!
//! Beside them, raw objects are checked against CloudTrail's digests ([`DigestOptions`]).

mod comparison;
mod content;
mod digest_report;
mod digests;
mod documents;
mod doubled;
mod finding;
mod lane;
mod listing;
mod outside;
mod raw;
mod raw_claim;
mod raw_object;
mod report;
mod retried_claim;
mod run;
mod table_side;
mod verifier;

pub use digest_report::{LaneDigestReport, TrailReport};
pub use digests::DigestOptions;
pub use finding::{Finding, FindingKind};
pub use report::Report;
pub use run::verify;
pub use verifier::{Level, VerifyOptions};
