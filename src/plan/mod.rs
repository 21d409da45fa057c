//! How a backfill is divided among workers: lanes by the bytes of their raw objects.

mod divide;
mod document;
mod weigh;

pub use divide::divide;
pub use document::{Load, Plan, PlanError, PlannedLane};
pub use weigh::{LaneWeight, Weights, weigh};
