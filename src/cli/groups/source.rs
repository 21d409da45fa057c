//! Sources: a folder, a prefix, or one file; and which of the files are meant.

use super::s3::{S3Args, is_url, open};
use crate::cli::error::usage;
use clap::Args;
use cloudtrail2parquet::cloudtrail::may_hold_records;
use cloudtrail2parquet::names::Names;
use cloudtrail2parquet::store::{S3Options, Store};
use futures::TryStreamExt as _;
use std::path::Path;
use tracing::debug;

/// What reading a source needs.
#[derive(Debug, Args)]
#[command(next_help_heading = "S3")]
pub(crate) struct SourceArgs {
    /// Pay for requests to a requester-pays source
    #[arg(long)]
    requester_pays: bool,
    /// Refuse a source bucket of another account
    #[arg(long, value_name = "ID")]
    source_bucket_owner: Option<String>,
    /// Only files whose path below SOURCE matches; * also passes /. May be repeated
    #[arg(long, value_name = "GLOB", help_heading = "Range")]
    include: Vec<String>,
    /// No file whose path below SOURCE matches; * also passes /. May be repeated
    #[arg(long, value_name = "GLOB", help_heading = "Range")]
    exclude: Vec<String>,
}

/// Where raw logs are, and which of the files there are meant.
pub(crate) struct Source {
    pub(crate) store: Store,
    pub(crate) names: Names,
}

impl SourceArgs {
    /// The raw logs.
    pub(crate) async fn open(&self, address: &str, s3: &S3Args) -> anyhow::Result<Source> {
        let names = Names::new(&self.include, &self.exclude);
        let names = names.map_err(|error| usage(error.to_string()))?;
        let options = S3Options {
            requester_pays: self.requester_pays,
            expected_bucket_owner: self.source_bucket_owner.clone(),
            ..s3.options()
        };
        let one = match is_url(address) {
            true => one_object(address, &options).await?,
            false => one_file(address)?,
        };
        let (folder, names) = match one {
            Some((folder, name)) => (folder, names.of_one(name)),
            None => (address.to_owned(), names),
        };
        let store = open(&folder, &options).await?.as_source();
        debug!("source: {}", store.url(names.only().unwrap_or_default()));
        Ok(Source { store, names })
    }
}

/// The folder and the name of a local file; none of a folder.
fn one_file(address: &str) -> anyhow::Result<Option<(String, String)>> {
    let cannot = |why: String| {
        usage(format!(
            "the source {address:?} cannot be opened ({why}): name a folder, a file or s3://BUCKET/PREFIX"
        ))
    };
    let metadata = std::fs::metadata(address).map_err(|error| cannot(error.to_string()))?;
    if metadata.is_dir() {
        return Ok(None);
    }
    // Where the file itself lies tells its lane, also if it was named by a link.
    let path = Path::new(address).canonicalize();
    let path = path.map_err(|error| cannot(error.to_string()))?;
    let text = |path: &Path| path.to_str().map(str::to_owned);
    let folder = path.parent().and_then(text);
    let name = path.file_name().and_then(|name| text(name.as_ref()));
    match (folder, name) {
        (Some(folder), Some(name)) if !name.starts_with('.') => Ok(Some((folder, name))),
        (_, Some(_)) => Err(cannot("its name begins with a dot".to_owned())),
        _ => Err(cannot("its name is no UTF-8".to_owned())),
    }
}

/// The prefix and the rest of the key of an object in S3; none of a prefix. A name without an
/// extension is taken as a prefix.
async fn one_object(
    address: &str,
    options: &S3Options,
) -> anyhow::Result<Option<(String, String)>> {
    let path = address.strip_prefix("s3://");
    let Some((folder, name)) = path.and_then(|path| path.rsplit_once('/')) else {
        return Ok(None);
    };
    if !name.contains('.') || !may_hold_records(name) {
        return Ok(None);
    }
    let folder = format!("s3://{folder}");
    let store = open(&folder, options).await?;
    let mut pages = std::pin::pin!(store.list_pages(name.to_owned(), None));
    // A key comes before all that begin with it.
    let first = pages.try_next().await?.unwrap_or_default();
    let is_object = first.iter().any(|entry| entry.key == name);
    Ok(is_object.then(|| (folder, name.to_owned())))
}
