//! The command `table register`.

use crate::cli::groups::codec::codec;
use crate::cli::groups::columns::SchemaArgs;
use crate::cli::groups::glue::{self, GlueArgs};
use crate::cli::groups::s3::{DestArgs, S3Args};
use crate::cli::output::ResultArgs;
use crate::cli::text::Text;
use clap::Args;
use cloudtrail2parquet::catalog::{Registered, TableName, TableSpec};
use cloudtrail2parquet::files::Contents;
use cloudtrail2parquet::table::Compression;

/// Arguments of `table register`.
#[derive(Debug, Args)]
pub(crate) struct RegisterArgs {
    /// The table's place: s3://BUCKET/PREFIX
    dest: String,
    /// The table's name
    #[arg(long, value_name = "DB.NAME")]
    table: TableName,
    /// Further flattened columns
    #[command(flatten)]
    columns: SchemaArgs,
    /// The compression that the table's parameters name
    #[arg(long, value_name = "CODEC", value_parser = codec(), default_value = "snappy")]
    compression: Compression,
    /// The form of the result
    #[command(flatten)]
    result: ResultArgs,
    /// How the table is registered
    #[command(flatten)]
    glue: GlueArgs,
    /// How to reach S3
    #[command(flatten)]
    s3: S3Args,
    /// How to read the destination
    #[command(flatten)]
    dest_s3: DestArgs,
}

pub(crate) async fn run(args: &RegisterArgs) -> anyhow::Result<()> {
    let schema = args.columns.schema()?;
    let destination = args.dest_s3.open(&args.dest, &args.s3).await?;
    glue::check_location(&destination)?;
    let contents = Contents::of(&destination).await?;
    let spec = TableSpec::of(
        args.table.clone(),
        destination.url(""),
        &contents,
        &schema,
        args.glue.options(args.compression),
    );
    let registered = args.glue.register(&spec, &contents).await?;
    args.result.print(
        || Ok(glue::document(&spec, &registered)),
        || text(&spec, &registered),
    )
}

fn text(spec: &TableSpec, registered: &Registered) -> Text {
    let mut text = Text::default();
    glue::text(&mut text, spec, registered);
    if let Some(advice) = &registered.advice {
        text.line(advice);
    }
    text
}
