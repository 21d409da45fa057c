//! The sharp cases of the protocol, one sentence each.

#![allow(clippy::unwrap_used)]

#[path = "../history/mod.rs"]
mod history;

mod calls;
mod compaction;
mod crashes;
mod damage;
mod deliveries;
mod expiry;
mod formats;
mod identity;
mod lanes;
mod open_claims;
mod retries;
mod states;
mod support;
mod unknown_accounts;
mod unwrap_paths;
