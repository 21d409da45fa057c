//! One function a command.

use super::args::{
    Args, Command, ConvertArgs, DdlArgs, Dialect, RegisterArgs, SampleArgs, StatusArgs, TableArgs,
    TableCommand, ViewArgs,
};
use super::exit::Exit;
use super::options::{self, UsageError};
use super::queries;
use super::report;
use super::savings;
use super::stop::Stop;
use super::term::{TermMonitor, init_logging};
use anyhow::Context;
use clap::{CommandFactory, Parser};
use cloudtrail2parquet::catalog::{self, Contents, Registered, TableName, TableSpec};
use cloudtrail2parquet::convert::{Shard, convert, status};
use cloudtrail2parquet::monitor::{Monitor, Progress};
use cloudtrail2parquet::store::Store;
use cloudtrail2parquet::table::Schema;
use cloudtrail2parquet::{aws, sample};
use std::io::{self, Write};
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use std::{fs, path::Path};
use tokio_util::sync::CancellationToken;

/// Parses the command line, runs the command, and prints the one final error.
pub(crate) fn main() -> Exit {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
        }
    };
    init_logging(&args.output);
    let result = tokio::runtime::Runtime::new()
        .context("cannot start the runtime")
        .and_then(|runtime| {
            let result = runtime.block_on(run(args));
            // A read of a dead network file system must not keep the process.
            runtime.shutdown_background();
            result
        });
    result.unwrap_or_else(|error| {
        if is_broken_pipe(&error) {
            return Exit::Done;
        }
        tracing::error!("{error:#}");
        if error.is::<UsageError>() {
            Exit::Usage
        } else {
            Exit::Fatal
        }
    })
}

async fn run(args: Args) -> anyhow::Result<Exit> {
    let json = args.output.json;
    match &args.command {
        Command::Convert(convert) if convert.dry_run => dry_run(convert, json).await,
        Command::Convert(convert) => run_convert(convert, &args).await,
        Command::Status(status) => run_status(status, json).await,
        Command::Table(TableCommand::Register(register)) => run_register(register, json).await,
        Command::Table(TableCommand::Ddl(ddl)) => run_ddl(ddl, json).await,
        Command::Table(TableCommand::View(view)) => run_view(view, json),
        Command::Table(TableCommand::Columns { columns, markdown }) => {
            let schema = options::schema(columns)?;
            match markdown {
                true => print(&report::columns_page(&schema)),
                false => print(&report::columns(&schema, json)?),
            }
        }
        Command::Savings(args) => print(&savings::run(args, json).await?),
        Command::Queries(queries) => print(&queries::run(queries, json)?),
        Command::Sample(sample) => run_sample(sample, json),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(
                *shell,
                &mut Args::command(),
                env!("CARGO_PKG_NAME"),
                &mut text,
            );
            print(&String::from_utf8_lossy(&text))
        }
    }
}

async fn run_convert(args: &ConvertArgs, all: &Args) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let options = options::convert_options(args)?;
    let schema = Arc::clone(&options.schema);
    let source = options::source(&args.source, &args.s3).await?;
    let destination = options::destination(&args.dest, &args.s3).await?;
    options::check_apart(&source, &destination)?;
    if args.table.is_some() {
        options::check_location(&destination)?;
    }
    let monitor = Arc::new(TermMonitor::new(&all.output));
    let (stop, received) = (CancellationToken::new(), OnceLock::new());
    let converting = convert(
        source,
        destination.clone(),
        options,
        monitor.clone(),
        stop.clone(),
    );
    let summary = tokio::select! {
        summary = converting => summary,
        exit = Stop::new()?.enforce(&stop, &received) => {
            monitor.finish();
            tracing::warn!("ended before all claims were finished; the next run finishes them");
            return Ok(exit);
        }
    };
    monitor.finish();
    let summary = summary?;
    let registered = match &args.table {
        Some(name) if !summary.interrupted => {
            register_converted(name, args, &destination, &schema, &monitor).await
        }
        _ => Ok(None),
    };
    // What was converted stays converted, and is told, also where Glue then fails.
    let table = registered.as_ref().ok().and_then(Option::as_ref);
    print(&report::summary(
        &summary,
        table,
        started.elapsed(),
        all.output.json,
    )?)?;
    registered.context("the conversion is done, but its table could not be registered")?;
    Ok(match received.get() {
        Some(&exit) => exit,
        None if summary.has_failures() => Exit::KeptAside,
        None => Exit::Done,
    })
}

async fn register_converted(
    name: &TableName,
    args: &ConvertArgs,
    destination: &Store,
    schema: &Schema,
    monitor: &TermMonitor,
) -> anyhow::Result<Option<(TableSpec, Registered)>> {
    let contents = Contents::of(destination).await?;
    if contents.accounts.is_empty() {
        // A worker of many may be the first to end, and have had no lane.
        monitor.report(Progress::Note(format!(
            "{name} is not registered: the table is empty as yet"
        )));
        return Ok(None);
    }
    let spec = options::table_spec(
        name,
        destination,
        &contents,
        schema,
        &args.catalog,
        args.compression,
    );
    let registered = register(&spec, &contents, args.catalog.register_partitions).await?;
    if let Some(advice) = &registered.advice {
        monitor.report(Progress::Note(advice.clone()));
    }
    Ok(Some((spec, registered)))
}

async fn dry_run(args: &ConvertArgs, json: bool) -> anyhow::Result<Exit> {
    let options = options::convert_options(args)?;
    let source = options::source(&args.source, &args.s3).await?;
    let destination = options::destination(&args.dest, &args.s3).await?;
    options::check_apart(&source, &destination)?;
    let found = status(
        &source,
        &destination,
        &options.range,
        options.shard,
        options.now,
    )
    .await?;
    print(&report::plan(&found, json)?)
}

async fn run_status(args: &StatusArgs, json: bool) -> anyhow::Result<Exit> {
    let source = options::source(&args.source, &args.s3).await?;
    let destination = options::destination(&args.dest, &args.s3).await?;
    let range = options::range(&args.range)?;
    let now = jiff::Timestamp::now();
    let found = status(&source, &destination, &range, Shard::ALL, now).await?;
    print(&report::status(&found, json)?)
}

async fn run_register(args: &RegisterArgs, json: bool) -> anyhow::Result<Exit> {
    let (spec, contents) = spec(&args.table, &args.made_of).await?;
    let registered = register(&spec, &contents, args.made_of.catalog.register_partitions).await?;
    print(&report::registered(&spec, &registered, json)?)
}

async fn run_ddl(args: &DdlArgs, json: bool) -> anyhow::Result<Exit> {
    let statement = match (args.dialect, &args.table) {
        (Dialect::Duckdb, table) => duckdb_view(table.as_ref(), &args.made_of).await?,
        (Dialect::Athena, Some(table)) => catalog::ddl(&spec(table, &args.made_of).await?.0)?,
        (Dialect::Athena, None) => {
            return Err(UsageError("name the table: --table DB.NAME".to_owned()).into());
        }
    };
    print(&report::ddl(&statement, json)?)
}

async fn duckdb_view(table: Option<&TableName>, args: &TableArgs) -> anyhow::Result<String> {
    let schema = options::schema(&args.columns)?;
    let destination = options::destination(&args.dest, &args.s3).await?;
    let url = destination.url("");
    if url.contains('\\') {
        let what = "DuckDB reads no folder with a backslash in its name: rename it";
        return Err(UsageError(what.to_owned()).into());
    }
    let view = table.map_or("cloudtrail", |name| &name.table);
    let columns = options::catalog_columns(&schema);
    Ok(catalog::duckdb_view(view, &url, &columns))
}

fn run_view(args: &ViewArgs, json: bool) -> anyhow::Result<Exit> {
    let view = match &args.view {
        Some(view) => view.clone(),
        None => format!("{}_raw_names", args.table)
            .parse()
            .map_err(|error| UsageError(format!("name the view with --view: {error}")))?,
    };
    if view == args.table {
        return Err(UsageError("--view is the table itself: name another".to_owned()).into());
    }
    print(&report::ddl(
        &catalog::raw_names_view(&args.table, &view),
        json,
    )?)
}

async fn spec(name: &TableName, args: &TableArgs) -> anyhow::Result<(TableSpec, Contents)> {
    let schema: Schema = options::schema(&args.columns)?;
    let destination: Store = options::destination(&args.dest, &args.s3).await?;
    options::check_location(&destination)?;
    let contents = Contents::of(&destination).await?;
    let spec = options::table_spec(
        name,
        &destination,
        &contents,
        &schema,
        &args.catalog,
        args.compression,
    );
    Ok((spec, contents))
}

async fn register(
    spec: &TableSpec,
    contents: &Contents,
    partitions: bool,
) -> anyhow::Result<Registered> {
    let client = catalog::client(&aws::aws_config().await);
    let registered = catalog::register(&client, spec).await?;
    if partitions {
        catalog::register_partitions(&client, spec, &contents.partitions).await?;
    }
    Ok(registered)
}

fn run_sample(args: &SampleArgs, json: bool) -> anyhow::Result<Exit> {
    let options = sample::SampleOptions {
        seed: args.seed,
        raw_bytes: args.size,
        accounts: args.accounts,
        regions: args.regions,
        days: args.days,
        tiny_lanes: args.tiny_lanes,
        ..sample::SampleOptions::default()
    };
    let truth = sample::generate(&options, |key, bytes| write_file(&args.dest, key, bytes))
        .with_context(|| format!("cannot write into {}", args.dest.display()))?;
    print(&report::sample(&truth, &args.dest, json)?)
}

fn write_file(root: &Path, key: &str, bytes: &[u8]) -> io::Result<()> {
    let path = root.join(key);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes)
}

fn print(text: &str) -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Exit::Done)
}

/// Whether the reader of standard output has gone, as `head` does: no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |cause: &(dyn std::error::Error + 'static)| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    error.chain().any(broken)
}
