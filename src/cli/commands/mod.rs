//! The commands, a file each: its arguments, what it does, its text and its JSON.

mod compact;
mod completions;
mod convert;
mod expire;
mod man;
mod plan;
mod queries;
mod restore;
mod rewrite;
mod sample;
mod savings;
mod status;
mod table;
mod verify;

use super::exit::Exit;
use super::log::LogArgs;
use clap::Subcommand;

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Convert what SOURCE holds and DEST lacks
    ///
    /// SOURCE is walked for AWSLogs/ trees of any layout; account, region and delivery day come
    /// from the keys. Files outside such a tree (.json, .jsonl, .ndjson, .log, .txt or without an
    /// extension, also with .gz or .zst) are read to find out. What cannot be read or cannot
    /// become a row is kept aside and reported, and the exit code is then 3. Nothing in SOURCE
    /// is ever changed.
    Convert(Box<convert::ConvertArgs>),
    /// Show what is raw, converted, pending and rejected, lane by lane
    ///
    /// A lane is one account in one region. Rows, duplicates, rejects and Parquet are those of
    /// the delivery days asked for. If a lane waits for somebody to act, why is told, and the exit
    /// code is 3. Nothing is written.
    Status(status::StatusArgs),
    /// Prove that the table is whole: its ledger, files and rows, and the raw logs behind them
    ///
    /// What is not as it should be is named, by lane and date, with what to do, and the exit code
    /// is then 3. The range is of delivery days: their receipts, the partitions that these wrote
    /// into, and the raw objects. Nothing is written. A run of convert meanwhile may leave an open
    /// claim, which is named too.
    Verify(verify::VerifyArgs),
    /// Write records of the table as CloudTrail logs again, or print them one a line
    ///
    /// Each file comes back under CloudTrail's own key, with records equal as JSON to those
    /// delivered; of repeated events there is one. The range is of delivery days; records that came
    /// without a CloudTrail path are of every day. Conditions of one kind are alternatives, those of
    /// different kinds must all hold. Nothing is overwritten: what is there stays, and files
    /// whose name is taken by other records get another. The table is only read.
    Restore(Box<restore::RestoreArgs>),
    /// Merge the small files of each partition into few
    ///
    /// A settled partition becomes one file, sorted as a whole, up to the target size; larger ones
    /// become several. Rows and columns stay as they are. Files younger than a day are left for a
    /// later run. The old files are deleted once the new ones stand: a query that runs meanwhile
    /// misses nothing, and may see rows twice in between.
    Compact(Box<compact::CompactArgs>),
    /// Make the columns of old partitions anew: those of a later program, or of --columns
    ///
    /// Files that were made with other columns are read, and their rows written with those of now,
    /// as a conversion would. Records stay as they are, which is checked before anything is claimed.
    /// Small files of a partition become one. Files younger than a day are left for a later run; old
    /// files are deleted as by compact.
    Rewrite(Box<rewrite::RewriteArgs>),
    /// Remove the partitions of old events
    ///
    /// The ledger keeps what was converted, so a later convert does not bring them back. Raw logs
    /// are not touched. Try it with --dry-run first.
    Expire(Box<expire::ExpireArgs>),
    /// Divide the lanes of a backfill among workers, by the bytes of their raw objects
    ///
    /// Writes a plan that each worker follows: `convert --plan FILE` with --shard K/N, or as a child
    /// of an AWS Batch array job of that size. Lanes that appear later go by the hash that workers
    /// agree by without a plan. The source is only listed.
    Plan(plan::PlanArgs),
    /// Work on the Glue table
    #[command(subcommand)]
    Table(table::TableCommand),
    /// List the question pack, or print a question as SQL for Athena and Trino
    ///
    /// The SQL is filled in with the table, the dates, the lanes and what is asked about.
    /// Without dates it is about today and the seven days before.
    Queries(queries::QueriesArgs),
    /// Show what questions read, and Athena would bill: raw logs against this table
    ///
    /// Computed from the ledger and the files' footers over your own data; nothing is queried.
    Savings(savings::SavingsArgs),
    /// Write sample CloudTrail logs into a folder
    Sample(sample::SampleArgs),
    /// Write manual pages into a folder
    #[command(hide = true)]
    Man(man::ManArgs),
    /// Print shell completions
    Completions(completions::CompletionsArgs),
}

impl Command {
    /// Does it. `program` is the whole command line, for which completions are made.
    pub(crate) async fn run(
        &self,
        log: &LogArgs,
        program: fn() -> clap::Command,
    ) -> anyhow::Result<Exit> {
        match self {
            Self::Convert(args) => return convert::run(args, log).await,
            Self::Status(args) => return status::run(args).await,
            Self::Verify(args) => return verify::run(args, log).await,
            Self::Restore(args) => return restore::run(args, log).await,
            Self::Compact(args) => return compact::run(args, log).await,
            Self::Rewrite(args) => return rewrite::run(args, log).await,
            Self::Expire(args) => return expire::run(args, log).await,
            Self::Plan(args) => plan::run(args).await,
            Self::Table(command) => table::run(command).await,
            Self::Queries(args) => queries::run(args),
            Self::Savings(args) => savings::run(args).await,
            Self::Sample(args) => sample::run(args),
            Self::Man(args) => man::run(args, program()),
            Self::Completions(args) => completions::run(args, &mut program()),
        }
        .map(|()| Exit::Done)
    }
}
