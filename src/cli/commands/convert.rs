//! The command `convert`.

mod metrics;
mod plan;
mod report;
mod summary;

use crate::cli::error::usage;
use crate::cli::exit::Exit;
use crate::cli::groups::columns::SchemaArgs;
use crate::cli::groups::digests::DigestKeyArgs;
use crate::cli::groups::glue::{self, GlueArgs};
use crate::cli::groups::range::DeliveryArgs;
use crate::cli::groups::s3::{DestWriteArgs, S3Args, check_apart};
use crate::cli::groups::shard::ShardArgs;
use crate::cli::groups::source::{Source, SourceArgs};
use crate::cli::groups::upkeep;
use crate::cli::limits;
use crate::cli::log::LogArgs;
use crate::cli::numbers::{parse_size, size};
use crate::cli::output::{ResultArgs, is_broken_pipe, print_json_line, print_text};
use crate::cli::progress::TermMonitor;
use crate::cli::stop::Stop;
use clap::{Args, ValueEnum};
use cloudtrail2parquet::catalog::{Registered, TableName, TableSpec};
use cloudtrail2parquet::cloudtrail::UnwrapPath;
use cloudtrail2parquet::convert::{
    AcceptUnread, ConvertOptions, DigestCheck, GiveUp, Summary, convert,
};
use cloudtrail2parquet::failure::Failure;
use cloudtrail2parquet::files::Contents;
use cloudtrail2parquet::lane::Account;
use cloudtrail2parquet::ledger::RowOptions;
use cloudtrail2parquet::monitor::{Monitor, Progress};
use cloudtrail2parquet::scope::{EventDates, Shard};
use cloudtrail2parquet::store::Store;
use cloudtrail2parquet::table::{Compression, EncodeOptions, Schema};
use cloudtrail2parquet::upkeep::{CompactOptions, TARGET_BYTES, Upkeep, compact};
use jiff::Timestamp;
use metrics::{Dimension, Form, MetricsArgs};
use report::Run;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use summary::Ended;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

/// Arguments of `convert`.
#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// Raw logs: s3://BUCKET[/PREFIX], a folder or one file
    source: String,
    /// The table's place: s3://BUCKET/PREFIX or a folder
    dest: String,
    /// Print what would be converted, with sizes, and convert nothing
    #[arg(long)]
    dry_run: bool,
    /// Register the table in Glue when the conversion is done
    #[arg(long, value_name = "DB.NAME")]
    table: Option<TableName>,
    /// Keep repeated events instead of one of each
    #[arg(long)]
    keep_duplicates: bool,
    /// Judge kept rejects again, and add those that become rows
    #[arg(long)]
    retry_rejects: bool,
    /// Accept that this object will never be readable; `all` for each that is not. May be repeated
    #[arg(long, value_name = "KEY")]
    accept_unread: Vec<String>,
    /// Finish open claims without this object, or a claim without what cannot be had of it:
    /// its records are then lost for good. May be repeated
    #[arg(long, value_name = "KEY|CLAIM-URL")]
    give_up: Vec<String>,
    /// Finish open claims without any object that cannot be had: its records are then lost for good
    #[arg(long)]
    give_up_missing: bool,
    /// Merge the small files of the range's partitions when the conversion is done, as `compact` does:
    /// this deletes the files that are merged
    #[arg(long)]
    compact: bool,
    /// Make rows of new records also where `expire` removed their partitions
    #[arg(long)]
    revive: bool,
    /// Be content with a source that holds nothing which could be a log; else that is exit code 3
    #[arg(long)]
    allow_empty: bool,
    /// Check raw objects against CloudTrail's signed digests: `require` leaves what is not valid,
    /// `check` names it; what digests may still come for waits. Needs the digests in SOURCE
    #[arg(long, value_name = "HOW", default_value = "off")]
    digests: Digests,
    /// Where the public keys of digests come from
    #[command(flatten)]
    digest_keys: DigestKeyArgs,
    /// Largest object read, uncompressed; a larger one is kept aside
    #[arg(long, value_name = "BYTES", default_value = "256MiB", value_parser = parse_size)]
    max_object_size: u64,
    /// The account of records that name none, in files whose key names none either
    /// [default: 000000000000]
    #[arg(long, value_name = "ID")]
    account_of_unknown: Option<Account>,
    /// Where events stand inside of objects that nothing else tells of, such as
    /// _source.event.original, attributes or result._raw
    #[arg(long, value_name = "PATH")]
    unwrap: Option<UnwrapPath>,
    /// Further flattened columns
    #[command(flatten)]
    columns: SchemaArgs,
    /// How Parquet is compressed: snappy, zstd, gzip or none
    #[arg(long, value_name = "CODEC", default_value = "snappy")]
    compression: Compression,
    /// Threads that inflate, parse and encode [default: the cores of the machine or container]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Memory for the batches under way [default: by the machine's or container's memory]
    #[arg(long, value_name = "BYTES", value_parser = parse_size)]
    memory: Option<u64>,
    /// The form of the result
    #[command(flatten)]
    result: ResultArgs,
    /// Whether metrics are told
    #[command(flatten)]
    metrics: MetricsArgs,
    /// Which raw objects
    #[command(flatten)]
    range: DeliveryArgs,
    /// Whose share of the lanes
    #[command(flatten)]
    shard: ShardArgs,
    /// How the table is registered
    #[command(flatten)]
    glue: GlueArgs,
    /// How to reach S3
    #[command(flatten)]
    s3: S3Args,
    /// How to read the source
    #[command(flatten)]
    source_s3: SourceArgs,
    /// How to write the destination
    #[command(flatten)]
    dest_s3: DestWriteArgs,
}

/// How raw objects are checked against CloudTrail's digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Digests {
    /// What is not valid is kept aside
    Require,
    /// What is not valid is converted, and named
    Check,
    /// Not at all
    Off,
}

pub(crate) async fn run(args: &ConvertArgs, log: &LogArgs) -> anyhow::Result<Exit> {
    let ended = converting(args, log).await;
    let is_counted = args.metrics.metrics.is_some() && !args.dry_run;
    if let (Err(error), true) = (&ended, is_counted)
        && !is_broken_pipe(error)
    {
        let failure = metrics::of_failure(&args.dimension(), Timestamp::now());
        print_json_line(&Value::Object(failure))?;
    }
    ended
}

async fn converting(args: &ConvertArgs, log: &LogArgs) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let mut options = args.options().await?;
    let opened = args.source_s3.open(&args.source, &args.s3).await?;
    let Source {
        store: source,
        names,
    } = opened;
    options.scope.names = names;
    let destination = args.dest_s3.open(&args.dest, &args.s3).await?;
    check_apart(&source, &destination)?;
    if let Some(name) = &args.table {
        glue::check_location(&destination)?;
        // Years may be converted before the table is registered.
        let spec = args.spec(name, &destination, &options.schema, &Contents::default());
        args.glue.check(&spec).await?;
    }
    if args.dry_run {
        return plan::run(&source, &destination, &options, &args.result).await;
    }
    let run = Run {
        source: source.url(""),
        started: options.now,
        shard: options.shard.clone(),
    };
    let (schema, shard) = (Arc::clone(&options.schema), options.shard.clone());
    let monitor = Arc::new(TermMonitor::new(log));
    let (summary, received) = match converted(source, &destination, options, &monitor).await? {
        Converted::Ended(summary, received) => (summary, received),
        Converted::CutOff(exit) => return Ok(exit),
    };
    let compacted = match args.compact && !summary.interrupted {
        true => Some(args.compacted(&destination, &schema, shard, log).await?),
        false => None,
    };
    let registered = match &args.table {
        Some(name) if !summary.interrupted => {
            args.register(name, &destination, &schema, &monitor).await
        }
        _ => Ok(None),
    };
    // What was converted stays converted, and is told, also where Glue then fails.
    let (table, not_registered) = match registered {
        Ok(table) => (table, None),
        Err(error) => (None, Some(error)),
    };
    let ended = Ended {
        summary: *summary,
        problems: monitor.take_problems(),
        compacted: compacted.as_ref().and_then(|(upkeep, _)| upkeep.clone()),
        table,
        elapsed: started.elapsed(),
    };
    let reported = run.report(&destination, &ended).await;
    args.print(&ended)?;
    reported?;
    if let Some(error) = not_registered {
        return Err(error.context("the conversion is done, but its table could not be registered"));
    }
    Ok(match received {
        Some(exit) => exit,
        None if ended.summary.has_failures() => Exit::KeptAside,
        None => compacted.map_or(Exit::Done, |(_, exit)| exit),
    })
}

/// How a conversion came to its end.
enum Converted {
    /// By itself, if need be after a signal.
    Ended(Box<Summary>, Option<Exit>),
    /// By a signal, before all claims were finished.
    CutOff(Exit),
}

async fn converted(
    source: Store,
    destination: &Store,
    options: ConvertOptions,
    monitor: &Arc<TermMonitor>,
) -> anyhow::Result<Converted> {
    let (stop, received) = (CancellationToken::new(), OnceLock::new());
    let told: Arc<dyn Monitor> = monitor.clone();
    let converting = convert(source, destination.clone(), options, told, stop.clone());
    let ended = tokio::select! {
        summary = converting => Ok(summary),
        exit = Stop::new()?.enforce(&stop, &received) => Err(exit),
    };
    monitor.finish();
    match ended {
        Ok(Ok(summary)) => Ok(Converted::Ended(Box::new(summary), received.get().copied())),
        Ok(Err(failure @ Failure::NothingToGiveUp(_))) => Err(usage(failure.to_string())),
        Ok(Err(failure)) => Err(failure.into()),
        Err(exit) => {
            warn!("ended before all claims were finished; the next run finishes them");
            Ok(Converted::CutOff(exit))
        }
    }
}

impl ConvertArgs {
    async fn options(&self) -> anyhow::Result<ConvertOptions> {
        let threads = self.threads.map_or_else(limits::threads, usize::from);
        let memory = self.memory.unwrap_or_else(|| limits::memory(threads));
        debug!("{threads} threads, {} for batches", size(memory));
        Ok(ConvertOptions {
            finish_upkeep: self.compact,
            revive: self.revive,
            schema: Arc::new(self.columns.schema()?),
            encode: EncodeOptions {
                compression: self.compression,
            },
            rows: RowOptions {
                keep_duplicates: self.keep_duplicates,
                max_object_bytes: self.max_object_size,
                account_of_unknown: self.account_of_unknown(),
                expired_before: None,
                unwrap: self.unwrap.clone(),
            },
            scope: self.range.scope()?,
            shard: self.shard.planned(self.shard.shard()?, &self.s3).await?,
            give_up: GiveUp {
                named: self.give_up.iter().cloned().collect(),
                missing: self.give_up_missing,
            },
            accept_unread: self.accept_unread(),
            allow_empty: self.allow_empty,
            retry_rejects: self.retry_rejects,
            digests: match self.digests {
                Digests::Off => None,
                how => Some(DigestCheck {
                    is_required: how == Digests::Require,
                    keys: self.digest_keys.source().await?,
                }),
            },
            threads,
            memory,
            now: Timestamp::now(),
        })
    }

    /// Merges the files of the range's dates.
    async fn compacted(
        &self,
        destination: &Store,
        schema: &Arc<Schema>,
        shard: Shard,
        log: &LogArgs,
    ) -> anyhow::Result<(Option<Upkeep>, Exit)> {
        let scope = self.range.scope()?;
        let options = CompactOptions {
            schema: Arc::clone(schema),
            encode: EncodeOptions {
                compression: self.compression,
            },
            lanes: scope.lanes,
            shard,
            dates: EventDates {
                from: scope.days.from,
                to: scope.days.to,
            },
            target_bytes: TARGET_BYTES,
            dry_run: false,
            threads: self.threads.map_or_else(limits::threads, usize::from),
            memory: self.memory.unwrap_or_else(limits::upkeep_memory),
        };
        let destination = destination.clone();
        let run = |monitor, stop| compact(destination, options, monitor, stop);
        upkeep::ended(log, run).await
    }

    /// What the metrics are of: the table, or where it is.
    fn dimension(&self) -> Dimension {
        match &self.table {
            Some(table) => Dimension {
                name: "Table",
                value: table.to_string(),
            },
            None => Dimension {
                name: "Destination",
                value: self.dest.clone(),
            },
        }
    }

    /// Prints the result, and the metrics if they are asked for.
    fn print(&self, ended: &Ended) -> anyhow::Result<()> {
        let Some(Form::Emf) = self.metrics.metrics else {
            return self.result.print(|| ended.document(), || ended.text());
        };
        let mut metrics = metrics::of_run(&self.dimension(), ended, Timestamp::now());
        if self.result.json {
            let Value::Object(document) = ended.document_of(metrics::PROBLEMS)? else {
                return Ok(());
            };
            metrics.extend(document);
        } else {
            print_text(&ended.text())?;
        }
        print_json_line(&Value::Object(metrics))
    }

    fn account_of_unknown(&self) -> Option<Account> {
        self.account_of_unknown
            .filter(|account| *account != Account::UNKNOWN)
    }

    fn accept_unread(&self) -> AcceptUnread {
        let named = self.accept_unread.iter().filter(|key| *key != "all");
        let named: BTreeSet<String> = named.cloned().collect();
        AcceptUnread {
            all: self.accept_unread.iter().any(|key| key == "all"),
            named,
        }
    }

    fn spec(
        &self,
        name: &TableName,
        destination: &Store,
        schema: &Schema,
        contents: &Contents,
    ) -> TableSpec {
        let options = self.glue.options(self.compression);
        TableSpec::of(name.clone(), destination.url(""), contents, schema, options)
    }

    async fn register(
        &self,
        name: &TableName,
        destination: &Store,
        schema: &Schema,
        monitor: &TermMonitor,
    ) -> anyhow::Result<Option<(TableSpec, Registered)>> {
        let contents = Contents::of(destination).await?;
        if contents.accounts.is_empty() {
            // A worker of many may be the first to end, and have had no lane.
            let what = format!("{name} is not registered: the table is empty as yet");
            monitor.report(Progress::Note(what));
            return Ok(None);
        }
        let spec = self.spec(name, destination, schema, &contents);
        let registered = self.glue.register(&spec, &contents).await?;
        if let Some(advice) = &registered.advice {
            monitor.report(Progress::Note(advice.clone()));
        }
        Ok(Some((spec, registered)))
    }
}
