//! The command `table columns`.

mod examples;
mod page;

use crate::cli::groups::columns::SchemaArgs;
use crate::cli::output::{ResultArgs, print_text};
use crate::cli::text::Text;
use clap::Args;
use cloudtrail2parquet::table::{ColumnInfo, Schema};
use serde_json::{Value, json};

/// Arguments of `table columns`.
#[derive(Debug, Args)]
pub(crate) struct TableColumnsArgs {
    /// Further flattened columns
    #[command(flatten)]
    columns: SchemaArgs,
    /// Print a Markdown page
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// The form of the result
    #[command(flatten)]
    result: ResultArgs,
}

pub(crate) fn run(args: &TableColumnsArgs) -> anyhow::Result<()> {
    let schema = args.columns.schema()?;
    match args.markdown {
        true => print_text(&page::page(&schema)),
        false => args
            .result
            .print(|| Ok(document(&schema)), || text(&schema)),
    }
}

fn text(schema: &Schema) -> Text {
    let mut text = Text::default();
    text.tabbed(&["name", "type", "path", "comment"]);
    for column in schema.columns() {
        let ColumnInfo {
            name,
            glue_type,
            source,
            comment,
            ..
        } = column;
        text.tabbed(&[name, glue_type, source, comment]);
    }
    text
}

fn document(schema: &Schema) -> Value {
    let column = |column: &ColumnInfo| {
        json!({
            "name": column.name,
            "type": column.glue_type,
            "path": column.source,
            "comment": column.comment,
        })
    };
    schema.columns().iter().map(column).collect()
}
