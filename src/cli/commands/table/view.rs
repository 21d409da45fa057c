//! The command `table view`.

use super::statement;
use crate::cli::error::usage;
use crate::cli::output::ResultArgs;
use clap::Args;
use cloudtrail2parquet::catalog::{TableName, raw_names_view};

/// Arguments of `table view`.
#[derive(Debug, Args)]
pub(crate) struct ViewArgs {
    /// The table's name
    #[arg(long, value_name = "DB.NAME")]
    table: TableName,
    /// The view's name [default: that of the table, with _raw_names]
    #[arg(long, value_name = "DB.NAME")]
    view: Option<TableName>,
    /// The form of the result
    #[command(flatten)]
    result: ResultArgs,
}

pub(crate) fn run(args: &ViewArgs) -> anyhow::Result<()> {
    let view = match &args.view {
        Some(view) => view.clone(),
        None => format!("{}_raw_names", args.table)
            .parse()
            .map_err(|error| usage(format!("name the view with --view: {error}")))?,
    };
    if view == args.table {
        return Err(usage("--view is the table itself: name another"));
    }
    statement::print(&raw_names_view(&args.table, &view), &args.result)
}
