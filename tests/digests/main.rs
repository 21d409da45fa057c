//! Log files and digests against each other.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../signed/mod.rs"]
mod signed;
mod support;
mod tampering;
mod trails;
