//! The command `convert`.

mod args;
mod metrics;
mod plan;
mod report;
mod summary;

use crate::cli::error::usage;
use crate::cli::exit::Exit;
use crate::cli::groups::glue;
use crate::cli::groups::s3::check_apart;
use crate::cli::groups::source::Source;
use crate::cli::groups::upkeep;
use crate::cli::log::LogArgs;
use crate::cli::output::{is_broken_pipe, print_json_line, print_text};
use crate::cli::progress::TermMonitor;
use crate::cli::stop::Stop;
use cloudtrail2parquet::catalog::{Registered, TableName, TableSpec};
use cloudtrail2parquet::convert::{ConvertOptions, Summary, convert};
use cloudtrail2parquet::failure::Failure;
use cloudtrail2parquet::files::Contents;
use cloudtrail2parquet::monitor::{Monitor, Progress};
use cloudtrail2parquet::scope::{EventDates, Shard};
use cloudtrail2parquet::store::Store;
use cloudtrail2parquet::table::{EncodeOptions, Schema};
use cloudtrail2parquet::upkeep::{CompactOptions, TARGET_BYTES, Upkeep, compact};
use jiff::Timestamp;
use metrics::Form;
use report::Run;
use serde_json::Value;
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use summary::Ended;
use tokio_util::sync::CancellationToken;
use tracing::warn;

pub(crate) use args::ConvertArgs;

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
            threads: self.resources.threads(),
            memory: self.resources.upkeep_memory(),
        };
        let destination = destination.clone();
        let run = |monitor, stop| compact(destination, options, monitor, stop);
        upkeep::ended(log, run).await
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
