//! Arguments and environment → the library's options.

use super::args::{CatalogArgs, ColumnsArgs, ConvertArgs, ProjectionArg, RangeArgs, S3Args};
use super::limits;
use cloudtrail2parquet::catalog::{
    AccountProjection, CatalogColumn, Contents, TableName, TableSpec,
};
use cloudtrail2parquet::convert::{ConvertOptions, Range, Shard};
use cloudtrail2parquet::ledger::RowOptions;
use cloudtrail2parquet::store::{S3Options, Store};
use cloudtrail2parquet::table::{Compression, EncodeOptions, Schema, parse_columns_file};
use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use std::{env, fs, path::Path, sync::Arc};

/// A mistake on the command line: the program ends with the code for wrong usage.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageError(pub(crate) String);

fn usage(what: impl Into<String>) -> anyhow::Error {
    UsageError(what.into()).into()
}

/// Today in UTC.
pub(crate) fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

/// The options of a conversion.
pub(crate) fn convert_options(args: &ConvertArgs) -> anyhow::Result<ConvertOptions> {
    let threads = args.threads.map_or_else(limits::threads, usize::from);
    Ok(ConvertOptions {
        schema: Arc::new(schema(&args.columns)?),
        encode: EncodeOptions {
            compression: args.compression,
        },
        rows: RowOptions {
            keep_duplicates: args.keep_duplicates,
            max_object_bytes: args.max_object_size,
        },
        range: range(&args.range)?,
        shard: shard(args.shard)?,
        give_up: args.give_up.iter().cloned().collect(),
        threads,
        memory: args.memory.unwrap_or_else(|| limits::memory(threads)),
        now: Timestamp::now(),
    })
}

/// The range of delivery days and lanes.
pub(crate) fn range(args: &RangeArgs) -> anyhow::Result<Range> {
    let (from, to) = match args.last {
        Some(days) => {
            let today = today();
            let from = today
                .checked_sub(Span::new().days(i64::from(days) - 1))
                .map_err(|_| usage(format!("--last {days} reaches too far back")))?;
            (Some(from), Some(today))
        }
        None => (args.from, args.to),
    };
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(usage(format!("--from {from} is after --to {to}")));
    }
    for account in &args.account {
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(usage(format!(
                "--account {account:?} is no account: write its 12 digits"
            )));
        }
    }
    for region in &args.region {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(3..=32).contains(&region.len()) || !region.bytes().all(fits) {
            return Err(usage(format!(
                "--region {region:?} is no region: write it as us-east-1"
            )));
        }
    }
    Ok(Range {
        from,
        to,
        accounts: args.account.iter().cloned().collect(),
        regions: args.region.iter().cloned().collect(),
    })
}

/// The shard asked for, or that of the AWS Batch array job that this process is a child of.
fn shard(asked: Option<Shard>) -> anyhow::Result<Shard> {
    if let Some(shard) = asked {
        return Ok(shard);
    }
    let variable = |name: &str| env::var(name).ok();
    match (
        variable("AWS_BATCH_JOB_ARRAY_INDEX"),
        variable("AWS_BATCH_JOB_ARRAY_SIZE"),
    ) {
        (Some(index), Some(count)) => {
            let wrong = || {
                usage(format!(
                    "AWS_BATCH_JOB_ARRAY_INDEX={index} of AWS_BATCH_JOB_ARRAY_SIZE={count} is no part of an array job: set both, or --shard K/N"
                ))
            };
            let index: u32 = index.parse().map_err(|_| wrong())?;
            format!("{}/{count}", index.saturating_add(1))
                .parse()
                .map_err(|_| wrong())
        }
        (Some(index), None) => Err(usage(format!(
            "AWS_BATCH_JOB_ARRAY_INDEX={index} is set and AWS_BATCH_JOB_ARRAY_SIZE is not: set both, or --shard K/N"
        ))),
        _ => Ok(Shard::ALL),
    }
}

/// The columns, with those of `--columns`.
pub(crate) fn schema(args: &ColumnsArgs) -> anyhow::Result<Schema> {
    let extra = match &args.columns {
        None => Vec::new(),
        Some(file) => {
            let text = fs::read_to_string(file)
                .map_err(|error| usage(format!("--columns {}: {error}", file.display())))?;
            parse_columns_file(&text)
                .map_err(|error| usage(format!("--columns {}: {error}", file.display())))?
        }
    };
    Schema::new(&extra).map_err(|error| usage(format!("--columns: {error}")))
}

/// The raw logs.
pub(crate) async fn source(address: &str, args: &S3Args) -> anyhow::Result<Store> {
    let options = S3Options {
        requester_pays: args.requester_pays,
        expected_bucket_owner: args.source_bucket_owner.clone(),
        ..s3_options(args)
    };
    if !is_url(address) {
        match fs::metadata(address) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(usage(no_folder("source", address))),
            Err(error) => {
                return Err(usage(format!(
                    "the source {address:?} cannot be opened ({error}): name a folder or s3://BUCKET/PREFIX"
                )));
            }
        }
    }
    Ok(open(address, &options).await?.as_source())
}

fn no_folder(what: &str, address: &str) -> String {
    let parent = Path::new(address)
        .parent()
        .map(|parent| parent.display().to_string());
    let folder = parent
        .filter(|parent| !parent.is_empty())
        .unwrap_or_else(|| ".".to_owned());
    format!("the {what} {address:?} is a file: name a folder, such as {folder:?}, which holds it")
}

/// Fails if the table would lie among the raw logs themselves.
pub(crate) fn check_apart(source: &Store, destination: &Store) -> anyhow::Result<()> {
    if source.url("") == destination.url("") {
        return Err(usage(format!(
            "the destination is the source, {}: name another, which may lie inside it",
            source.url("")
        )));
    }
    Ok(())
}

/// The table's place.
pub(crate) async fn destination(address: &str, args: &S3Args) -> anyhow::Result<Store> {
    let options = S3Options {
        sse_kms_key_id: args.sse_kms_key_id.clone(),
        expected_bucket_owner: args.dest_bucket_owner.clone(),
        ..s3_options(args)
    };
    if !is_url(address) && fs::metadata(address).is_ok_and(|metadata| !metadata.is_dir()) {
        return Err(usage(no_folder("destination", address)));
    }
    open(address, &options).await
}

fn s3_options(args: &S3Args) -> S3Options {
    S3Options {
        endpoint_url: args.endpoint_url.clone(),
        force_path_style: args.path_style,
        ..S3Options::default()
    }
}

async fn open(address: &str, options: &S3Options) -> anyhow::Result<Store> {
    if let Some(path) = address.strip_prefix("s3://") {
        if path.split('/').next().unwrap_or_default().is_empty() {
            return Err(usage(format!(
                "{address:?} names no bucket: write s3://BUCKET/PREFIX"
            )));
        }
        return Ok(Store::s3(address, options).await?);
    }
    if is_url(address) {
        return Err(usage(format!(
            "{address:?} is neither a folder nor in S3: name a folder or s3://BUCKET/PREFIX"
        )));
    }
    Ok(Store::local(address)?)
}

fn is_url(address: &str) -> bool {
    address.contains("://")
}

/// Fails unless Glue can have a table there.
pub(crate) fn check_location(destination: &Store) -> anyhow::Result<()> {
    let location = destination.url("");
    if location.starts_with("s3://") {
        return Ok(());
    }
    Err(usage(format!(
        "a Glue table needs a destination in S3, and {location} is a folder: name s3://BUCKET/PREFIX"
    )))
}

/// The columns as the catalog has them.
pub(crate) fn catalog_columns(schema: &Schema) -> Vec<CatalogColumn> {
    let columns = schema.columns().iter().map(|column| CatalogColumn {
        name: column.name.clone(),
        glue_type: column.glue_type.clone(),
        comment: column.comment.clone(),
    });
    columns.collect()
}

/// The table of what the destination holds.
pub(crate) fn table_spec(
    name: &TableName,
    destination: &Store,
    contents: &Contents,
    schema: &Schema,
    args: &CatalogArgs,
    compression: Compression,
) -> TableSpec {
    let location = destination.url("");
    TableSpec {
        name: name.clone(),
        location,
        columns: catalog_columns(schema),
        accounts: contents.accounts.clone(),
        regions: contents.regions.clone(),
        first_date: contents.first_date(),
        today: today(),
        account_projection: match args.projection_account {
            ProjectionArg::Enum => AccountProjection::Enum,
            ProjectionArg::Injected => AccountProjection::Injected,
        },
        compression: match compression {
            Compression::Snappy => "SNAPPY",
            Compression::Zstd => "ZSTD",
            Compression::Gzip => "GZIP",
            Compression::None => "UNCOMPRESSED",
        }
        .into(),
        catalog_id: args.catalog_id.clone(),
    }
}
