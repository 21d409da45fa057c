//! The commands `table …`.

mod columns;
mod ddl;
mod register;
mod statement;
mod view;

use clap::Subcommand;

/// What is done with the table.
#[derive(Debug, Subcommand)]
pub(crate) enum TableCommand {
    /// Create the table in Glue, or update it on change
    Register(register::RegisterArgs),
    /// Print the table as SQL, for Athena or DuckDB
    ///
    /// For DuckDB it is a view with every column of the table, also those that no file has yet.
    Ddl(ddl::DdlArgs),
    /// Print a view for queries on raw CloudTrail tables, as SQL for Athena and Trino
    ///
    /// It has the table's columns, and what such queries call the partitions: timestamp, as
    /// 2024/05/31, and year, month and day.
    View(view::ViewArgs),
    /// Print the columns: name, type, source path, comment
    Columns(columns::TableColumnsArgs),
}

pub(crate) async fn run(command: &TableCommand) -> anyhow::Result<()> {
    match command {
        TableCommand::Register(args) => register::run(args).await,
        TableCommand::Ddl(args) => ddl::run(args).await,
        TableCommand::View(args) => view::run(args),
        TableCommand::Columns(args) => columns::run(args),
    }
}
