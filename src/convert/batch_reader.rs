//! Pending objects, read ahead and cut into batches.

use super::batch::{Batch, BatchObject, Content, LaneRows};
use super::list::RawObject;
use super::pending::{Pending, PendingObjects, WithReceipts};
use super::read::{Attempt, READ_AHEAD, ToRead, groups, read_group};
use super::task::Task;
use crate::cloudtrail::{Limits, Unreadable};
use crate::failure::Failure;
use crate::ledger::{Cause, Converted};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use std::{collections::VecDeque, sync::Arc};

/// Objects of a batch: bounds the claim and its receipt to some megabytes.
const MAX_OBJECTS: usize = 10_000;

/// Uncompressed bytes expected of a compressed byte, until a lane has shown its own ratio.
/// CloudTrail's objects have 5.6 to 8.6.
pub(crate) const EXPECTED_RATIO: f64 = 8.0;

/// What an object that exceeds its allowance is at least expected to have had, in bytes.
const LEAST_EXPECTED: u64 = 1 << 20;

/// Reads pending objects in order and cuts them into batches.
pub(crate) struct BatchReader<'r> {
    task: &'r Task,
    pending: PendingObjects<'r>,
    /// Objects whose batch was full, or of another month, before their turn came.
    planned: VecDeque<WithReceipts>,
    ratio: f64,
    unread: u64,
}

impl<'r> BatchReader<'r> {
    /// A reader of what is pending. The lane's log must have been opened before, so that no
    /// receipt up to its end is missing from what this reader sees.
    pub(crate) fn new(task: &'r Task, pending: PendingObjects<'r>) -> Self {
        Self {
            task,
            pending,
            planned: VecDeque::new(),
            ratio: EXPECTED_RATIO,
            unread: 0,
        }
    }

    /// Forgets what was counted: another reader meets the same objects again.
    pub(crate) fn abandon(self) {
        self.task.tally.forget_unread(self.unread);
    }

    /// The next batch that has something new, or none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Batch>, Failure> {
        loop {
            let budget = &self.task.context.budget;
            let target = budget.batch_bytes(self.task.options.threads);
            let plan = self.plan(target).await?;
            let Some((_, converted)) = plan.front() else {
                return Ok(None);
            };
            if self.task.context.stop.is_cancelled() {
                return Ok(None);
            }
            let converted = Arc::clone(converted);
            let batch = self.read(plan, target, converted).await?;
            if !batch.objects.is_empty() {
                return Ok(Some(batch));
            }
        }
    }

    /// Takes pending objects of one month until they are expected to fill a batch.
    async fn plan(&mut self, target: u64) -> Result<VecDeque<WithReceipts>, Failure> {
        let mut plan: VecDeque<WithReceipts> = VecDeque::new();
        let mut expected = 0;
        while expected < target && plan.len() < MAX_OBJECTS {
            let Some(next) = self.next_pending().await? else {
                break;
            };
            let month = next.0.object.month();
            let expected_of = self.expected(&next.0);
            let begins_another = plan.front().is_some_and(|(first, _)| {
                // One that takes all that there is runs alone.
                first.object.month() != month || next.0.expected.is_some()
            });
            if begins_another {
                self.planned.push_front(next);
                break;
            }
            expected += expected_of;
            plan.push_back(next);
        }
        Ok(plan)
    }

    async fn next_pending(&mut self) -> Result<Option<WithReceipts>, Failure> {
        if let Some(pending) = self.planned.pop_front() {
            return Ok(Some(pending));
        }
        self.pending.next().await
    }

    /// Reads the planned objects in order until the batch is full; the rest waits.
    async fn read(
        &mut self,
        mut plan: VecDeque<WithReceipts>,
        target: u64,
        converted: Arc<Converted>,
    ) -> Result<Batch, Failure> {
        let (task, read_at) = (self.task, self.task.options.now);
        let expected = plan.iter().map(|(pending, _)| self.expected(pending)).sum();
        let share = task.context.budget.reserve(expected).await;
        let to_read = plan.iter().map(|(pending, _)| ToRead {
            object: pending.object.clone(),
            said: pending.said.clone(),
            unwrap: pending.unwrap.clone(),
            limits: self.limits(pending),
        });
        let mut attempts = stream::iter(groups(task, to_read))
            .map(|group| read_group(task, group, read_at))
            .buffered(READ_AHEAD)
            .map_ok(|attempts| stream::iter(attempts.into_iter().map(Ok::<_, Failure>)))
            .try_flatten();
        let mut objects = Vec::with_capacity(plan.len());
        let mut read = BytesRead::default();
        while read.uncompressed < target
            && !task.context.stop.is_cancelled()
            && let Some(attempt) = attempts.next().await
        {
            let Some((mut pending, converted)) = plan.pop_front() else {
                break;
            };
            let (attempt, digest) = attempt?;
            let most = task.options.rows.max_object_bytes;
            if let Attempt::Exceeds = attempt
                && self.expected(&pending) < most
            {
                let more = self
                    .expected(&pending)
                    .max(LEAST_EXPECTED)
                    .saturating_mul(4);
                pending.expected = Some(more.min(most));
                plan.push_front((pending, converted));
                break;
            }
            if let Some(content) = self.judge(&pending, attempt) {
                read.add(&pending.object, &content);
                objects.push(BatchObject {
                    object: pending.object,
                    content,
                    lanes: Vec::new(),
                    digest,
                });
            }
        }
        drop(attempts);
        // What waits is older than what waits already.
        plan.append(&mut self.planned);
        self.planned = plan;
        self.ratio = read.ratio().unwrap_or(self.ratio);
        Ok(Batch {
            objects,
            days: read.days,
            read_at,
            converted,
            reading: task.options.rows.reading(),
            share: Some(share),
        })
    }

    /// What the batch has of an attempt: nothing, if the ledger knows this failure already
    /// or the object was out of reach.
    fn judge(&mut self, pending: &Pending, attempt: Attempt) -> Option<Content> {
        let cause = match attempt {
            Attempt::Read(decoded) => return Some(Content::Rows(LaneRows::all(*decoded))),
            Attempt::Left(left) if pending.left == Some(left) => {
                self.task.tally.left_again(&pending.object, left);
                return None;
            }
            Attempt::Left(left) => {
                let (cause, accepted) = (Cause::Left(left), true);
                return Some(Content::Unread { cause, accepted });
            }
            Attempt::Unreachable(why) => {
                self.unread += 1;
                self.task.tally.unreachable(&pending.object, why);
                return None;
            }
            Attempt::Unread(cause) => cause,
            Attempt::Exceeds => Cause::Content(Unreadable::TooMuchMemory),
        };
        let object = &pending.object;
        let accepted = (self.task.options.accept_unread).has(&object.key, &object.address);
        if !accepted {
            self.unread += 1;
            self.task.tally.unread(object, &cause);
        }
        let is_news = accepted || pending.unread.as_ref() != Some(&cause);
        is_news.then_some(Content::Unread { cause, accepted })
    }

    /// Uncompressed bytes that an object is expected to have.
    fn expected(&self, pending: &Pending) -> u64 {
        let object = &pending.object;
        pending.expected.unwrap_or_else(|| {
            if [".gz", ".zst"]
                .iter()
                .any(|packed| object.key.ends_with(packed))
            {
                (object.size as f64 * self.ratio) as u64
            } else {
                object.size
            }
        })
    }

    /// What an object may take: what is reserved for it, or all that any may.
    fn limits(&self, pending: &Pending) -> Limits {
        let most = Limits::of(self.task.options.rows.max_object_bytes);
        let expected = Limits::of(self.expected(pending));
        Limits {
            heap: expected.heap.min(most.heap),
            ..most
        }
    }
}

/// What was read of a batch so far.
#[derive(Default)]
struct BytesRead {
    uncompressed: u64,
    delivered: u64,
    days: Option<(Date, Date)>,
}

impl BytesRead {
    fn add(&mut self, object: &RawObject, content: &Content) {
        if let Content::Rows(rows) = content {
            self.uncompressed += rows.uncompressed_bytes;
            self.delivered += object.size;
        }
        if let Some(day) = object.day {
            let (first, last) = self.days.unwrap_or((day, day));
            self.days = Some((first.min(day), last.max(day)));
        }
    }

    fn ratio(&self) -> Option<f64> {
        (self.delivered > 0).then(|| self.uncompressed as f64 / self.delivered as f64)
    }
}
