//! The command `table ddl`.

use super::statement;
use crate::cli::error::usage;
use crate::cli::groups::codec::codec;
use crate::cli::groups::columns::SchemaArgs;
use crate::cli::groups::dialect::DialectArg;
use crate::cli::groups::glue::{self, ProjectionArgs};
use crate::cli::groups::s3::{DestArgs, S3Args};
use crate::cli::output::ResultArgs;
use clap::Args;
use cloudtrail2parquet::catalog::{self, CatalogColumn, TableName, TableSpec};
use cloudtrail2parquet::files::Contents;
use cloudtrail2parquet::table::Compression;

/// Arguments of `table ddl`.
#[derive(Debug, Args)]
pub(crate) struct DdlArgs {
    /// The table's place: s3://BUCKET/PREFIX, for DuckDB also a folder
    dest: String,
    /// The table's name; DuckDB's view has its second part [default for duckdb: cloudtrail]
    #[arg(long, value_name = "DB.NAME")]
    table: Option<TableName>,
    /// The engine that reads the SQL: CREATE EXTERNAL TABLE for Athena, as `table register` makes
    /// it; for DuckDB CREATE VIEW over the files, which are not looked at, after the macros that
    /// `queries` needs. Options of Glue and S3 do not go with it
    #[arg(long, value_enum, value_name = "ENGINE", default_value = "athena")]
    dialect: DialectArg,
    /// Further flattened columns
    #[command(flatten)]
    columns: SchemaArgs,
    /// The compression that the table's parameters name, for Athena [default: snappy]
    #[arg(long, value_name = "CODEC", value_parser = codec())]
    compression: Option<Compression>,
    /// The form of the result
    #[command(flatten)]
    result: ResultArgs,
    /// How accounts are projected
    #[command(flatten)]
    projection: ProjectionArgs,
    /// How to reach S3
    #[command(flatten)]
    s3: S3Args,
    /// How to read the destination
    #[command(flatten)]
    dest_s3: DestArgs,
}

pub(crate) async fn run(args: &DdlArgs) -> anyhow::Result<()> {
    let sql = match args.dialect {
        DialectArg::Athena => athena_table(args).await?,
        DialectArg::Duckdb => duckdb_view(args).await?,
    };
    statement::print(&sql, &args.result)
}

async fn athena_table(args: &DdlArgs) -> anyhow::Result<String> {
    let Some(name) = &args.table else {
        return Err(usage("name the table: --table DB.NAME"));
    };
    let schema = args.columns.schema()?;
    let destination = args.dest_s3.open(&args.dest, &args.s3).await?;
    glue::check_location(&destination)?;
    let contents = Contents::of(&destination).await?;
    let options = args
        .projection
        .options(args.compression.unwrap_or_default());
    let location = destination.url("");
    let spec = TableSpec::of(name.clone(), location, &contents, &schema, options);
    Ok(catalog::ddl(&spec)?)
}

async fn duckdb_view(args: &DdlArgs) -> anyhow::Result<String> {
    check_duckdb(args)?;
    let schema = args.columns.schema()?;
    let url = args.dest_s3.open(&args.dest, &args.s3).await?.url("");
    if url.contains('\\') {
        return Err(usage(
            "DuckDB reads no folder with a backslash in its name: rename it",
        ));
    }
    let view = args.table.as_ref().map_or("cloudtrail", |name| &name.table);
    Ok(catalog::duckdb_view(
        view,
        &url,
        &CatalogColumn::of(&schema),
    ))
}

/// Fails if an option was given that the view does not heed.
fn check_duckdb(args: &DdlArgs) -> anyhow::Result<()> {
    let unheeded = [
        ("--compression", args.compression.is_some()),
        (
            "--projection-account",
            args.projection.projection_account.is_some(),
        ),
        ("--endpoint-url", args.s3.endpoint_url.is_some()),
        ("--path-style", args.s3.path_style),
        (
            "--dest-bucket-owner",
            args.dest_s3.dest_bucket_owner.is_some(),
        ),
    ];
    match unheeded.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((option, _)) => Err(usage(format!(
            "{option} does nothing with --dialect duckdb: leave it out"
        ))),
    }
}
