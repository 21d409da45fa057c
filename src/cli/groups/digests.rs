//! Where the public keys of digests come from.

use crate::cli::error::usage;
use clap::Args;
use cloudtrail2parquet::aws;
use cloudtrail2parquet::digests::{KeySource, PublicKeys};
use std::fs;
use std::path::PathBuf;

/// Where the public keys of digests come from.
#[derive(Debug, Args)]
pub(crate) struct DigestKeyArgs {
    /// What `aws cloudtrail list-public-keys` printed, instead of asking CloudTrail in each region.
    /// May be repeated
    #[arg(long, value_name = "FILE", requires = "digests")]
    digest_keys: Vec<PathBuf>,
}

impl DigestKeyArgs {
    /// The files' keys, or CloudTrail.
    pub(crate) async fn source(&self) -> anyhow::Result<KeySource> {
        if self.digest_keys.is_empty() {
            return Ok(KeySource::Service(Box::new(aws::aws_config().await)));
        }
        let mut keys = PublicKeys::default();
        for path in &self.digest_keys {
            let refused = |why: String| usage(format!("--digest-keys {}: {why}", path.display()));
            let json = fs::read(path).map_err(|error| refused(error.to_string()))?;
            keys.add_list(&json)
                .map_err(|error| refused(error.to_string()))?;
        }
        Ok(KeySource::Known(keys))
    }
}
