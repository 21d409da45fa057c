//! The Glue table: how it is made, and what is told of it.

use crate::cli::error::usage;
use crate::cli::groups::range::today;
use crate::cli::numbers::count;
use crate::cli::text::Text;
use clap::{Args, ValueEnum};
use cloudtrail2parquet::aws;
use cloudtrail2parquet::catalog::{
    self, AccountProjection, Outcome, Registered, TableOptions, TableSpec,
};
use cloudtrail2parquet::files::Contents;
use cloudtrail2parquet::store::Store;
use cloudtrail2parquet::table::Compression;
use serde_json::{Value, json};
use tracing::debug;

/// How the table is registered.
#[derive(Debug, Args)]
#[command(next_help_heading = "Glue")]
pub(crate) struct GlueArgs {
    /// The account that owns the catalog, if not the caller's
    #[arg(long, value_name = "ID", requires = "table")]
    catalog_id: Option<String>,
    /// How accounts are projected
    #[command(flatten)]
    projection: ProjectionArgs,
    /// Register each partition too, for engines that ignore projection
    #[arg(long, requires = "table")]
    register_partitions: bool,
}

impl GlueArgs {
    /// The options of a table.
    pub(crate) fn options(&self, compression: Compression) -> TableOptions {
        TableOptions {
            catalog_id: self.catalog_id.clone(),
            ..self.projection.options(compression)
        }
    }

    /// Fails if the table could not be registered, as far as can be told before it is.
    pub(crate) async fn check(&self, spec: &TableSpec) -> anyhow::Result<()> {
        let client = catalog::client(&aws::aws_config().await);
        Ok(catalog::check(&client, spec).await?)
    }

    /// Creates or updates the table, and its partitions if asked for.
    pub(crate) async fn register(
        &self,
        spec: &TableSpec,
        contents: &Contents,
    ) -> anyhow::Result<Registered> {
        debug!("registering {}", spec.name);
        let client = catalog::client(&aws::aws_config().await);
        let registered = catalog::register(&client, spec).await?;
        if self.register_partitions {
            let partitions: Vec<_> = contents.partitions.iter().map(Into::into).collect();
            catalog::register_partitions(&client, spec, &partitions).await?;
        }
        Ok(registered)
    }
}

/// How accounts are projected.
#[derive(Debug, Args)]
#[command(next_help_heading = "Glue")]
pub(crate) struct ProjectionArgs {
    /// How accounts are projected [default: enum]
    #[arg(long, value_enum, value_name = "HOW", requires = "table")]
    pub(crate) projection_account: Option<Projection>,
}

impl ProjectionArgs {
    /// The options of a table.
    pub(crate) fn options(&self, compression: Compression) -> TableOptions {
        TableOptions {
            account_projection: match self.projection_account {
                None | Some(Projection::Enum) => AccountProjection::Enum,
                Some(Projection::Injected) => AccountProjection::Injected,
            },
            compression,
            catalog_id: None,
            today: today(),
        }
    }
}

/// How accounts are projected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Projection {
    /// The table lists them
    Enum,
    /// Each query names them
    Injected,
}

/// Fails unless Glue can have a table there.
pub(crate) fn check_location(destination: &Store) -> anyhow::Result<()> {
    let location = destination.url("");
    match location.starts_with("s3://") {
        true => Ok(()),
        false => Err(usage(format!(
            "a Glue table needs a destination in S3, and {location} is a folder: name s3://BUCKET/PREFIX"
        ))),
    }
}

/// A registered table, for people.
pub(crate) fn text(text: &mut Text, spec: &TableSpec, registered: &Registered) {
    let what = match &registered.outcome {
        Outcome::Created => "created".to_owned(),
        Outcome::Updated { what } => format!("updated: {}", what.join(", ")),
        Outcome::Unchanged => "unchanged".to_owned(),
    };
    let value = format!(
        "{} {what}; {} partitions projected for 30 days, {} for all",
        spec.name,
        count(registered.partitions_30_days),
        count(registered.partitions_all)
    );
    text.field("table", value);
}

/// A registered table, for programs.
pub(crate) fn document(spec: &TableSpec, registered: &Registered) -> Value {
    let (outcome, what) = match &registered.outcome {
        Outcome::Created => ("created", None),
        Outcome::Updated { what } => ("updated", Some(what)),
        Outcome::Unchanged => ("unchanged", None),
    };
    json!({
        "name": spec.name.to_string(),
        "outcome": outcome,
        "changes": what,
        "partitions_30_days": registered.partitions_30_days,
        "partitions_all": registered.partitions_all,
        "advice": registered.advice,
    })
}
