//! The sharp cases of the protocol, one sentence each.

#[path = "../history/mod.rs"]
mod history;

mod calls;
mod crashes;
mod deliveries;
mod lanes;
mod open_claims;
mod support;
