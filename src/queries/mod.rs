//! The question pack: SQL for Athena and Trino, for DuckDB with some macros, and how it is filled in.

mod fill;
mod pack;
mod sql;

pub use fill::{Days, Dialect, FillError, Filling};
pub use pack::{Parameter, Question, nearest, of_theme, question, questions};
pub(crate) use sql::TABLE;
