//! The engine that printed SQL is for.

use clap::ValueEnum;
use cloudtrail2parquet::queries::Dialect;

/// An engine that reads SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DialectArg {
    /// Athena and Trino
    Athena,
    /// DuckDB
    Duckdb,
}

impl From<DialectArg> for Dialect {
    fn from(dialect: DialectArg) -> Self {
        match dialect {
            DialectArg::Athena => Self::Athena,
            DialectArg::Duckdb => Self::Duckdb,
        }
    }
}
