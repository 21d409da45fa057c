//! The protocol by which every piece of work becomes visible, exactly once:
//! take the lane's turn → claim → write → receipt.
//!
//! Whoever takes a lane's turn first finishes the claim that another worker, or an earlier
//! run, has left open there. `DESIGN.md` states the invariants.

mod encoded;
mod finish;
mod protocol;
mod replace;
mod rows;
mod turn;
mod write;

pub(crate) use finish::{Rebuild, Rebuilt};
pub(crate) use protocol::{Begun, Committed, Patience, commit, commit_replacement, take_turn};
pub(crate) use replace::{How, Merged, replacements};
pub(crate) use rows::{NewRows, seconds};
pub(crate) use turn::Turn;
