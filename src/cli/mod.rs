//! Everything that a terminal sees.

mod aside;
mod commands;
mod error;
mod exit;
mod groups;
mod limits;
mod log;
mod numbers;
mod output;
mod printable;
mod progress;
mod run_id;
mod stop;
mod text;

pub(crate) use exit::Exit;

use anyhow::Context as _;
use clap::{CommandFactory as _, Parser};
use commands::Command;
use error::UsageError;
use log::LogArgs;
use std::ffi::OsString;

/// Converts raw AWS CloudTrail logs into a Parquet table for Athena, Trino, DuckDB and Spark
///
/// Reads CloudTrail's .json.gz objects from S3 or a folder, writes Snappy Parquet
/// partitioned by account, region and the event's UTC date, and registers a Glue table with
/// partition projection. Run it again at any moment: every event is converted exactly once,
/// and a run that finds nothing new writes nothing.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, after_help = format!("Examples:\n{EXAMPLES}\n\nExit codes:\n{EXIT_CODES}"))]
struct Args {
    /// What to do
    #[command(subcommand)]
    command: Command,
    /// How to talk
    #[command(flatten)]
    log: LogArgs,
}

const EXAMPLES: &str = "  A folder in, a folder out, no AWS account:
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
    cloudtrail2parquet savings s3://my-lake/cloudtrail --last 30";

const EXIT_CODES: &str = "  0 done   1 failed   2 wrong usage   3 done, with failures kept aside
  130 interrupted (SIGINT)   143 terminated (SIGTERM)";

/// Parses the command line, runs the command, and tells the one final error.
pub(crate) fn main() -> Exit {
    let args = match parse(std::env::args_os().collect()) {
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
    args.log.init();
    let result = tokio::runtime::Runtime::new()
        .context("cannot start the runtime")
        .and_then(|runtime| {
            let result = runtime.block_on(args.command.run(&args.log, Args::command));
            // A read of a dead network file system must not keep the process.
            runtime.shutdown_background();
            result
        });
    result.unwrap_or_else(|error| {
        if output::is_broken_pipe(&error) {
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

/// The arguments, or what clap says of the same ones in printable form.
fn parse(words: Vec<OsString>) -> Result<Args, clap::Error> {
    Args::try_parse_from(&words).map_err(|error| {
        let printable = words.iter().map(|word| match word.to_str() {
            Some(word) => printable::line(word).into_owned().into(),
            None => word.clone(),
        });
        Args::try_parse_from(printable).err().unwrap_or(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_command_and_option_has_help_in_sentence_case_without_a_full_stop() {
        fn check(path: &str, help: Option<&clap::builder::StyledStr>) {
            let help = help.map(ToString::to_string).unwrap_or_default();
            let capital = help.chars().next().is_some_and(char::is_uppercase);
            assert!(capital && !help.ends_with('.'), "{path}: {help:?}");
        }
        fn check_all(path: &str, command: &clap::Command) {
            let path = format!("{path} {}", command.get_name());
            check(&path, command.get_about());
            for argument in command.get_arguments() {
                check(
                    &format!("{path} {}", argument.get_id()),
                    argument.get_help(),
                );
                for value in argument.get_possible_values() {
                    if let Some(help) = value.get_help() {
                        check(&format!("{path} {}", value.get_name()), Some(help));
                    }
                }
            }
            for command in command.get_subcommands() {
                check_all(&path, command);
            }
        }
        check_all("", &Args::command());
    }
}
