//! Histories of a bucket and its table: deliveries, runs, crashes, and what must hold after
//! each of them.

#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "only tests use it, each its part"
)]

pub(crate) mod chores;
pub(crate) mod draw;
pub(crate) mod expected;
pub(crate) mod oracle;
pub(crate) mod raw;
pub(crate) mod replaced;
pub(crate) mod reports;
pub(crate) mod snapshot;
pub(crate) mod steps;
pub(crate) mod worker;
pub(crate) mod world;
