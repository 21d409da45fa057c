//! One worker's share of the lanes: by a hash, by AWS Batch, by a plan.

use crate::cli::error::usage;
use crate::cli::groups::plan_file::PlanFile;
use crate::cli::groups::s3::S3Args;
use clap::Args;
use cloudtrail2parquet::scope::Shard;
use std::env;

/// Whose share of the lanes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Range")]
pub(crate) struct ShardArgs {
    /// Only part K of N of the lanes, K from 1 [default: by AWS Batch's array job, if in one]
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
    /// Divide the lanes as this file says, which `plan` has written: s3://BUCKET/KEY or a path
    #[arg(long, value_name = "FILE")]
    plan: Option<String>,
}

impl ShardArgs {
    /// The shard asked for, or that of the AWS Batch array job that this process is a child of.
    pub(crate) fn shard(&self) -> anyhow::Result<Shard> {
        if let Some(shard) = &self.shard {
            return Ok(shard.clone());
        }
        let variable = |name: &str| env::var(name).ok();
        match (
            variable("AWS_BATCH_JOB_ARRAY_INDEX"),
            variable("AWS_BATCH_JOB_ARRAY_SIZE"),
        ) {
            (Some(index), Some(count)) => {
                let wrong = || {
                    usage(format!(
                        "AWS_BATCH_JOB_ARRAY_INDEX={index} of AWS_BATCH_JOB_ARRAY_SIZE={count} is no part of an array job: set both, or --shard K/N"
                    ))
                };
                let index: u32 = index.parse().map_err(|_| wrong())?;
                format!("{}/{count}", index.saturating_add(1))
                    .parse()
                    .map_err(|_| wrong())
            }
            (Some(index), None) => Err(usage(format!(
                "AWS_BATCH_JOB_ARRAY_INDEX={index} is set and AWS_BATCH_JOB_ARRAY_SIZE is not: set both, or --shard K/N"
            ))),
            _ => Ok(Shard::ALL),
        }
    }

    /// The shard with the lanes of its plan, if there is one.
    pub(crate) async fn planned(&self, shard: Shard, s3: &S3Args) -> anyhow::Result<Shard> {
        let Some(address) = &self.plan else {
            return Ok(shard);
        };
        let plan = PlanFile::parse(address)?.read(s3).await?;
        if plan.parts != shard.count {
            return Err(usage(format!(
                "the plan {address} is for {} workers, and this is one of {}: run as many, or plan with --parts {}",
                plan.parts, shard.count, shard.count
            )));
        }
        Ok(Shard {
            plan: Some(plan.by_lane().into()),
            ..shard
        })
    }
}
