//! One raw object, fetched and decoded.

use super::decode::{Decoded, decode, latest_event_time};
use super::digests::{Said, cause, state};
use super::list::RawObject;
use super::task::Task;
use crate::cloudtrail::{
    Left, Limits, Rules, Unreadable, UnwrapPath, is_readable_name, what_is_left,
};
use crate::failure::Failure;
use crate::ledger::{Cause, DigestState};
use crate::store::{ErrorKind, Store, StoreError};
use bytes::Bytes;
use jiff::Timestamp;
use std::sync::Arc;

/// Objects of one batch, or groups of small ones, read at once: hides the round trips of tiny objects.
pub(crate) const READ_AHEAD: usize = 64;

/// Delivered bytes of small objects of a folder that are read in one go, and the most of them: to hand
/// each from thread to thread takes longer than to read it.
const GROUP_BYTES: u64 = 256 << 10;
const GROUP_OBJECTS: usize = 16;

/// What came of an attempt to read one object.
#[derive(Debug)]
pub(crate) enum Attempt {
    Read(Box<Decoded>),
    /// It holds no record, and need not.
    Left(Left),
    /// The object cannot be read; the ledger records why.
    Unread(Cause),
    /// The object could not be reached this time; it stays pending.
    Unreachable(String),
    /// It takes more memory than was allowed.
    Exceeds,
}

impl From<Decoded> for Attempt {
    fn from(decoded: Decoded) -> Self {
        Self::Read(Box::new(decoded))
    }
}

/// An object that is to be read.
pub(crate) struct ToRead {
    pub(crate) object: RawObject,
    /// What CloudTrail's digests say of it, if they are asked.
    pub(crate) said: Option<Said>,
    pub(crate) unwrap: Option<UnwrapPath>,
    pub(crate) limits: Limits,
}

/// Objects in groups, in their order: small ones of a folder together, if no digest is asked of them.
pub(crate) fn groups(task: &Task, objects: impl Iterator<Item = ToRead>) -> Vec<Vec<ToRead>> {
    let mut groups: Vec<Vec<ToRead>> = Vec::new();
    // What the last group has room for, unless its object is read alone.
    let mut room: Option<u64> = None;
    for read in objects {
        let size = read.object.size;
        let is_alone = !task.source.is_local() || read.said.is_some();
        match (groups.last_mut(), room) {
            (Some(group), Some(left))
                if size <= left && group.len() < GROUP_OBJECTS && !is_alone =>
            {
                room = Some(left - size);
                group.push(read);
            }
            _ => {
                room = (!is_alone).then(|| GROUP_BYTES.saturating_sub(size));
                groups.push(vec![read]);
            }
        }
    }
    groups
}

/// What came of an attempt, with what CloudTrail's digests say of the bytes that were read, if they
/// are asked.
pub(crate) type Checked = (Attempt, Option<DigestState>);

/// As [`read_object`] of each object of a group.
pub(crate) async fn read_group(
    task: &Task,
    mut group: Vec<ToRead>,
    read_at: Timestamp,
) -> Result<Vec<Checked>, Failure> {
    if group.len() == 1
        && let Some(one) = group.pop()
    {
        return Ok(vec![read_pending(task, one, read_at).await?]);
    }
    let _permit = Arc::clone(&task.gets).acquire_owned().await;
    let listed = group.iter().map(|read| read.object.listed()).collect();
    let delivered = task.source.get_all_listed(listed).await?;
    let mut works = Vec::with_capacity(group.len());
    for (read, delivered) in group.into_iter().zip(delivered) {
        let delivered = match delivered {
            Ok(bytes) => Ok(bytes),
            Err(error) => Err(not_fetched(error)?),
        };
        let decode = decoding(task, &read.object, read.limits, read_at, read.unwrap);
        works.push(move || delivered.map_or_else(Ok, decode));
    }
    let decoded = task.context.cpu.run_each(works).await?;
    let attempts = decoded.into_iter().map(|decoded| (attempt(decoded), None));
    Ok(attempts.collect())
}

async fn read_pending(task: &Task, read: ToRead, read_at: Timestamp) -> Result<Checked, Failure> {
    let ToRead {
        object,
        said,
        unwrap,
        limits,
    } = read;
    let (object, unwrap) = (&object, unwrap.as_ref());
    let (Some(said), Some(check)) = (said, &task.options.digests) else {
        let attempt =
            read_object(task, &task.source, object, object, limits, read_at, unwrap).await?;
        return Ok((attempt, None));
    };
    let unread = |state| {
        let refused = cause(state).filter(|_| check.refuses(state));
        refused.map(|cause| (Attempt::Unread(cause), Some(state)))
    };
    let listings = match said {
        Said::Missing => {
            let cause = Cause::DigestMissing;
            return Ok((Attempt::Unread(cause), Some(DigestState::Missing)));
        }
        Said::Listed(listings) if listings.is_empty() => {
            if let Some(refused) = unread(DigestState::NotCovered) {
                return Ok(refused);
            }
            listings
        }
        Said::Listed(listings) => listings,
    };
    let _permit = Arc::clone(&task.gets).acquire_owned().await;
    let delivered = match task.source.get_listed(&object.listed()).await {
        Ok(bytes) => bytes,
        Err(error) => return Ok((not_fetched(error)?, None)),
    };
    let hashed = delivered.clone();
    let state = task
        .context
        .cpu
        .run(move || state(&listings, &hashed))
        .await?;
    if let Some(refused) = unread(state) {
        return Ok(refused);
    }
    let attempt = decoded(task, object, delivered, limits, read_at, unwrap).await?;
    Ok((attempt, Some(state)))
}

/// Gets and decodes one object, if it still is the version that was listed. `named` is the
/// object as its rows and the bound of its event times have it, `unwrap` where else events stand.
pub(crate) async fn read_object(
    task: &Task,
    source: &Store,
    object: &RawObject,
    named: &RawObject,
    limits: Limits,
    read_at: Timestamp,
    unwrap: Option<&UnwrapPath>,
) -> Result<Attempt, Failure> {
    // Held until the object is decoded: it bounds the compressed bytes in memory too.
    let _permit = Arc::clone(&task.gets).acquire_owned().await;
    let delivered = match source.get_listed(&object.listed()).await {
        Ok(bytes) => bytes,
        Err(error) => return not_fetched(error),
    };
    decoded(task, named, delivered, limits, read_at, unwrap).await
}

async fn decoded(
    task: &Task,
    named: &RawObject,
    delivered: Bytes,
    limits: Limits,
    read_at: Timestamp,
    unwrap: Option<&UnwrapPath>,
) -> Result<Attempt, Failure> {
    let decode = decoding(task, named, limits, read_at, unwrap.cloned());
    Ok(attempt(task.context.cpu.run(|| decode(delivered)).await))
}

/// What is to be done with the bytes of an object, on any thread.
fn decoding(
    task: &Task,
    named: &RawObject,
    limits: Limits,
    read_at: Timestamp,
    unwrap: Option<UnwrapPath>,
) -> impl FnOnce(Bytes) -> Result<Attempt, Unreadable> + Send + use<> {
    let schema = Arc::clone(&task.context.schema);
    let source_file = named.source_file.clone();
    let latest = latest_event_time(named, read_at);
    let is_log = named.lane.is_some();
    let may_be_text = !is_log && !is_readable_name(&named.key);
    move |delivered| {
        let unwrap = unwrap.as_ref();
        let rules = Rules { unwrap, is_log };
        let decoded = decode(&schema, &delivered, limits, &source_file, latest, rules);
        let left = match &decoded {
            Ok(decoded) => decoded.only_left(),
            // Where CloudTrail puts nothing, a file without records is no log, and no failure.
            Err(Unreadable::NoRecords) if !is_log => what_is_left(&delivered, limits),
            Err(Unreadable::NotJson) if may_be_text => what_is_left(&delivered, limits),
            Err(_) => None,
        };
        left.map_or_else(
            || decoded.map(Attempt::from),
            |left| Ok(Attempt::Left(left)),
        )
    }
}

fn attempt(decoded: Result<Result<Attempt, Unreadable>, Failure>) -> Attempt {
    match decoded {
        // A defect that one object brings out must not keep the others from being converted.
        Err(_) => Attempt::Unread(Cause::Defect),
        Ok(Ok(attempt)) => attempt,
        Ok(Err(Unreadable::TooMuchMemory)) => Attempt::Exceeds,
        Ok(Err(reason)) => Attempt::Unread(Cause::Content(reason)),
    }
}

fn not_fetched(error: StoreError) -> Result<Attempt, Failure> {
    Ok(Attempt::Unread(match error.kind {
        ErrorKind::Fatal => return Err(error.into()),
        ErrorKind::Transient => return Ok(Attempt::Unreachable(error.to_string())),
        ErrorKind::NotFound => Cause::Removed,
        ErrorKind::Changed => Cause::Replaced,
        ErrorKind::Denied => Cause::Denied,
        ErrorKind::Archived => Cause::Archived,
        ErrorKind::Other => Cause::Unfetchable,
    }))
}
