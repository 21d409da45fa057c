//! Objects in memory, for tests.

use std::collections::BTreeMap;
use std::ops::{Bound, Range};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::{Action, Entry, ErrorKind, Listing, PAGE, PutOutcome, Result, StoreError};

const SCHEME: &str = "memory:/";

/// A handle on objects in memory that, unlike a [`Store`](super::Store), can also replace and remove them.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    objects: Arc<Mutex<Objects>>,
    /// What the keys of this handle are below: empty, or it ends with `/`.
    root: String,
}

#[derive(Debug, Default)]
struct Objects {
    by_key: BTreeMap<String, Object>,
    versions: u64,
    /// How far its clock is ahead of the machine's.
    ahead: Duration,
}

#[derive(Debug, Clone)]
struct Object {
    bytes: Bytes,
    version: u64,
    metadata: BTreeMap<String, String>,
    modified: Timestamp,
}

impl Memory {
    /// No objects.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// The same objects, as far as they are below a folder of the whole: empty, or it ends with `/`.
    #[must_use]
    pub fn rooted_at(&self, root: &str) -> Memory {
        Memory {
            objects: Arc::clone(&self.objects),
            root: root.to_owned(),
        }
    }

    /// Puts the object whether or not one is there, as a new version.
    pub fn replace(&self, key: &str, bytes: impl Into<Bytes>) {
        let mut objects = self.lock();
        objects.insert(self.whole(key), bytes.into());
    }

    /// Says something of an object that is there, beside its bytes.
    pub fn describe(&self, key: &str, name: &str, value: &str) {
        if let Some(object) = self.lock().by_key.get_mut(&self.whole(key)) {
            object.metadata.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Removes the object; false if none was there.
    pub fn remove(&self, key: &str) -> bool {
        self.lock().by_key.remove(&self.whole(key)).is_some()
    }

    /// Lets time pass: for its clock, and for all that is measured by it.
    pub fn advance(&self, by: Duration) {
        self.lock().ahead += by;
    }

    /// How far its clock is ahead of the machine's.
    pub(super) fn ahead(&self) -> Duration {
        self.lock().ahead
    }

    pub(super) fn now(&self) -> Timestamp {
        self.lock().now()
    }

    /// Every key, in order.
    pub fn keys(&self) -> Vec<String> {
        let objects = self.lock();
        let below = objects.by_key.keys();
        below
            .filter_map(|key| Some(key.strip_prefix(&self.root)?.to_owned()))
            .collect()
    }

    /// A page of the keys that begin with `prefix` and come after `after`.
    pub(super) fn page(&self, prefix: &str, after: Option<&str>) -> Vec<Entry> {
        let (first, last) = (self.whole(prefix), after.map(|after| self.whole(after)));
        let start = match &last {
            Some(after) if *after >= first => Bound::Excluded(after.as_str()),
            _ => Bound::Included(first.as_str()),
        };
        let objects = self.lock();
        let range = objects.by_key.range::<str, _>((start, Bound::Unbounded));
        range
            .take_while(|(key, _)| key.starts_with(&first))
            .take(PAGE)
            .map(|(key, object)| object.entry(&key[self.root.len()..]))
            .collect()
    }

    pub(super) fn list_dir(&self, prefix: &str) -> Listing {
        let mut listing = Listing::default();
        let objects = self.lock();
        for (key, object) in &objects.by_key {
            let key = key.strip_prefix(&self.root);
            let Some((key, below)) = key.and_then(|key| Some((key, key.strip_prefix(prefix)?)))
            else {
                continue;
            };
            let Some((name, _)) = below.split_once('/') else {
                listing.entries.push(object.entry(key));
                continue;
            };
            let folder = format!("{prefix}{name}/");
            if listing.prefixes.last() != Some(&folder) {
                listing.prefixes.push(folder);
            }
        }
        listing
    }

    pub(super) fn get(&self, key: &str) -> Result<Bytes> {
        Ok(self.object(key)?.bytes)
    }

    pub(super) fn get_listed(&self, listed: &Entry) -> Result<Bytes> {
        let object = self.object(&listed.key)?;
        let now = object.entry(&listed.key);
        if (now.size, &now.etag) == (listed.size, &listed.etag) {
            return Ok(object.bytes);
        }
        let (url, reason) = (self.url(&listed.key), "it was replaced");
        Err(StoreError::new(
            Action::Read,
            ErrorKind::Changed,
            url,
            reason,
        ))
    }

    pub(super) fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes> {
        let bytes = self.object(key)?.bytes;
        let within = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
        Ok(bytes.slice(within(range.start)..within(range.end)))
    }

    pub(super) fn size(&self, key: &str) -> Result<u64> {
        Ok(self.object(key)?.bytes.len() as u64)
    }

    pub(super) fn has_metadata(&self) -> bool {
        let objects = self.lock();
        objects
            .by_key
            .values()
            .any(|object| !object.metadata.is_empty())
    }

    pub(super) fn metadata(&self, key: &str) -> Result<BTreeMap<String, String>> {
        Ok(self.object(key)?.metadata)
    }

    pub(super) fn put_if_absent(&self, key: &str, body: Bytes) -> PutOutcome {
        let (mut objects, key) = (self.lock(), self.whole(key));
        if objects.by_key.contains_key(&key) {
            return PutOutcome::AlreadyExists;
        }
        objects.insert(key, body);
        PutOutcome::Written
    }

    pub(super) fn url(&self, key: &str) -> String {
        format!("{SCHEME}{}{key}", self.root)
    }

    /// The same objects at the root with this URL.
    pub(super) fn rooted_at_url(&self, url: &str) -> Option<Memory> {
        let root = url.strip_prefix(SCHEME)?;
        (root.is_empty() || root.ends_with('/')).then(|| self.rooted_at(root))
    }

    fn whole(&self, key: &str) -> String {
        format!("{}{key}", self.root)
    }

    fn object(&self, key: &str) -> Result<Object> {
        let object = self.lock().by_key.get(&self.whole(key)).cloned();
        object.ok_or_else(|| {
            StoreError::new(
                Action::Read,
                ErrorKind::NotFound,
                self.url(key),
                "no such object",
            )
        })
    }

    fn lock(&self) -> MutexGuard<'_, Objects> {
        // No code panics between two changes that belong together.
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Objects {
    fn insert(&mut self, key: String, bytes: Bytes) {
        self.versions += 1;
        let object = Object {
            bytes,
            version: self.versions,
            metadata: BTreeMap::new(),
            modified: self.now(),
        };
        self.by_key.insert(key, object);
    }

    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        now.checked_add(self.ahead).unwrap_or(now)
    }
}

impl Object {
    fn etag(&self) -> String {
        format!("v{}", self.version)
    }

    fn entry(&self, key: &str) -> Entry {
        Entry {
            key: key.to_owned(),
            size: self.bytes.len() as u64,
            etag: self.etag(),
            modified: Some(self.modified),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::FutureExt;

    use super::*;
    use crate::store::{Fault, Gate, OpKind, Store};

    fn on_put(fault: Fault) -> Gate {
        Arc::new(move |op| {
            let fault = if op.kind == OpKind::Put {
                fault
            } else {
                Fault::None
            };
            std::future::ready(fault).boxed()
        })
    }

    #[tokio::test]
    async fn a_fault_before_keeps_the_call_from_happening_and_one_after_does_not() {
        let memory = Memory::new();
        let before = memory
            .store()
            .with_gate(on_put(Fault::Before(ErrorKind::Transient)));
        let error = before.put_if_absent("a", Bytes::new()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Transient);
        assert_eq!(memory.keys(), [""; 0]);
        assert_eq!(before.calls().puts, 0);

        let after = memory
            .store()
            .with_gate(on_put(Fault::After(ErrorKind::Fatal)));
        let error = after.put_if_absent("a", Bytes::new()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Fatal);
        assert_eq!(memory.keys(), ["a"]);
        assert_eq!(after.list("", None).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_put_that_is_made_twice_is_told_of_itself() {
        let store = Store::memory_with(on_put(Fault::Twice));
        let put = store.put_if_absent("a", Bytes::from("x")).await.unwrap();
        assert_eq!(put, PutOutcome::AlreadyExists);
        assert_eq!(store.get("a").await.unwrap(), "x");
    }

    #[tokio::test]
    async fn a_pending_gate_holds_its_own_handle_only() {
        let memory = Memory::new();
        let sleeper: Gate = Arc::new(|_| futures::future::pending().boxed());
        let asleep = memory.store().with_gate(sleeper);
        let put = memory
            .store()
            .put_if_absent("a", Bytes::new())
            .await
            .unwrap();
        assert_eq!(put, PutOutcome::Written);
        assert!(asleep.get("a").now_or_never().is_none());
        assert_eq!(memory.store().get("a").await.unwrap(), "");
    }

    #[tokio::test]
    async fn a_replaced_object_is_another_version_even_with_the_same_bytes() {
        let memory = Memory::new();
        memory.replace("a", "x");
        let old = memory.store().list("", None).await.unwrap().remove(0);
        memory.replace("a", "x");
        let error = memory.store().get_listed(&old).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Changed);
        assert!(memory.remove("a"));
        assert!(!memory.remove("a"));
        assert_eq!(
            memory.store().get("a").await.unwrap_err().kind,
            ErrorKind::NotFound
        );
    }
}
