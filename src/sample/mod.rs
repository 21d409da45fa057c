//! A deterministic generator of realistic CloudTrail: what the tour, the tests and the
//! benches convert where there is no AWS account.
//!
//! The events, the callers behind them and the things they touch are data
//! (`events.txt`); the code here decides how many happen where, and how CloudTrail would
//! deliver them: in tiny and large files, late, twice, under two regions, across midnight.

mod catalog;
mod delivery;
mod generator;
mod options;
mod random;
mod template;
mod world;

pub use generator::generate;
pub use options::{SampleOptions, Truth};
