//! Rejects that were judged again, against the rows that they became.
//!
//! The rejects object is compared with raw objects by the claim that wrote it.

use super::comparison::Comparison;
use super::finding::FindingKind;
use super::table_side::TableSide;
use super::verifier::Verifier;
use crate::cloudtrail::Limits;
use crate::convert::{JudgedLine, RejectsJudge};
use crate::failure::Failure;
use crate::ledger::{Receipt, Replaced, RetriedRejects, RetryRejects};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// Compares a claim with the lines that it names.
pub(super) async fn check_retried(
    verifier: &Verifier,
    replaced: &Replaced,
    receipt: &Receipt,
    retry: &RetryRejects,
) -> Result<(), Failure> {
    // Which rows came of rejects that are given up cannot be told.
    if !receipt.lost.is_empty() {
        return Ok(());
    }
    let mut bytes = 0;
    for rejects in &retry.rejects {
        let listed = verifier.destination.list(&rejects.key, None).await;
        let listed = listed.map_err(Failure::of_table)?;
        bytes += listed.iter().map(|entry| entry.size).sum::<u64>();
    }
    let _share = verifier.budget.reserve(bytes).await;
    let mut judged = Vec::with_capacity(retry.rejects.len());
    for rejects in &retry.rejects {
        match judge(verifier, receipt, retry, rejects).await? {
            Some(lines) => judged.push((rejects, lines)),
            None => return Ok(()),
        }
    }
    let lines = || judged.iter().flat_map(|(_, lines)| lines);
    let sources: BTreeSet<String> = lines()
        .map(|line| line.object.source_file.clone())
        .collect();
    let Some(table) = TableSide::read(verifier, replaced, receipt, &sources).await? else {
        return Ok(());
    };
    let hasher = Arc::clone(&table.hasher);
    let mut comparison = Comparison::new(verifier, replaced, receipt, table);
    for (rejects, lines) in &judged {
        if lines.len() != rejects.lines.len() {
            let url = verifier.destination.url(&rejects.key);
            let expected = format!("{} lines that are rows", rejects.lines.len());
            let found = format!("{} of them", lines.len());
            comparison.find(&url, FindingKind::MissingRecord, &expected, found);
        }
    }
    for line in lines() {
        let hash = hasher.hash(line.rows.rows.row(0).record_text());
        comparison.add(&line.object.address, false, &line.rows, &[hash]);
    }
    comparison.finish(&HashSet::new()).await
}

/// The lines of a rejects object that the claim names and that are rows; none if it cannot be read,
/// which is told already.
async fn judge(
    verifier: &Verifier,
    receipt: &Receipt,
    retry: &RetryRejects,
    rejects: &RetriedRejects,
) -> Result<Option<Vec<JudgedLine>>, Failure> {
    let url = verifier.destination.url(&rejects.key);
    let body = match verifier.destination.get(&rejects.key).await {
        Ok(body) => body,
        Err(error) => {
            let lane = &receipt.claim.lane;
            verifier.failed_unless_told((lane, None), url, error)?;
            return Ok(None);
        }
    };
    let judge = RejectsJudge {
        schema: &verifier.schema,
        cpu: &verifier.cpu,
        limits: Limits::of(receipt.claim.options.max_object_bytes),
        read_at: retry.read_at,
    };
    let wanted = |line| rejects.lines.binary_search(&line).is_ok();
    Ok(Failure::waits(judge.rows(&url, &body, wanted).await)?.ok())
}
