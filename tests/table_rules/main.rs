//! What each rule of the table makes of a record, read back from Parquet by column name.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod flattened;
mod members;
mod refused;
mod support;
