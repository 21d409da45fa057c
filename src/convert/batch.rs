//! A lane's pending objects, read ahead and cut into batches.

use super::budget::Share;
use super::decode::{Decoded, decode, latest_event_time};
use super::list::{Aside, LaneList, RawObject};
use super::{ConvertError, Run};
use crate::cloudtrail::Unreadable;
use crate::ledger::{LaneLog, Month, View};
use crate::monitor::Progress;
use crate::store::{ErrorKind, Store};
use crate::table::{Lane, Rows};
use futures::{StreamExt, stream};
use jiff::{Timestamp, civil::Date};
use std::{collections::VecDeque, sync::Arc};

/// Objects of a batch: bounds the claim and its receipt to some megabytes.
pub(crate) const MAX_OBJECTS: usize = 10_000;

/// Objects of one batch read at once: hides the round trips of tiny objects.
pub(crate) const READ_AHEAD: usize = 16;

/// Uncompressed bytes expected of a compressed byte, until a lane has shown its own ratio.
/// CloudTrail's objects have 5.6 to 8.6.
pub(crate) const EXPECTED_RATIO: f64 = 8.0;

/// The unit of work, memory, retry and commit.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Its objects, in delivery order.
    pub(crate) objects: Vec<BatchObject>,
    /// First and last delivery day; none for objects whose key names no day.
    pub(crate) days: Option<(Date, Date)>,
    /// When it was read.
    pub(crate) read_at: Timestamp,
    /// The memory it holds.
    pub(crate) _share: Share,
}

impl Batch {
    /// How many of its objects were read.
    pub(crate) fn read_objects(&self) -> u64 {
        let read = |object: &&BatchObject| matches!(object.content, Content::Rows(_));
        self.objects.iter().filter(read).count() as u64
    }
}

/// One object of a batch.
#[derive(Debug)]
pub(crate) struct BatchObject {
    pub(crate) object: RawObject,
    pub(crate) content: Content,
    /// Every lane that the records name, where the key names none.
    pub(crate) lanes: Vec<Lane>,
}

/// What reading an object gave for the batch's lane.
#[derive(Debug)]
pub(crate) enum Content {
    Rows(LaneRows),
    Unread(String),
}

/// The rows and rejects of one object that are the lane's.
#[derive(Debug)]
pub(crate) struct LaneRows {
    pub(crate) rows: Arc<Rows>,
    pub(crate) row_indexes: Vec<u32>,
    pub(crate) reject_indexes: Vec<u32>,
    pub(crate) sha256: String,
    pub(crate) raw_bytes: u64,
}

impl LaneRows {
    /// All that was decoded.
    pub(crate) fn all(decoded: Decoded) -> Self {
        Self {
            row_indexes: (0..decoded.rows.len() as u32).collect(),
            reject_indexes: (0..decoded.rows.rejects().len() as u32).collect(),
            sha256: decoded.sha256,
            raw_bytes: decoded.raw_bytes,
            rows: Arc::new(decoded.rows),
        }
    }

    /// Records of the lane, rejects included.
    pub(crate) fn records(&self) -> u64 {
        (self.row_indexes.len() + self.reject_indexes.len()) as u64
    }
}

/// What came of an attempt to read one object.
#[derive(Debug)]
pub(crate) enum Attempt {
    Read(Decoded),
    /// The object cannot be read; the ledger records why.
    Unread(String),
    /// The object could not be reached this time; it stays pending.
    Unreachable(String),
}

/// Gets and decodes one object, if it still is the version that was listed.
pub(crate) async fn read_object(
    run: &Run,
    source: &Store,
    object: &RawObject,
    max_bytes: u64,
    read_at: Timestamp,
) -> Result<Attempt, ConvertError> {
    if object.size > max_bytes {
        return Ok(Attempt::Unread(
            Unreadable::TooLarge { cap: max_bytes }.to_string(),
        ));
    }
    // Held until the object is decoded: it bounds the compressed bytes in memory too.
    let _permit = Arc::clone(&run.gets).acquire_owned().await;
    let delivered = match source.get_listed(&object.clone().into()).await {
        Ok(bytes) => bytes,
        Err(error) => {
            return match error.kind {
                ErrorKind::Fatal => Err(error.into()),
                ErrorKind::Transient => Ok(Attempt::Unreachable(error.to_string())),
                ErrorKind::NotFound => {
                    Ok(Attempt::Unread("it was removed after it was listed".into()))
                }
                ErrorKind::Changed => Ok(Attempt::Unread(
                    "it was replaced after it was listed".into(),
                )),
                ErrorKind::Denied => Ok(Attempt::Unread("access to it is denied".into())),
                ErrorKind::Archived => Ok(Attempt::Unread(
                    "it is archived; restore it to read it".into(),
                )),
                _ => Ok(Attempt::Unread("its content could not be fetched".into())),
            };
        }
    };
    let schema = Arc::clone(&run.options.schema);
    let source_file = source.address(&object.key);
    let latest = latest_event_time(object, read_at);
    let decoded = run
        .cpu
        .run(move || decode(&schema, &delivered, max_bytes, &source_file, latest))
        .await?;
    Ok(match decoded {
        Ok(decoded) => Attempt::Read(decoded),
        Err(reason) => Attempt::Unread(reason.to_string()),
    })
}

/// Reads a lane's pending objects in delivery order and cuts them into batches.
pub(crate) struct Reader<'r> {
    run: &'r Run,
    lane: Lane,
    list: LaneList,
    view: Option<(Month, View)>,
    /// Objects whose batch was full, or of another month, before their turn came.
    planned: VecDeque<Pending>,
    ratio: f64,
    skipped: u64,
    unread: u64,
}

/// An object that is not converted.
#[derive(Debug)]
struct Pending {
    object: RawObject,
    /// Why it could not be read when it was last tried.
    unread: Option<String>,
}

impl<'r> Reader<'r> {
    /// A reader over what the lane's prefixes hold. The lane's log must have been opened
    /// before, so that no receipt up to its end is missing from what this reader sees.
    pub(crate) fn new(run: &'r Run, lane: &Lane, prefixes: &[String]) -> Self {
        Self {
            run,
            lane: lane.clone(),
            list: LaneList::new(&run.source, prefixes, &run.options.range),
            view: None,
            planned: VecDeque::new(),
            ratio: EXPECTED_RATIO,
            skipped: 0,
            unread: 0,
        }
    }

    /// Counts what was met, of which this run itself has converted `own` objects, and gives
    /// what was listed besides. A reader that is dropped counts nothing: another meets the
    /// same objects again.
    pub(crate) fn finish(self, own: u64) -> Aside {
        self.run.count(|summary| {
            summary.skipped_objects += self.skipped.saturating_sub(own);
            summary.unread_objects += self.unread;
        });
        self.list.aside
    }

    /// The next batch that has something new, or none at the end of the lane.
    pub(crate) async fn next(&mut self) -> Result<Option<Batch>, ConvertError> {
        loop {
            let target = self.run.budget.batch_bytes(self.run.options.threads);
            let plan = self.plan(target).await?;
            if plan.is_empty() || self.run.stop.is_cancelled() {
                return Ok(None);
            }
            let batch = self.read(plan, target).await?;
            if !batch.objects.is_empty() {
                return Ok(Some(batch));
            }
        }
    }

    /// Takes pending objects of one month until they are expected to fill a batch.
    async fn plan(&mut self, target: u64) -> Result<VecDeque<Pending>, ConvertError> {
        let mut plan: VecDeque<Pending> = VecDeque::new();
        let mut expected = 0;
        while expected < target && plan.len() < MAX_OBJECTS {
            let Some(pending) = self.next_pending().await? else {
                break;
            };
            if plan
                .front()
                .is_some_and(|first| first.object.month() != pending.object.month())
            {
                self.planned.push_front(pending);
                break;
            }
            expected += self.expected_bytes(&pending.object);
            plan.push_back(pending);
        }
        Ok(plan)
    }

    async fn next_pending(&mut self) -> Result<Option<Pending>, ConvertError> {
        if let Some(pending) = self.planned.pop_front() {
            return Ok(Some(pending));
        }
        loop {
            let Some(object) = self.list.peek().await? else {
                return Ok(None);
            };
            let (month, id, bytes) = (object.month(), object.id(), object.size);
            if self.view.as_ref().is_none_or(|(of, _)| *of != month) {
                let days = self.run.options.range.days();
                let view = LaneLog::view(&self.run.destination, &self.lane, month, days).await?;
                self.view = Some((month, view));
            }
            let Some(object) = self.list.take() else {
                return Ok(None);
            };
            let view = self.view.as_ref().map(|(_, view)| view);
            if view.is_some_and(|view| view.is_converted(id)) {
                self.skipped += 1;
                continue;
            }
            let unread = view
                .and_then(|view| view.unread_reason(id))
                .map(str::to_owned);
            self.run
                .monitor
                .report(Progress::Pending { objects: 1, bytes });
            return Ok(Some(Pending { object, unread }));
        }
    }

    /// Reads the planned objects in order until the batch is full; the rest waits.
    async fn read(
        &mut self,
        mut plan: VecDeque<Pending>,
        target: u64,
    ) -> Result<Batch, ConvertError> {
        let run = self.run;
        let read_at = run.options.now;
        let expected = plan
            .iter()
            .map(|pending| self.expected_bytes(&pending.object))
            .sum();
        let share = run.budget.reserve(expected).await;
        let max_bytes = run.options.rows.max_object_bytes;
        let mut objects = Vec::with_capacity(plan.len());
        let (mut raw_bytes, mut delivered_bytes) = (0, 0);
        let (mut first_day, mut last_day) = (None, None);
        let waiting: Vec<RawObject> = plan.iter().map(|pending| pending.object.clone()).collect();
        let mut attempts = stream::iter(waiting)
            .map(async |object| read_object(run, &run.source, &object, max_bytes, read_at).await)
            .buffered(READ_AHEAD);
        while raw_bytes < target
            && !run.stop.is_cancelled()
            && let Some(attempt) = attempts.next().await
        {
            let Some(pending) = plan.pop_front() else {
                break;
            };
            let Some(content) = self.judge(&pending, attempt?) else {
                continue;
            };
            let object = pending.object;
            if let Content::Rows(rows) = &content {
                raw_bytes += rows.raw_bytes;
                delivered_bytes += object.size;
            }
            first_day = first_day.or(object.day);
            last_day = last_day.max(object.day);
            objects.push(BatchObject {
                object,
                content,
                lanes: Vec::new(),
            });
        }
        drop(attempts);
        // What waits is older than what waits already.
        plan.append(&mut self.planned);
        self.planned = plan;
        if delivered_bytes > 0 {
            self.ratio = raw_bytes as f64 / delivered_bytes as f64;
        }
        Ok(Batch {
            objects,
            days: first_day.zip(last_day),
            read_at,
            _share: share,
        })
    }

    /// What the batch has of an attempt: nothing, if the ledger knows this failure already
    /// or the object was out of reach.
    fn judge(&mut self, pending: &Pending, attempt: Attempt) -> Option<Content> {
        let Pending {
            object,
            unread: before,
        } = pending;
        match attempt {
            Attempt::Read(decoded) => Some(Content::Rows(LaneRows::all(decoded))),
            Attempt::Unread(reason) => {
                self.unread += 1;
                self.run.tell_unread(object, &reason);
                (before.as_ref() != Some(&reason)).then_some(Content::Unread(reason))
            }
            Attempt::Unreachable(reason) => {
                self.unread += 1;
                self.run.tell_unread(object, &reason);
                None
            }
        }
    }

    fn expected_bytes(&self, object: &RawObject) -> u64 {
        if object.key.ends_with(".gz") {
            (object.size as f64 * self.ratio) as u64
        } else {
            object.size
        }
    }
}
