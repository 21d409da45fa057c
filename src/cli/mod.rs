//! Everything that a terminal sees.

mod args;
mod exit;
mod limits;
mod options;
mod queries;
mod report;
mod run;
mod savings;
mod stop;
mod term;

pub(crate) use exit::Exit;
pub(crate) use run::main;
