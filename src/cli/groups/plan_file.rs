//! Where a plan is kept: a path, or a key in S3.

use crate::cli::error::usage;
use crate::cli::groups::s3::{OutArgs, S3Args};
use anyhow::Context as _;
use cloudtrail2parquet::plan::Plan;
use cloudtrail2parquet::store::{PutOutcome, Store};
use std::path::Path;

/// A plan's place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PlanFile {
    /// The folder, or the bucket with what the key begins with.
    folder: String,
    name: String,
}

impl PlanFile {
    pub(crate) fn parse(address: &str) -> anyhow::Result<Self> {
        let parts = match address.strip_prefix("s3://") {
            Some(path) => path
                .rsplit_once('/')
                .map(|(folder, name)| (format!("s3://{folder}"), name.to_owned())),
            None => {
                let path = Path::new(address);
                let name = path.file_name().and_then(|name| name.to_str());
                let folder = path.parent().and_then(Path::to_str);
                let folder = folder.map(|folder| if folder.is_empty() { "." } else { folder });
                folder.map(str::to_owned).zip(name.map(str::to_owned))
            }
        };
        match parts {
            Some((folder, name)) if !name.is_empty() && !address.ends_with('/') => {
                Ok(Self { folder, name })
            }
            _ => Err(usage(format!(
                "{address:?} is no place for a plan: name a file, or s3://BUCKET/KEY"
            ))),
        }
    }

    /// The plan that is there.
    pub(crate) async fn read(&self, s3: &S3Args) -> anyhow::Result<Plan> {
        let store = match self.folder.starts_with("s3://") {
            true => Store::s3(&self.folder, &s3.options()).await?,
            false => Store::local(&self.folder)?,
        };
        let bytes = store.get(&self.name).await?;
        Plan::parse(&bytes).with_context(|| store.url(&self.name))
    }

    /// Puts the plan, which must be new, and gives its address.
    pub(crate) async fn write(
        &self,
        plan: &Plan,
        s3: &S3Args,
        out: &OutArgs,
    ) -> anyhow::Result<String> {
        let store = out.open(&self.folder, s3).await?;
        let url = store.url(&self.name);
        match store
            .put_if_absent(&self.name, plan.to_bytes()?.into())
            .await?
        {
            PutOutcome::Written => Ok(url),
            PutOutcome::AlreadyExists => Err(usage(format!(
                "{url} is there already, and workers may follow it: name another file"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_a_file_or_a_key() {
        let parsed = |address: &str| PlanFile::parse(address).ok().map(|it| (it.folder, it.name));
        let some = |folder: &str, name: &str| Some((folder.to_owned(), name.to_owned()));
        assert_eq!(parsed("plan.json"), some(".", "plan.json"));
        assert_eq!(parsed("a/plan.json"), some("a", "plan.json"));
        assert_eq!(parsed("/plan.json"), some("/", "plan.json"));
        assert_eq!(parsed("s3://b/plan.json"), some("s3://b", "plan.json"));
        assert_eq!(parsed("s3://b/t/plan.json"), some("s3://b/t", "plan.json"));
        for address in ["s3://b", "s3://b/", "", "a/", ".."] {
            assert_eq!(parsed(address), None, "{address}");
        }
    }
}
