//! The report of a run, kept beside the table for people and alarms.

use super::summary::Ended;
use crate::cli::run_id::run_id;
use anyhow::Context as _;
use cloudtrail2parquet::ledger::RUNS_FOLDER;
use cloudtrail2parquet::scope::Shard;
use cloudtrail2parquet::store::Store;
use jiff::Timestamp;
use serde_json::json;

/// What a report says besides what the run did.
pub(super) struct Run {
    pub(super) source: String,
    pub(super) started: Timestamp,
    pub(super) shard: Shard,
}

impl Run {
    /// Puts the report of a run that committed something.
    ///
    /// # Errors
    /// Those of the store: what was converted stays converted.
    pub(super) async fn report(&self, destination: &Store, ended: &Ended) -> anyhow::Result<()> {
        if ended.summary.is_idle() {
            return Ok(());
        }
        let mut document = ended.document()?;
        document["run"] = json!(run_id());
        document["program"] = json!(env!("CARGO_PKG_VERSION"));
        document["source"] = json!(self.source);
        document["destination"] = json!(destination.url(""));
        document["shard"] = json!(self.shard.to_string());
        document["started"] = json!(self.started);
        document["ended"] = json!(Timestamp::now());
        let started = self.started.strftime("%Y-%m-%dT%H%M%SZ");
        let key = format!("{RUNS_FOLDER}{started}-{}.json", run_id());
        let body = serde_json::to_vec_pretty(&document)?;
        // One that is there is this run's own, of an answer that was lost.
        let put = destination.put_if_absent(&key, body.into()).await;
        let _ = put.context("the conversion is done, but its report could not be written")?;
        Ok(())
    }
}
