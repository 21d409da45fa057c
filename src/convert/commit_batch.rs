//! A batch in a lane's turn: what is new in it is claimed and written.

use super::batch::{Batch, BatchObject, copied, rejected};
use super::duplicates::distinct;
use super::identity::identify;
use super::rejects::rejects_document;
use super::task::Task;
use crate::cloudtrail::{Left, Sha256, UnwrapPath};
use crate::commit::{Committed, NewRows, Turn, commit};
use crate::failure::{Failure, Waiting};
use crate::lane::Lane;
use crate::ledger::{
    Claim, ClaimNumber, ClaimedRejects, Convert, Converted, Month, ObjectId, Reading, Receipt,
    RowOptions, Work, rejects_folder,
};
use crate::scope::DeliveryDays;
use crate::store::Store;
use crate::table::RowRef;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the lane's receipts say: those that were read when objects were listed, those without
/// days, and those of this run.
pub(crate) struct Views {
    destination: Store,
    lane: Lane,
    /// Whether the lane had no claim when its turn was taken: then it had no receipts.
    was_empty: bool,
    months: BTreeSet<Month>,
    read: Vec<Arc<Converted>>,
    own: Converted,
}

impl Views {
    /// Nothing yet.
    pub(crate) fn of(turn: &Turn<'_>) -> Self {
        Self {
            destination: turn.destination().clone(),
            lane: turn.lane().clone(),
            was_empty: turn.was_empty(),
            months: BTreeSet::new(),
            read: Vec::new(),
            own: Converted::default(),
        }
    }

    /// Adds the receipts of months that were not added yet.
    pub(crate) async fn add_months(&mut self, months: &BTreeSet<Month>) -> Result<(), Failure> {
        for &month in months {
            if self.months.insert(month) && !self.was_empty {
                let (store, lane) = (&self.destination, &self.lane);
                let all = DeliveryDays::default();
                let converted = Converted::of_month(store, lane, month, all).await?;
                self.read.push(Arc::new(converted));
            }
        }
        Ok(())
    }

    /// Adds what was read already.
    pub(crate) fn add(&mut self, converted: &Arc<Converted>) {
        let is_new = |of: &Arc<Converted>| !Arc::ptr_eq(of, converted);
        if self.read.iter().all(is_new) {
            self.read.push(Arc::clone(converted));
        }
    }

    /// Adds what this run committed.
    pub(crate) fn add_own(&mut self, receipt: &Receipt) {
        self.own.add(receipt);
    }

    fn all(&self) -> impl Iterator<Item = &Converted> {
        self.read.iter().map(AsRef::as_ref).chain([&self.own])
    }

    /// Whether nothing more is to be done for an object.
    pub(crate) fn is_settled(&self, id: ObjectId) -> bool {
        self.all().any(|converted| converted.is_settled(id))
    }

    /// How objects with these bytes were read, by a claim that decided it.
    pub(crate) fn reading(&self, sha256: Sha256) -> Option<&Reading> {
        self.all().find_map(|converted| converted.reading(sha256))
    }

    /// What an object was left as, since it holds no record.
    pub(crate) fn left(&self, id: ObjectId, unwrap: Option<&UnwrapPath>) -> Option<Left> {
        self.all()
            .find_map(|converted| converted.left().get(id, unwrap))
    }

    /// Whether a claim is known to have its receipt.
    pub(crate) fn has_receipt(&self, number: ClaimNumber) -> bool {
        self.all().any(|converted| converted.has_receipt(number))
    }

    /// Lines of a rejects object that became rows or duplicates later.
    pub(crate) fn is_retried(&self, rejects_key: &str, line: u32) -> bool {
        self.all()
            .any(|converted| converted.is_retried(rejects_key, line))
    }
}

/// Claims the batch, writes its files, puts its receipt. What it holds is given up before the
/// files are put.
pub(crate) async fn commit_batch(
    task: &Task,
    turn: &mut Turn<'_>,
    mut batch: Batch,
    views: &mut Views,
) -> Result<Committed, Failure> {
    views.add_months(&[Month::Undated].into()).await?;
    views.add(&batch.converted);
    let options = row_options(task, turn).await?.read_by(&batch.reading);
    let all: Vec<&Converted> = views.all().collect();
    identify(&mut batch.objects, &all, options.keep_duplicates);
    drop(all);
    let draft = turn.draft()?;
    let has_receipt = |number| views.has_receipt(number);
    let objects = &batch.objects;
    let distinct = distinct(turn, draft.number, objects, &options, has_receipt).await;
    let mut distinct = match distinct {
        // What was listed may have been merged by another worker.
        Err(Failure::Waiting(Waiting::Store(_))) if turn.is_taken().await? => {
            return Ok(Committed::Taken);
        }
        distinct => distinct?,
    };
    let records = rejected(objects);
    if records > 0 {
        turn.check_rejects(has_receipt).await?;
    }
    let rejects = (records > 0).then(|| ClaimedRejects {
        key: format!(
            "{}{}-{}.ndjson",
            rejects_folder(turn.lane()),
            draft.number,
            draft.id
        ),
        records,
    });
    let work = Convert {
        source: task.source.url(""),
        read_at: batch.read_at,
        days: batch.days,
        objects: objects.iter().map(BatchObject::claimed).collect(),
        rejects,
        duplicates: distinct.duplicates + copied(objects),
        other_region_rows: other_region_rows(turn.lane(), &distinct.rows),
        expired: distinct.expired,
    };
    let claim = turn.claim(draft, options, &distinct.rows, Work::Convert(work));
    check_conserved(&claim)?;
    let body = (records > 0).then(|| rejects_document(objects));
    distinct.rows.share = batch.share;
    drop(batch.objects);
    let committed = commit(turn, claim, distinct.rows, body).await?;
    if let Committed::Done(receipt) = &committed {
        views.add_own(receipt);
        task.tally.receipt(&task.context.destination, receipt);
    }
    Ok(committed)
}

/// What decides the rows of the next claim.
pub(crate) async fn row_options(task: &Task, turn: &mut Turn<'_>) -> Result<RowOptions, Failure> {
    let expired_before = match task.options.revive {
        true => None,
        false => turn.expired_before().await?,
    };
    Ok(RowOptions {
        expired_before,
        ..task.options.rows.clone()
    })
}

/// Every record that was read is a row, a duplicate or a reject, or nothing is claimed.
fn check_conserved(claim: &Claim) -> Result<(), Failure> {
    let read: u64 = claim
        .objects()
        .iter()
        .map(|object| object.outcome.records())
        .sum();
    if read == claim.records() {
        return Ok(());
    }
    Err(Failure::Internal(format!(
        "{read} records were read and {} accounted for in {}",
        claim.records(),
        claim.lane
    )))
}

/// Rows whose own region is not the lane's.
pub(crate) fn other_region_rows(lane: &Lane, rows: &NewRows) -> u64 {
    let elsewhere = |row: &&RowRef| {
        let region = rows.objects.row(**row).aws_region();
        region.is_some_and(|region| region != lane.region.as_str())
    };
    rows.by_date.values().flatten().filter(elsewhere).count() as u64
}
