//! `verify` over tables in memory: nothing is found in a table that is whole, and everything that
//! is done to one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod beside;
mod damages;
mod levels;
mod raw;
mod support;
