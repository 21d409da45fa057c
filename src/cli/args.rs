//! What was typed. Defaults that need a look at the machine are in `options`.

use super::queries::QueriesArgs;
use super::savings::SavingsArgs;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use cloudtrail2parquet::catalog::TableName;
use cloudtrail2parquet::convert::Shard;
use cloudtrail2parquet::sample::SampleOptions;
use cloudtrail2parquet::table::Compression;
use jiff::civil::Date;
use std::path::PathBuf;

/// Converts raw AWS CloudTrail logs into a Parquet table for Athena, Trino, DuckDB and Spark
///
/// Reads CloudTrail's .json.gz objects from S3 or a folder, writes Snappy Parquet
/// partitioned by account, region and the event's UTC date, and registers a Glue table with
/// partition projection. Run it again at any moment: every event is converted exactly once,
/// and a run that finds nothing new writes nothing.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Command,
    /// How to talk
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

const EXAMPLES: &str = "\
Examples:
  A folder in, a folder out, no AWS account:
    cloudtrail2parquet convert ./logs ./table
  The nightly run, with the Glue table:
    cloudtrail2parquet convert s3://my-logs s3://my-lake/cloudtrail --last 3 --table security.cloudtrail
  A backfill of years, as one of 20 workers:
    cloudtrail2parquet convert s3://my-logs s3://my-lake/cloudtrail --shard 4/20
  What would be done:
    cloudtrail2parquet convert s3://my-logs s3://my-lake/cloudtrail --dry-run
  A question as SQL for Athena and Trino:
    cloudtrail2parquet queries failed-console-logins --table security.cloudtrail --last 30
  What Athena would bill for the questions, over raw logs and over the table:
    cloudtrail2parquet savings s3://my-lake/cloudtrail --last 30

Exit codes:
  0 done   1 failed   2 wrong usage   3 done, with failures kept aside
  130 interrupted (SIGINT)   143 terminated (SIGTERM)";

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Convert what SOURCE holds and DEST lacks
    ///
    /// SOURCE is walked for AWSLogs/ trees of any layout; account, region and delivery day come
    /// from the keys. Files outside such a tree (.json, .jsonl, .ndjson, also with .gz) are read
    /// to find out. What cannot be read or cannot become a row is kept aside and reported, and
    /// the exit code is then 3. Nothing in SOURCE is ever changed.
    Convert(Box<ConvertArgs>),
    /// Show what is raw, converted, pending and rejected, lane by lane
    ///
    /// A lane is one account in one region. Rows, duplicates, rejects and Parquet are those of
    /// the delivery days asked for. Nothing is written.
    Status(StatusArgs),
    /// Work on the Glue table
    #[command(subcommand)]
    Table(TableCommand),
    /// List the question pack, or print a question as SQL for Athena and Trino
    ///
    /// The SQL is filled in with the table, the dates, the lanes and what is asked about.
    /// Without dates it is about today and the seven days before.
    Queries(QueriesArgs),
    /// Show what questions read, and Athena would bill: raw logs against this table
    ///
    /// Computed from the ledger and the files' footers over your own data; nothing is queried.
    Savings(SavingsArgs),
    /// Write sample CloudTrail logs into a folder
    Sample(SampleArgs),
    /// Print shell completions
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// What is done with the table.
#[derive(Debug, Subcommand)]
pub(crate) enum TableCommand {
    /// Create the table in Glue, or update it on change
    Register(RegisterArgs),
    /// Print the table as SQL, for Athena or DuckDB
    ///
    /// For DuckDB it is a view with every column of the table, also those that no file has yet.
    Ddl(DdlArgs),
    /// Print a view for queries on raw CloudTrail tables, as SQL for Athena and Trino
    ///
    /// It has the table's columns, and what such queries call the partitions: timestamp, as
    /// 2024/05/31, and year, month and day.
    View(ViewArgs),
    /// Print the columns: name, type, source path, comment
    Columns {
        /// Further flattened columns
        #[command(flatten)]
        columns: ColumnsArgs,
        /// Print a Markdown page
        #[arg(long, conflicts_with = "json")]
        markdown: bool,
    },
}

/// Options of all commands.
#[derive(Debug, ClapArgs)]
pub(crate) struct OutputArgs {
    /// Print the result as one JSON document
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Show neither progress nor notes, only problems
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// The form of log lines
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORM",
        default_value = "text"
    )]
    pub(crate) log_format: LogFormat,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Arguments of `convert`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ConvertArgs {
    /// Raw logs: s3://BUCKET[/PREFIX] or a folder
    pub(crate) source: String,
    /// The table's place: s3://BUCKET/PREFIX or a folder
    pub(crate) dest: String,
    /// Print what would be converted, with sizes, and convert nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Register the table in Glue when the conversion is done
    #[arg(long, value_name = "DB.NAME")]
    pub(crate) table: Option<TableName>,
    /// Keep repeated events instead of one of each
    #[arg(long)]
    pub(crate) keep_duplicates: bool,
    /// Finish open claims without this object, whose records are then lost for good
    #[arg(long, value_name = "KEY")]
    pub(crate) give_up: Vec<String>,
    /// Largest object read, uncompressed; a larger one is kept aside
    #[arg(long, value_name = "BYTES", default_value = "256MiB", value_parser = parse_bytes)]
    pub(crate) max_object_size: u64,
    /// Further flattened columns
    #[command(flatten)]
    pub(crate) columns: ColumnsArgs,
    /// How Parquet is compressed: snappy, zstd, gzip or none
    #[arg(long, value_name = "CODEC", default_value = "snappy")]
    pub(crate) compression: Compression,
    /// Threads that inflate, parse and encode [default: the cores of the machine or container]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
    /// Memory for the batches under way [default: by the machine's or container's memory]
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub(crate) memory: Option<u64>,
    /// Which raw objects
    #[command(flatten)]
    pub(crate) range: RangeArgs,
    /// Only part K of N of the lanes, K from 1 [default: by AWS Batch's array job, if in one]
    #[arg(long, value_name = "K/N", help_heading = "Range")]
    pub(crate) shard: Option<Shard>,
    /// How the Glue table is made
    #[command(flatten)]
    pub(crate) catalog: CatalogArgs,
    /// How to reach S3
    #[command(flatten)]
    pub(crate) s3: S3Args,
}

/// Which raw objects, by delivery.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Range")]
pub(crate) struct RangeArgs {
    /// First delivery day, as YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<Date>,
    /// Last delivery day, as YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<Date>,
    /// The last DAYS delivery days, today (UTC) included
    #[arg(long, value_name = "DAYS", conflicts_with_all = ["from", "to"], value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) last: Option<u16>,
    /// Only this account; may be repeated
    #[arg(long, value_name = "ID")]
    pub(crate) account: Vec<String>,
    /// Only this region; may be repeated
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Vec<String>,
}

/// Which events, by their own dates.
#[derive(Debug, ClapArgs)]
#[command(
    mut_arg("from", |arg| arg.help("First date of events, as YYYY-MM-DD")),
    mut_arg("to", |arg| arg.help("Last date of events, as YYYY-MM-DD")),
    mut_arg("last", |arg| arg.help("The last DAYS dates, today (UTC) included"))
)]
pub(crate) struct EventRangeArgs {
    /// The same, of events
    #[command(flatten)]
    pub(crate) range: RangeArgs,
}

/// Further columns.
#[derive(Debug, ClapArgs)]
pub(crate) struct ColumnsArgs {
    /// Further flattened columns, a line each: name, type (string or array<string>), path
    #[arg(long, value_name = "FILE")]
    pub(crate) columns: Option<PathBuf>,
}

/// How the Glue table is made.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Glue")]
pub(crate) struct CatalogArgs {
    /// The account that owns the catalog, if not the caller's
    #[arg(long, value_name = "ID")]
    pub(crate) catalog_id: Option<String>,
    /// How accounts are projected: enum lists them; injected asks each query to name them
    #[arg(long, value_enum, value_name = "HOW", default_value = "enum")]
    pub(crate) projection_account: ProjectionArg,
    /// Register each partition too, for engines that ignore projection
    #[arg(long)]
    pub(crate) register_partitions: bool,
}

/// How accounts are projected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProjectionArg {
    /// The table lists them
    Enum,
    /// Each query names them
    Injected,
}

/// How to reach S3.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "S3")]
pub(crate) struct S3Args {
    /// Another S3 endpoint than the environment's (AWS_ENDPOINT_URL_S3)
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// Address buckets as ENDPOINT/BUCKET
    #[arg(long)]
    pub(crate) path_style: bool,
    /// Pay for requests to a requester-pays source
    #[arg(long)]
    pub(crate) requester_pays: bool,
    /// Encrypt what is written with this KMS key
    #[arg(long, value_name = "KEY")]
    pub(crate) sse_kms_key_id: Option<String>,
    /// Refuse a source bucket of another account
    #[arg(long, value_name = "ID")]
    pub(crate) source_bucket_owner: Option<String>,
    /// Refuse a destination bucket of another account
    #[arg(long, value_name = "ID")]
    pub(crate) dest_bucket_owner: Option<String>,
}

/// Arguments of `status`.
#[derive(Debug, ClapArgs)]
pub(crate) struct StatusArgs {
    /// Raw logs: s3://BUCKET[/PREFIX] or a folder
    pub(crate) source: String,
    /// The table's place: s3://BUCKET/PREFIX or a folder
    pub(crate) dest: String,
    /// Which raw objects
    #[command(flatten)]
    pub(crate) range: RangeArgs,
    /// How to reach S3
    #[command(flatten)]
    pub(crate) s3: S3Args,
}

/// Arguments of `table register`.
#[derive(Debug, ClapArgs)]
pub(crate) struct RegisterArgs {
    /// The table's name
    #[arg(long, value_name = "DB.NAME")]
    pub(crate) table: TableName,
    /// What the table is made of
    #[command(flatten)]
    pub(crate) made_of: TableArgs,
}

/// What a table is made of.
#[derive(Debug, ClapArgs)]
pub(crate) struct TableArgs {
    /// The table's place: s3://BUCKET/PREFIX
    pub(crate) dest: String,
    /// Further flattened columns
    #[command(flatten)]
    pub(crate) columns: ColumnsArgs,
    /// The compression that the table's parameters name
    #[arg(long, value_name = "CODEC", default_value = "snappy")]
    pub(crate) compression: Compression,
    /// How the Glue table is made
    #[command(flatten)]
    pub(crate) catalog: CatalogArgs,
    /// How to reach S3
    #[command(flatten)]
    pub(crate) s3: S3Args,
}

/// Arguments of `table ddl`.
#[derive(Debug, ClapArgs)]
#[command(mut_arg("dest", |arg| arg.help("The table's place: s3://BUCKET/PREFIX, for DuckDB also a folder")))]
pub(crate) struct DdlArgs {
    /// The table's name; DuckDB's view has its second part [default for duckdb: cloudtrail]
    #[arg(long, value_name = "DB.NAME")]
    pub(crate) table: Option<TableName>,
    /// The engine that reads the SQL
    #[arg(long, value_enum, value_name = "ENGINE", default_value = "athena")]
    pub(crate) dialect: Dialect,
    /// What the table is made of
    #[command(flatten)]
    pub(crate) made_of: TableArgs,
}

/// An engine that reads SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Dialect {
    /// CREATE EXTERNAL TABLE, as `table register` makes it
    Athena,
    /// CREATE VIEW over the files; options of Glue do not matter
    Duckdb,
}

/// Arguments of `table view`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ViewArgs {
    /// The table's name
    #[arg(long, value_name = "DB.NAME")]
    pub(crate) table: TableName,
    /// The view's name [default: that of the table, with _raw_names]
    #[arg(long, value_name = "DB.NAME")]
    pub(crate) view: Option<TableName>,
}

/// Arguments of `sample`.
#[derive(Debug, ClapArgs)]
pub(crate) struct SampleArgs {
    /// The folder to write into
    pub(crate) dest: PathBuf,
    /// About how much to write, uncompressed
    #[arg(long, value_name = "BYTES", default_value = "10MiB", value_parser = parse_bytes)]
    pub(crate) size: u64,
    /// The same number gives the same logs
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many accounts, 012345678901 first
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) accounts: u32,
    /// How many regions each has, us-east-1 first
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=MAX_REGIONS))]
    pub(crate) regions: u32,
    /// How many days, from 2024-05-01
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) days: u32,
    /// An organisation's shape: SIZE falls on one lane in ten; the others see 1 to 20 events a day
    #[arg(long)]
    pub(crate) tiny_lanes: bool,
}

const MAX_REGIONS: i64 = SampleOptions::MAX_REGIONS as i64;

/// Reads `512MiB`, `2G` or plain bytes.
fn parse_bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits
        .parse()
        .map_err(|_| "write a size as 512MiB, 2GiB or plain bytes".to_owned())?;
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        other => return Err(format!("{other:?} is no unit: use KiB, MiB or GiB")),
    };
    number
        .checked_mul(unit)
        .filter(|&bytes| bytes > 0)
        .ok_or_else(|| "the size is out of range".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_option_has_a_help_sentence_without_a_full_stop() {
        fn check(command: &clap::Command) {
            for argument in command.get_arguments() {
                let help = argument
                    .get_help()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                let first = help.chars().next();
                assert!(
                    first.is_some_and(char::is_uppercase),
                    "{}: {help:?}",
                    argument.get_id()
                );
                assert!(!help.ends_with('.'), "{}: {help:?}", argument.get_id());
            }
            command.get_subcommands().for_each(check);
        }
        check(&Args::command());
    }

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(parse_bytes("512MiB"), Ok(512 << 20));
        assert_eq!(parse_bytes("1GB"), Ok(1_000_000_000));
        assert_eq!(parse_bytes("123"), Ok(123));
        for wrong in ["", "MiB", "1.5G", "1X", "0", "99999999999GiB"] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
    }
}
