//! Finishing a claim that another worker, or an earlier run, has left open.

use super::encoded::encoded_files;
use super::protocol::tell_committed;
use super::replace::{How, Merged, replace};
use super::rows::{NewRows, part_of_share};
use super::turn::Turn;
use super::write::{write, write_receipt_of_what_stands};
use crate::failure::{Failure, Waiting};
use crate::ledger::{Claim, Receipt};
use crate::monitor::{Problem, Progress};
use crate::table::RowRef;
use bytes::Bytes;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// What an open claim's work gives when it is done again.
pub(crate) struct Rebuilt {
    pub(crate) rows: NewRows,
    /// The body of its rejects object.
    pub(crate) rejects: Option<Bytes>,
    /// Records left out because an equal one stays.
    pub(crate) duplicates: u64,
    /// Records in the rejects object.
    pub(crate) rejected: u64,
    /// Addresses of objects that are given up: their records are lost for good.
    pub(crate) lost: Vec<String>,
}

/// Does again what claims of any work have claimed.
pub(crate) trait Rebuild {
    /// The same rows from the same input, or [`Failure::Waiting`] with what stands in the way.
    async fn rebuild(&self, turn: &mut Turn<'_>, claim: &Claim) -> Result<Rebuilt, Failure>;
}

/// Finishes the open claim exactly, or not at all: the same input must give the same rows,
/// but for what is given up.
pub(super) async fn finish(
    turn: &mut Turn<'_>,
    claim: Claim,
    rebuild: &impl Rebuild,
) -> Result<Receipt, Failure> {
    let context = turn.context;
    let url = context.destination.url(&claim.key());
    if claim.replaced().is_some() {
        return finish_replacement(turn, claim, url).await;
    }
    let receipt = match write_receipt_of_what_stands(turn, claim).await? {
        Ok(receipt) => receipt,
        Err(claim) => again(turn, claim, &url, rebuild).await?,
    };
    tell_committed(context, &receipt, true);
    Ok(receipt)
}

/// Finishes a claim that replaces files, if this work may remove any.
async fn finish_replacement(
    turn: &mut Turn<'_>,
    claim: Claim,
    url: String,
) -> Result<Receipt, Failure> {
    let context = turn.context;
    let Some(remover) = &context.remover else {
        return Err(Waiting::upkeep(url, &claim).into());
    };
    let _share = context.budget.reserve_memory(memory(&claim)).await;
    let receipt = replace(turn, remover, claim, Merged::new()).await?;
    tell_committed(context, &receipt, true);
    Ok(receipt)
}

/// The memory that it takes to make the files of the claim's largest date again.
fn memory(claim: &Claim) -> u64 {
    let mut dates: BTreeMap<Date, (u64, u64, u64)> = BTreeMap::new();
    for input in claim.replaced().unwrap_or_default() {
        let (files, rows, bytes) = dates.entry(input.date).or_default();
        *files += 1;
        *rows += input.rows;
        *bytes += input.bytes;
    }
    let how = How::of(&claim.work);
    let memory = dates.into_values();
    let memory = memory.map(|(files, rows, bytes)| how.memory(files, rows, bytes));
    memory.max().unwrap_or_default()
}

async fn again(
    turn: &mut Turn<'_>,
    claim: Claim,
    url: &str,
    rebuild: &impl Rebuild,
) -> Result<Receipt, Failure> {
    let mut rebuilt = rebuild.rebuild(turn, &claim).await?;
    match rebuilt.lost.is_empty() {
        true => check_same(url, &claim, &rebuilt)?,
        false => check_within(url, &claim, &rebuilt)?,
    }
    for address in &rebuilt.lost {
        let address = address.clone();
        let lost = Problem::Lost { address };
        turn.context.monitor.report(Progress::Problem(lost));
    }
    let rejects = rebuilt.rejects.as_ref();
    let _share = rejects.and_then(|body| part_of_share(&mut rebuilt.rows.share, body));
    let files = encoded_files(turn.context, rebuilt.rows, &claim);
    write(turn, claim, files, rebuilt.rejects, rebuilt.lost).await
}

/// Fails unless the rows are those that were claimed.
fn check_same(url: &str, claim: &Claim, rebuilt: &Rebuilt) -> Result<(), Waiting> {
    let claimed = claim.files.iter().map(|file| (file.date, file.rows));
    let found = rebuilt.rows.by_date.iter();
    let differs = if !found
        .map(|(&date, rows)| (date, rows.len() as u64))
        .eq(claimed)
    {
        format!("{} rows instead of {}", rebuilt.rows.count(), claim.rows())
    } else if rebuilt.duplicates != claim.duplicates() {
        let (found, claimed) = (rebuilt.duplicates, claim.duplicates());
        format!("{found} duplicates instead of {claimed}")
    } else if rebuilt.rejected != claim.rejected() {
        let (found, claimed) = (rebuilt.rejected, claim.rejected());
        format!("{found} rejects instead of {claimed}")
    } else {
        return Ok(());
    };
    Err(differs_from(url, claim, differs))
}

/// Fails if there is something that was not claimed: what is given up leaves less.
fn check_within(url: &str, claim: &Claim, rebuilt: &Rebuilt) -> Result<(), Waiting> {
    let is_claimed = |(date, rows): (&Date, &Vec<RowRef>)| {
        let mut files = claim.files.iter();
        files.any(|file| file.date == *date && rows.len() as u64 <= file.rows)
    };
    if rebuilt.rows.by_date.iter().all(is_claimed) && rebuilt.rejected <= claim.rejected() {
        return Ok(());
    }
    let what = "rows or rejects that were not claimed".to_owned();
    Err(differs_from(url, claim, what))
}

fn differs_from(url: &str, claim: &Claim, what: String) -> Waiting {
    Waiting::Rows {
        claim: url.to_owned(),
        program: claim.program.clone(),
        what,
    }
}
