//! Raw AWS CloudTrail JSON in, a queryable Parquet table out.
//!
//! ```text
//! store ─discover→ raw objects ─decode→ rows ─batch→ claim ─encode→ Parquet ─commit→ receipt ─register→ Glue
//! ```
//!
//! `DESIGN.md` says what each file does and why no event is lost or doubled.

// A run is one future of futures, deeper than what the compiler looks into by itself.
#![recursion_limit = "256"]

pub mod aws;
pub mod catalog;
pub mod cloudtrail;
mod commit;
pub mod convert;
pub mod digests;
pub mod failure;
pub mod files;
pub mod json;
pub mod lane;
pub mod ledger;
pub mod monitor;
pub mod names;
pub mod plan;
pub mod queries;
pub mod restore;
pub mod sample;
pub mod savings;
pub mod scope;
pub mod store;
pub mod table;
pub mod upkeep;
pub mod verify;
mod work;
