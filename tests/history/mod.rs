//! Histories of a bucket and its table: deliveries, runs, crashes, and what must hold after
//! each of them.

#![allow(dead_code, reason = "each test uses its part")]

pub(crate) mod oracle;
pub(crate) mod raw;
pub(crate) mod snapshot;
pub(crate) mod steps;
pub(crate) mod worker;
pub(crate) mod world;
