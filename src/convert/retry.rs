//! Kept rejects judged again: those that became rows by a later program or clock are added.

use super::batch::{BatchObject, Content};
use super::commit_batch::{Views, other_region_rows, row_options};
use super::duplicates::distinct;
use super::finish::Finisher;
use super::rejects_judge::{JudgedLine, RejectsJudge};
use super::task::Task;
use crate::cloudtrail::Limits;
use crate::commit::{Committed, Rebuilt, Turn, commit};
use crate::failure::{Failure, Waiting};
use crate::ledger::{
    Claim, Month, RetriedRejects, RetryRejects, Work, rejects_folder, rejects_number,
};
use crate::store::{Entry, Store};
use jiff::Timestamp;

/// Lines of one rejects object, and the rows that they give.
struct Retried {
    lines: Vec<u32>,
    objects: Vec<BatchObject>,
}

/// Judges the lane's rejects again, and claims those that are rows now. True if another worker
/// took a number.
pub(super) async fn retry_rejects(
    task: &Task,
    turn: &mut Turn<'_>,
    views: &mut Views,
) -> Result<bool, Failure> {
    views.add_months(&[Month::Undated].into()).await?;
    let next = turn.draft()?.number;
    let folder = rejects_folder(turn.lane());
    for entry in task.context.destination.list(&folder, None).await? {
        if task.context.stop.is_cancelled() {
            break;
        }
        // Of a claim that is not done yet nothing is retried.
        let number = entry.key.strip_prefix(&folder).and_then(rejects_number);
        if number.is_none_or(|number| number >= next) {
            continue;
        }
        let _share = task.context.budget.reserve(entry.size).await;
        let wanted = |line| !views.is_retried(&entry.key, line);
        let read_at = task.options.now;
        let limits = Limits::of(task.options.rows.max_object_bytes);
        let judged = read_lines(turn, &entry, (limits, read_at), wanted).await?;
        if judged.is_empty() {
            continue;
        }
        let retried = Retried {
            lines: judged.iter().map(|line| line.number).collect(),
            objects: judged.into_iter().map(object).collect(),
        };
        match commit_retried(task, turn, views, entry.key, retried).await? {
            Committed::Done(_) => {}
            Committed::Taken => return Ok(true),
        }
    }
    Ok(false)
}

async fn commit_retried(
    task: &Task,
    turn: &mut Turn<'_>,
    views: &mut Views,
    key: String,
    retried: Retried,
) -> Result<Committed, Failure> {
    let options = row_options(task, turn).await?;
    let draft = turn.draft()?;
    let has_receipt = |number| views.has_receipt(number);
    let distinct = distinct(turn, draft.number, &retried.objects, &options, has_receipt).await;
    let distinct = match distinct {
        // What was listed may have been merged by another worker.
        Err(Failure::Waiting(Waiting::Store(_))) if turn.is_taken().await? => {
            return Ok(Committed::Taken);
        }
        distinct => distinct?,
    };
    let work = RetryRejects {
        read_at: task.options.now,
        rejects: vec![RetriedRejects {
            key,
            lines: retried.lines,
        }],
        duplicates: distinct.duplicates,
        other_region_rows: other_region_rows(turn.lane(), &distinct.rows),
        expired: distinct.expired,
    };
    let work = Work::RetryRejects(work);
    let claim = turn.claim(draft, options, &distinct.rows, work);
    if claim.retried() != claim.records() {
        let what = format!("retried rejects of {} do not add up", claim.lane);
        return Err(Failure::Internal(what));
    }
    let committed = commit(turn, claim, distinct.rows, None).await?;
    if let Committed::Done(receipt) = &committed {
        views.add_own(receipt);
        task.tally.receipt(&task.context.destination, receipt);
    }
    Ok(committed)
}

/// The same rows from the lines that a claim names. Rejects that are gone can be given up.
pub(super) async fn rebuild_retry(
    finisher: &Finisher<'_>,
    turn: &mut Turn<'_>,
    claim: &Claim,
    retry: &RetryRejects,
) -> Result<Rebuilt, Failure> {
    let give_up = &finisher.task().options.give_up;
    let (mut found, mut lost) = (Vec::new(), Vec::new());
    for rejects in &retry.rejects {
        let url = turn.destination().url(&rejects.key);
        let claim = turn.destination().url(&claim.key());
        match listed(turn.destination(), &rejects.key).await? {
            Some(entry) => found.push((entry, &rejects.lines)),
            None if give_up.missing
                || [&url, &claim]
                    .iter()
                    .any(|name| give_up.named.contains(*name)) =>
            {
                lost.push(url)
            }
            None => return Err(gone(url, claim).into()),
        }
    }
    let share = finisher
        .reserve(found.iter().map(|(entry, _)| entry.size).sum())
        .await;
    let mut objects = Vec::new();
    let limits = Limits::of(claim.options.max_object_bytes);
    for (entry, lines) in &found {
        let wanted = |line| lines.binary_search(&line).is_ok();
        let judged = read_lines(turn, entry, (limits, retry.read_at), wanted).await?;
        objects.extend(judged.into_iter().map(object));
    }
    let is_lower = |number| number < claim.number;
    let mut distinct = distinct(turn, claim.number, &objects, &claim.options, is_lower).await?;
    distinct.rows.share = share;
    Ok(Rebuilt {
        rows: distinct.rows,
        rejects: None,
        duplicates: distinct.duplicates,
        rejected: 0,
        lost,
    })
}

/// What stands in the way of an open claim of retried rejects.
pub(super) async fn missing_rejects(
    destination: &Store,
    claim: &Claim,
    retry: &RetryRejects,
) -> Result<Option<Waiting>, Failure> {
    for rejects in &retry.rejects {
        if listed(destination, &rejects.key).await?.is_none() {
            let claim = destination.url(&claim.key());
            return Ok(Some(gone(destination.url(&rejects.key), claim)));
        }
    }
    Ok(None)
}

async fn listed(destination: &Store, key: &str) -> Result<Option<Entry>, Failure> {
    let entries = destination.list(key, None).await?;
    Ok(entries.into_iter().find(|entry| entry.key == key))
}

fn gone(address: String, claim: String) -> Waiting {
    Waiting::Object {
        address,
        claim,
        why: "it was removed".to_owned(),
    }
}

/// The lines of a rejects object that are asked for and are rows.
async fn read_lines(
    turn: &Turn<'_>,
    entry: &Entry,
    (limits, read_at): (Limits, Timestamp),
    wanted: impl Fn(u32) -> bool,
) -> Result<Vec<JudgedLine>, Failure> {
    let destination = turn.destination();
    let body = destination.get_listed(entry).await;
    let body = body.map_err(Failure::of_table)?;
    let judge = RejectsJudge {
        schema: turn.schema(),
        cpu: turn.cpu(),
        limits,
        read_at,
    };
    judge
        .rows(&destination.url(&entry.key), &body, wanted)
        .await
}

fn object(line: JudgedLine) -> BatchObject {
    BatchObject {
        object: line.object,
        content: Content::Rows(line.rows),
        lanes: Vec::new(),
        digest: None,
    }
}
