//! The built program, as its users run it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../chunks/mod.rs"]
mod chunks;
mod columns;
mod convert;
mod ddl;
mod digests;
mod digests_convert;
mod empty;
mod forms;
mod help;
mod interrupted;
mod kept_aside;
mod left;
mod messages;
mod plan;
mod printable;
mod problems;
mod queries;
mod real;
mod restore;
mod runs;
mod savings;
mod selection;
mod servers;
#[path = "../signed/mod.rs"]
mod signed;
mod sources;
mod support;
mod trees;
mod upkeep;
mod usage;
mod verify;
