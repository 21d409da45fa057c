//! The arguments of `convert`, and what they ask for.

use super::metrics::{Dimension, MetricsArgs};
use crate::cli::groups::codec::codec;
use crate::cli::groups::columns::SchemaArgs;
use crate::cli::groups::digests::DigestKeyArgs;
use crate::cli::groups::glue::GlueArgs;
use crate::cli::groups::range::DeliveryArgs;
use crate::cli::groups::resources::ResourceArgs;
use crate::cli::groups::s3::{DestWriteArgs, S3Args};
use crate::cli::groups::shard::ShardArgs;
use crate::cli::groups::source::SourceArgs;
use crate::cli::numbers::{parse_size, size};
use crate::cli::output::ResultArgs;
use clap::{Args, ValueEnum};
use cloudtrail2parquet::catalog::{TableName, TableSpec};
use cloudtrail2parquet::cloudtrail::UnwrapPath;
use cloudtrail2parquet::convert::{AcceptUnread, ConvertOptions, DigestCheck, GiveUp};
use cloudtrail2parquet::files::Contents;
use cloudtrail2parquet::lane::Account;
use cloudtrail2parquet::ledger::RowOptions;
use cloudtrail2parquet::store::Store;
use cloudtrail2parquet::table::{Compression, EncodeOptions, Schema};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;
use tracing::debug;

/// Arguments of `convert`.
#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// Raw logs: s3://BUCKET[/PREFIX], a folder or one file
    pub(super) source: String,
    /// The table's place: s3://BUCKET/PREFIX or a folder
    pub(super) dest: String,
    /// Print what would be converted, with sizes, and convert nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Register the table in Glue when the conversion is done
    #[arg(long, value_name = "DB.NAME")]
    pub(super) table: Option<TableName>,
    /// Keep repeated events instead of one of each
    #[arg(long)]
    pub(super) keep_duplicates: bool,
    /// Judge kept rejects again, and add those that become rows
    #[arg(long)]
    pub(super) retry_rejects: bool,
    /// Accept that this object will never be readable; `all` for each that is not. May be repeated
    #[arg(long, value_name = "KEY")]
    pub(super) accept_unread: Vec<String>,
    /// Finish open claims without this object, or a claim without what cannot be had of it:
    /// its records are then lost for good. May be repeated
    #[arg(long, value_name = "KEY|CLAIM-URL")]
    pub(super) give_up: Vec<String>,
    /// Finish open claims without any object that cannot be had: its records are then lost for good
    #[arg(long)]
    pub(super) give_up_missing: bool,
    /// Merge the small files of the range's partitions when the conversion is done, as `compact` does:
    /// this deletes the files that are merged
    #[arg(long)]
    pub(super) compact: bool,
    /// Make rows of new records also where `expire` removed their partitions
    #[arg(long)]
    pub(super) revive: bool,
    /// Be content with a source that holds nothing which could be a log; else that is exit code 3
    #[arg(long)]
    pub(super) allow_empty: bool,
    /// Check raw objects against CloudTrail's signed digests: `require` leaves what is not valid,
    /// `check` names it; what digests may still come for waits. Needs the digests in SOURCE
    #[arg(long, value_name = "HOW", default_value = "off")]
    pub(super) digests: Digests,
    /// Where the public keys of digests come from
    #[command(flatten)]
    pub(super) digest_keys: DigestKeyArgs,
    /// Largest object read, uncompressed; a larger one is kept aside
    #[arg(long, value_name = "BYTES", default_value = "256MiB", value_parser = parse_size)]
    pub(super) max_object_size: u64,
    /// The account of records that name none, in files whose key names none either
    /// [default: 000000000000]
    #[arg(long, value_name = "ID")]
    pub(super) account_of_unknown: Option<Account>,
    /// Where events stand inside of objects that nothing else tells of, such as
    /// _source.event.original, attributes or result._raw
    #[arg(long, value_name = "PATH")]
    pub(super) unwrap: Option<UnwrapPath>,
    /// Further flattened columns
    #[command(flatten)]
    pub(super) columns: SchemaArgs,
    /// How Parquet is compressed
    #[arg(long, value_name = "CODEC", value_parser = codec(), default_value = "snappy")]
    pub(super) compression: Compression,
    /// Threads and memory
    #[command(flatten)]
    pub(super) resources: ResourceArgs,
    /// The form of the result
    #[command(flatten)]
    pub(super) result: ResultArgs,
    /// Whether metrics are told
    #[command(flatten)]
    pub(super) metrics: MetricsArgs,
    /// Which raw objects
    #[command(flatten)]
    pub(super) range: DeliveryArgs,
    /// Whose share of the lanes
    #[command(flatten)]
    pub(super) shard: ShardArgs,
    /// How the table is registered
    #[command(flatten)]
    pub(super) glue: GlueArgs,
    /// How to reach S3
    #[command(flatten)]
    pub(super) s3: S3Args,
    /// How to read the source
    #[command(flatten)]
    pub(super) source_s3: SourceArgs,
    /// How to write the destination
    #[command(flatten)]
    pub(super) dest_s3: DestWriteArgs,
}

/// How raw objects are checked against CloudTrail's digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Digests {
    /// What is not valid is kept aside
    Require,
    /// What is not valid is converted, and named
    Check,
    /// Not at all
    Off,
}

impl ConvertArgs {
    /// What the library is asked to do.
    pub(super) async fn options(&self) -> anyhow::Result<ConvertOptions> {
        let threads = self.resources.threads();
        let memory = self.resources.memory();
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

    /// The table that is registered, of what the destination holds.
    pub(super) fn spec(
        &self,
        name: &TableName,
        destination: &Store,
        schema: &Schema,
        contents: &Contents,
    ) -> TableSpec {
        let options = self.glue.options(self.compression);
        TableSpec::of(name.clone(), destination.url(""), contents, schema, options)
    }

    /// What the metrics are of: the table, or where it is.
    pub(super) fn dimension(&self) -> Dimension {
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
}
