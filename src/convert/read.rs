//! One raw object, fetched and decoded.

use super::decode::{Decoded, decode, latest_event_time};
use super::list::RawObject;
use super::task::Task;
use crate::cloudtrail::{Limits, Unreadable};
use crate::failure::Failure;
use crate::ledger::Cause;
use crate::store::{ErrorKind, Store, StoreError};
use jiff::Timestamp;
use std::sync::Arc;

/// Objects of one batch read at once: hides the round trips of tiny objects.
pub(crate) const READ_AHEAD: usize = 16;

/// What came of an attempt to read one object.
#[derive(Debug)]
pub(crate) enum Attempt {
    Read(Box<Decoded>),
    /// The object cannot be read; the ledger records why.
    Unread(Cause),
    /// The object could not be reached this time; it stays pending.
    Unreachable(String),
    /// It takes more memory than was allowed.
    Exceeds,
}

/// Gets and decodes one object, if it still is the version that was listed. `named` is the
/// object as its rows and the bound of its event times have it.
pub(crate) async fn read_object(
    task: &Task,
    source: &Store,
    object: &RawObject,
    named: &RawObject,
    limits: Limits,
    read_at: Timestamp,
) -> Result<Attempt, Failure> {
    // Held until the object is decoded: it bounds the compressed bytes in memory too.
    let _permit = Arc::clone(&task.gets).acquire_owned().await;
    let delivered = match source.get_listed(&object.listed()).await {
        Ok(bytes) => bytes,
        Err(error) => return not_fetched(error),
    };
    let schema = Arc::clone(&task.context.schema);
    let source_file = named.source_file.clone();
    let latest = latest_event_time(named, read_at);
    let decoded = task
        .context
        .cpu
        .run(move || decode(&schema, &delivered, limits, &source_file, latest))
        .await;
    // A defect that one object brings out must not keep the others from being converted.
    let Ok(decoded) = decoded else {
        return Ok(Attempt::Unread(Cause::Defect));
    };
    Ok(match decoded {
        Ok(decoded) => Attempt::Read(Box::new(decoded)),
        Err(Unreadable::TooMuchMemory) => Attempt::Exceeds,
        Err(reason) => Attempt::Unread(Cause::Content(reason)),
    })
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
