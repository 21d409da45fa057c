//! Raw AWS CloudTrail JSON in, a queryable Parquet table out.
//!
//! ```text
//! store ─discover→ raw objects ─decode→ rows ─batch→ claim ─encode→ Parquet ─commit→ receipt ─register→ Glue
//! ```
//!
//! `DESIGN.md` says what each file does and why no event is lost or doubled.

pub mod aws;
pub mod catalog;
pub mod cloudtrail;
pub mod convert;
pub mod json;
pub mod ledger;
pub mod monitor;
pub mod queries;
pub mod sample;
pub mod savings;
pub mod store;
pub mod table;
