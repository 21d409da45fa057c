//! The columns of the table.

use crate::cli::error::usage;
use clap::Args;
use cloudtrail2parquet::table::{Schema, parse_columns_file};
use std::fs;
use std::path::PathBuf;

/// Further columns.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Further flattened columns, a line each: name, type (string or array<string>), path
    #[arg(long, value_name = "FILE")]
    columns: Option<PathBuf>,
}

impl SchemaArgs {
    /// The columns, with those of `--columns`.
    pub(crate) fn schema(&self) -> anyhow::Result<Schema> {
        let extra = match &self.columns {
            None => Vec::new(),
            Some(file) => {
                let wrong = |error: &dyn std::fmt::Display| {
                    usage(format!("--columns {}: {error}", file.display()))
                };
                let text = fs::read_to_string(file).map_err(|error| wrong(&error))?;
                parse_columns_file(&text).map_err(|error| wrong(&error))?
            }
        };
        Schema::new(&extra).map_err(|error| usage(format!("--columns: {error}")))
    }
}
