//! The command `table columns`.

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
        true => print_text(&page(&schema)),
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

/// The page `docs/columns.md`.
fn page(schema: &Schema) -> Text {
    let mut page: Text = PAGE.lines().collect();
    for column in schema.columns() {
        let cell = |text: &str| text.replace('|', "\\|");
        page.line(format!(
            "| `{}` | `{}` | {} | {} |",
            column.name,
            column.glue_type,
            code(&cell(&column.source)),
            cell(&column.comment)
        ));
    }
    page
}

const PAGE: &str = "\
# Columns

Made by `cloudtrail2parquet table columns --markdown`. The partition keys `account`, `region`
and `date` (strings) are in the paths, not in the files. A flattened column that is null in
every row of a file is left out of that file; readers that match columns by name give null.

| column | type | from | what |
|---|---|---|---|
";

fn code(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("`{text}`"),
    }
}
