//! Kept rejects judged again: those that became rows by a later program or clock are added.

use super::batch::{BatchObject, Content, LaneRows};
use super::commit_batch::{Views, other_region_rows, row_options};
use super::decode::{decode, latest_event_time};
use super::duplicates::distinct;
use super::finish::Finisher;
use super::list::RawObject;
use super::task::Task;
use crate::cloudtrail::{Limits, Rules};
use crate::commit::{Committed, Rebuilt, Turn, commit};
use crate::failure::{Failure, Waiting};
use crate::ledger::{
    Claim, Month, RejectedLine, RetriedRejects, RetryRejects, Work, rejects_folder, rejects_number,
};
use crate::store::{Entry, Store};
use jiff::Timestamp;
use std::sync::Arc;

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
        let retried = read_lines(turn, &entry, limits, read_at, wanted).await?;
        if retried.lines.is_empty() {
            continue;
        }
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
    let committed = commit(turn, claim, &distinct.rows, None).await?;
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
        let again = read_lines(turn, entry, limits, retry.read_at, wanted).await?;
        objects.extend(again.objects);
    }
    let is_lower = |number| number < claim.number;
    let distinct = distinct(turn, claim.number, &objects, &claim.options, is_lower).await?;
    Ok(Rebuilt {
        rows: distinct.rows,
        rejects: None,
        duplicates: distinct.duplicates,
        rejected: 0,
        lost,
        _share: share,
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

/// The lines of a rejects object that are asked for and are rows, each an object of one row.
async fn read_lines(
    turn: &Turn<'_>,
    entry: &Entry,
    limits: Limits,
    read_at: Timestamp,
    wanted: impl Fn(u32) -> bool,
) -> Result<Retried, Failure> {
    let (destination, key) = (turn.destination(), entry.key.as_str());
    let body = destination
        .get_listed(entry)
        .await
        .map_err(Failure::of_table)?;
    let mut retried = Retried {
        lines: Vec::new(),
        objects: Vec::new(),
    };
    for (number, line) in (0..).zip(body.split(|&byte| byte == b'\n')) {
        if line.is_empty() || !wanted(number) {
            continue;
        }
        let line: RejectedLine = serde_json::from_slice(line).map_err(|error| {
            Waiting::Ledger(format!(
                "line {} of {} cannot be read ({error}): it is damaged; restore it from a backup",
                number + 1,
                destination.url(key)
            ))
        })?;
        if let Some(object) = judge(turn, line, limits, read_at).await? {
            retried.lines.push(number);
            retried.objects.push(object);
        }
    }
    Ok(retried)
}

/// The record as an object of one row, if it is one now.
async fn judge(
    turn: &Turn<'_>,
    line: RejectedLine,
    limits: Limits,
    read_at: Timestamp,
) -> Result<Option<BatchObject>, Failure> {
    let Some(record) = line.record else {
        return Ok(None);
    };
    let entry = Entry {
        key: line.sourcefile.clone(),
        size: record.len() as u64,
        etag: String::new(),
        modified: None,
    };
    let object = RawObject::named(entry, line.source, line.sourcefile);
    let latest = latest_event_time(&object, read_at);
    let schema = Arc::clone(turn.schema());
    let (source_file, text) = (object.source_file.clone(), record.clone());
    let rules = Rules {
        unwrap: None,
        is_log: object.lane.is_some(),
    };
    let decode = move || {
        decode(
            &schema,
            text.as_bytes(),
            limits,
            &source_file,
            latest,
            rules,
        )
    };
    let Ok(decoded) = turn.cpu().run(decode).await? else {
        return Ok(None);
    };
    // A record may look like a container of records; then it is none.
    let is_row = decoded.rows.rejects().len() == 0
        && decoded.rows.len() == 1
        && decoded.rows.row(0).record_text() == record.trim();
    Ok(is_row.then(|| BatchObject {
        object,
        content: Content::Rows(LaneRows::all(decoded)),
        lanes: Vec::new(),
        digest: None,
    }))
}
