//! The question pack: SQL for Athena and Trino, and how it is filled in.

mod fill;
mod pack;
mod sql;

pub use fill::{Days, FillError, Filling};
pub use pack::{Parameter, Question, nearest, question, questions};
pub(crate) use sql::TABLE;
