//! Sources and destinations: where they are, and how to reach them.

use crate::cli::error::usage;
use clap::Args;
use cloudtrail2parquet::store::{S3Options, Store};
use std::fs;
use std::path::Path;
use tracing::debug;

/// How to reach S3.
#[derive(Debug, Args)]
#[command(next_help_heading = "S3")]
pub(crate) struct S3Args {
    /// Another S3 endpoint than the environment's (AWS_ENDPOINT_URL_S3)
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// Address buckets as ENDPOINT/BUCKET
    #[arg(long)]
    pub(crate) path_style: bool,
}

impl S3Args {
    pub(crate) fn options(&self) -> S3Options {
        S3Options {
            endpoint_url: self.endpoint_url.clone(),
            force_path_style: self.path_style,
            ..S3Options::default()
        }
    }
}

/// What reading a destination needs.
#[derive(Debug, Args)]
#[command(next_help_heading = "S3")]
pub(crate) struct DestArgs {
    /// Refuse a destination bucket of another account
    #[arg(long, value_name = "ID")]
    pub(crate) dest_bucket_owner: Option<String>,
}

impl DestArgs {
    /// The table's place, to be read.
    pub(crate) async fn open(&self, address: &str, s3: &S3Args) -> anyhow::Result<Store> {
        destination(address, &self.options(s3)).await
    }

    fn options(&self, s3: &S3Args) -> S3Options {
        S3Options {
            expected_bucket_owner: self.dest_bucket_owner.clone(),
            ..s3.options()
        }
    }
}

/// What writing into a destination needs.
#[derive(Debug, Args)]
#[command(next_help_heading = "S3")]
pub(crate) struct DestWriteArgs {
    /// What reading it needs
    #[command(flatten)]
    read: DestArgs,
    /// Encrypt what is written with this KMS key
    #[arg(long, value_name = "KEY")]
    sse_kms_key_id: Option<String>,
}

impl DestWriteArgs {
    /// The table's place, to be written.
    pub(crate) async fn open(&self, address: &str, s3: &S3Args) -> anyhow::Result<Store> {
        let options = S3Options {
            sse_kms_key_id: self.sse_kms_key_id.clone(),
            ..self.read.options(s3)
        };
        destination(address, &options).await
    }
}

/// What writing files elsewhere needs.
#[derive(Debug, Args)]
#[command(next_help_heading = "S3")]
pub(crate) struct OutArgs {
    /// Encrypt what is written with this KMS key
    #[arg(long, value_name = "KEY")]
    sse_kms_key_id: Option<String>,
}

impl OutArgs {
    /// The place, to be written.
    pub(crate) async fn open(&self, address: &str, s3: &S3Args) -> anyhow::Result<Store> {
        let options = S3Options {
            sse_kms_key_id: self.sse_kms_key_id.clone(),
            ..s3.options()
        };
        destination(address, &options).await
    }
}

/// Fails if the table would lie among the raw logs themselves.
pub(crate) fn check_apart(source: &Store, destination: &Store) -> anyhow::Result<()> {
    match source.url("") == destination.url("") {
        false => Ok(()),
        true => Err(usage(format!(
            "the destination is the source, {}: name another, which may lie inside it",
            source.url("")
        ))),
    }
}

async fn destination(address: &str, options: &S3Options) -> anyhow::Result<Store> {
    if !is_url(address) && fs::metadata(address).is_ok_and(|metadata| !metadata.is_dir()) {
        return Err(usage(no_folder("destination", address)));
    }
    let destination = open(address, options).await?;
    debug!("destination: {}", destination.url(""));
    Ok(destination)
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

pub(super) async fn open(address: &str, options: &S3Options) -> anyhow::Result<Store> {
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

pub(super) fn is_url(address: &str) -> bool {
    address.contains("://")
}
