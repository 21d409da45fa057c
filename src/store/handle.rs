//! The calls of a store, whatever the backend: gated, counted, passed on. The SDK's futures are
//! boxed, since they are too big to be moved from one layer to the next.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::{join_all, ready};
use futures::{Stream, TryStreamExt, stream};

use super::backend::Backend;
use super::calls::{Calls, Counters};
use super::pages::Pages;
use super::{
    Action, Entry, ErrorKind, Fault, Gate, Listing, Op, OpKind, PassedOver, PutOutcome, Result,
    StoreError,
};

/// A cheap handle on a folder, an S3 prefix or a map in memory; clones share one call count.
#[derive(Clone)]
pub struct Store {
    pub(super) backend: Backend,
    pub(super) counters: Arc<Counters>,
    pub(super) gate: Option<Gate>,
}

impl Store {
    /// The same objects behind another gate, with a call count of its own.
    #[must_use]
    pub fn with_gate(&self, gate: Gate) -> Store {
        let mut store = Store::over(self.backend.clone());
        store.gate = Some(gate);
        store
    }

    pub(super) fn over(backend: Backend) -> Store {
        Store {
            backend,
            counters: Arc::default(),
            gate: None,
        }
    }

    /// The same store as something that is only read: a listing leaves out links that add nothing
    /// and entries that cannot be listed, and names them, where it would fail otherwise. Never so
    /// for a destination: what a listing of the ledger leaves out would be taken as absent, and be
    /// converted again.
    ///
    /// A root that cannot be listed, and what concerns every entry alike, stays an error.
    #[must_use]
    pub fn as_source(&self) -> Store {
        let mut store = self.clone();
        match &mut store.backend {
            Backend::Local(local) => local.aside = local.aside.tolerant(),
            Backend::S3(s3) => s3.aside = s3.aside.tolerant(),
            Backend::Memory(_) => {}
        }
        store
    }

    /// What the listings so far have left out, through this handle and all that were made of it;
    /// in order of the addresses, each once.
    pub fn passed_over(&self) -> Vec<PassedOver> {
        match &self.backend {
            Backend::Local(local) => local.aside.all(),
            Backend::S3(s3) => s3.aside.all(),
            Backend::Memory(_) => Vec::new(),
        }
    }

    /// Every object whose key begins with `prefix` (any text, no need for a whole folder name) and
    /// is greater than `start_after`, in byte order.
    pub async fn list(&self, prefix: &str, start_after: Option<&str>) -> Result<Vec<Entry>> {
        let pages = self.list_pages(prefix.to_owned(), start_after.map(str::to_owned));
        pages.try_concat().await
    }

    /// Whether the object is there. A listing tells: to a GET of a missing key S3 answers 403 where
    /// the caller may not list.
    pub async fn is_listed(&self, key: &str) -> Result<bool> {
        let listed = self.list(key, None).await?;
        Ok(listed.iter().any(|entry| entry.key == key))
    }

    /// As [`Store::list`], in pages as they come.
    pub fn list_pages(
        &self,
        prefix: String,
        start_after: Option<String>,
    ) -> impl Stream<Item = Result<Vec<Entry>>> + Send + 'static + use<> {
        let pages = Pages::new(&self.backend, prefix.clone(), start_after);
        let first = Some((self.clone(), prefix, pages));
        stream::try_unfold(first, |state| async {
            let Some((store, prefix, pages)) = state else {
                return Ok(None);
            };
            store.counters.listed();
            let (page, rest) = store.gated(OpKind::List, &prefix, pages.next()).await?;
            Ok(Some((page, rest.map(|rest| (store, prefix, rest)))))
        })
    }

    /// What lies directly below `prefix`, which is empty or ends with `/`.
    pub async fn list_dir(&self, prefix: &str) -> Result<Listing> {
        let list = async {
            match &self.backend {
                Backend::Local(local) => {
                    self.counters.listed();
                    local.list_dir(prefix).await
                }
                Backend::Memory(memory) => {
                    self.counters.listed();
                    Ok(memory.list_dir(prefix))
                }
                Backend::S3(s3) => Box::pin(s3.list_dir(prefix, &self.counters)).await,
            }
        };
        self.gated(OpKind::List, prefix, list).await
    }

    /// The whole object, whichever version is there.
    pub async fn get(&self, key: &str) -> Result<Bytes> {
        let get = async {
            match &self.backend {
                Backend::Local(local) => local.get(key).await,
                Backend::Memory(memory) => memory.get(key),
                Backend::S3(s3) => Box::pin(s3.get(key)).await,
            }
        };
        self.counted_get(OpKind::Get, key, get).await
    }

    /// The whole object in the version that was listed, by ETag and by size. Memory is taken for
    /// the listed size at most.
    ///
    /// # Errors
    /// [`ErrorKind::Changed`] if the object has another version or size by now.
    pub async fn get_listed(&self, listed: &Entry) -> Result<Bytes> {
        let get = async {
            match &self.backend {
                Backend::Local(local) => local.get_listed(listed).await,
                Backend::Memory(memory) => memory.get_listed(listed),
                Backend::S3(s3) => Box::pin(s3.get_listed(listed)).await,
            }
        };
        self.counted_get(OpKind::Get, &listed.key, get).await
    }

    /// As [`Store::get_listed`] of each. What lies in a folder is read one after another by one
    /// thread: of small files, to hand over each takes longer than to read it.
    ///
    /// # Errors
    /// An error of its own for each object; of all only if the program is stopping.
    pub async fn get_all_listed(&self, listed: Vec<Entry>) -> Result<Vec<Result<Bytes>>> {
        // A gate is asked before each call by itself.
        let (Backend::Local(local), None) = (&self.backend, &self.gate) else {
            return Ok(join_all(listed.iter().map(|entry| self.get_listed(entry))).await);
        };
        let read = local.get_all_listed(listed).await?;
        let counted = read.into_iter().map(|read| self.counted(ready(read)));
        Ok(join_all(counted).await)
    }

    /// Exactly these bytes of the object; an error if it ends before.
    pub async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let get = async {
            let wanted = range.end - range.start;
            let bytes = match &self.backend {
                Backend::Local(local) => local.get_range(key, range).await,
                Backend::Memory(memory) => memory.get_range(key, range),
                Backend::S3(s3) => Box::pin(s3.get_range(key, range)).await,
            }?;
            if bytes.len() as u64 == wanted {
                return Ok(bytes);
            }
            let reason = "it ends before the range that was asked for";
            Err(self.error(Action::Read, key, ErrorKind::Other, reason))
        };
        self.counted_get(OpKind::GetRange, key, get).await
    }

    /// The object's size in bytes.
    pub async fn size(&self, key: &str) -> Result<u64> {
        let size = async {
            self.counters.sized();
            match &self.backend {
                Backend::Local(local) => local.size(key).await,
                Backend::Memory(memory) => memory.size(key),
                Backend::S3(s3) => Box::pin(s3.size(key)).await,
            }
        };
        self.gated(OpKind::Size, key, size).await
    }

    /// Whether objects here have metadata beside their bytes.
    pub fn has_metadata(&self) -> bool {
        match &self.backend {
            Backend::Local(_) => false,
            Backend::Memory(memory) => memory.has_metadata(),
            Backend::S3(_) => true,
        }
    }

    /// What its owner has said of an object beside its bytes, by name in small letters; nothing of a
    /// file.
    pub async fn metadata(&self, key: &str) -> Result<BTreeMap<String, String>> {
        let metadata = async {
            self.counters.sized();
            match &self.backend {
                Backend::Local(_) => Ok(BTreeMap::new()),
                Backend::Memory(memory) => memory.metadata(key),
                Backend::S3(s3) => Box::pin(s3.metadata(key)).await,
            }
        };
        self.gated(OpKind::Size, key, metadata).await
    }

    /// Writes the object if none is there; see the module's promise.
    pub async fn put_if_absent(&self, key: &str, body: Bytes) -> Result<PutOutcome> {
        let put = async {
            self.counters.put();
            let length = body.len();
            let outcome = match &self.backend {
                Backend::Local(local) => local.put_if_absent(key, body).await,
                Backend::Memory(memory) => Ok(memory.put_if_absent(key, body)),
                Backend::S3(s3) => Box::pin(s3.put_if_absent(key, body)).await,
            }?;
            if outcome == PutOutcome::Written {
                self.counters.wrote(length);
            }
            Ok(outcome)
        };
        let fault = self.fault(OpKind::Put, key).await;
        let outcome = self.faulty(fault, OpKind::Put, key, put).await?;
        Ok(match fault {
            Fault::Twice => PutOutcome::AlreadyExists,
            _ => outcome,
        })
    }

    /// The object's full address: `s3://bucket/prefix/key`, or the absolute local path.
    pub fn url(&self, key: &str) -> String {
        match &self.backend {
            Backend::Local(local) => local.url(key),
            Backend::Memory(memory) => memory.url(key),
            Backend::S3(s3) => s3.url(key),
        }
    }

    /// What the table's `sourcefile` says: `s3://bucket/prefix/key`, or the path relative to the
    /// local root.
    pub fn address(&self, key: &str) -> String {
        match &self.backend {
            Backend::Local(_) | Backend::Memory(_) => key.to_owned(),
            Backend::S3(s3) => s3.url(key),
        }
    }

    /// Whether the objects are files of this machine.
    pub fn is_local(&self) -> bool {
        matches!(self.backend, Backend::Local(_))
    }

    /// The calls made so far through this handle and its clones.
    pub fn calls(&self) -> Calls {
        self.counters.snapshot()
    }

    fn error(&self, action: Action, key: &str, kind: ErrorKind, reason: &str) -> StoreError {
        StoreError::new(action, kind, self.url(key), reason)
    }

    async fn counted_get(
        &self,
        kind: OpKind,
        key: &str,
        get: impl Future<Output = Result<Bytes>>,
    ) -> Result<Bytes> {
        self.gated(kind, key, self.counted(get)).await
    }

    async fn counted(&self, get: impl Future<Output = Result<Bytes>>) -> Result<Bytes> {
        self.counters.got();
        let bytes = get.await?;
        self.counters.read(bytes.len());
        Ok(bytes)
    }

    pub(super) async fn gated<T>(
        &self,
        kind: OpKind,
        key: &str,
        operation: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let fault = self.fault(kind, key).await;
        self.faulty(fault, kind, key, operation).await
    }

    /// What the gate does to a call.
    async fn fault(&self, kind: OpKind, key: &str) -> Fault {
        let Some(gate) = &self.gate else {
            return Fault::None;
        };
        let (url, key) = (self.url(key), key.to_owned());
        gate(&Op { kind, key, url }).await
    }

    async fn faulty<T>(
        &self,
        fault: Fault,
        kind: OpKind,
        key: &str,
        operation: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let injected = |error| self.error(kind.action(), key, error, "injected by the gate");
        match fault {
            Fault::None | Fault::Twice => operation.await,
            Fault::Before(error) => Err(injected(error)),
            Fault::After(error) => {
                operation.await?;
                Err(injected(error))
            }
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.url("")).finish()
    }
}
