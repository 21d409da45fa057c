//! Bytes under keys: in a folder, in S3 or in memory.
//!
//! What every backend promises, and what the ledger's protocol rests on:
//!
//! - **Keys** are relative to the store's root, use `/`, and are UTF-8.
//! - **Listing** is in byte order of the keys, complete, and read-after-write: an object is
//!   listed as soon as its put has returned. Names that end with `/` (folder markers) are not
//!   listed.
//! - **Reading** gives one whole version of an object, or an error.
//! - **[`Store::put_if_absent`]** is all or nothing: the object is visible whole or not at all,
//!   also after a crash, and an object that is there is never overwritten. Of concurrent puts of
//!   one key exactly one is told [`PutOutcome::Written`], unless that answer got lost on its way;
//!   so whoever must know reads the object back after [`PutOutcome::AlreadyExists`] or an error.
//! - There is no plain put and no delete.

mod calls;
mod error;
mod gate;
mod local;
mod memory;
mod pages;
mod s3;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, TryStreamExt, stream};

pub use calls::Calls;
pub use error::{Action, ErrorKind, Result, StoreError};
pub use gate::{Fault, Gate, Op, OpKind};
pub use memory::Memory;
pub use s3::S3Options;

use calls::Counters;
use local::Local;
use pages::Pages;
use s3::S3;

use crate::aws::SdkConfig;

/// Objects in a page of a listing: what S3 returns at most.
const PAGE: usize = 1000;

/// A cheap handle on a folder, an S3 prefix or a map in memory; clones share one call count.
#[derive(Clone)]
pub struct Store {
    backend: Backend,
    counters: Arc<Counters>,
    gate: Option<Gate>,
}

#[derive(Clone)]
enum Backend {
    Local(Local),
    Memory(Memory),
    S3(S3),
}

/// One listed object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the store's root.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Names this version of the object: S3's ETag, or made of size and modification time.
    pub etag: String,
}

/// What lies directly below a prefix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The next level's prefixes, each whole from the store's root and ending with `/`. A folder
    /// on disk is named even when it is empty.
    pub prefixes: Vec<String>,
    /// The objects at this level.
    pub entries: Vec<Entry>,
}

/// How a put ended that did not fail.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOutcome {
    /// This call wrote the object.
    Written,
    /// An object was there. It may be this call's own, if a retried request had landed before.
    AlreadyExists,
}

impl Store {
    /// A folder. It need not exist: until something is put, it lists as empty.
    ///
    /// # Errors
    /// Fatal when the path is there but no folder, or cannot be looked at.
    pub fn local(root: impl AsRef<Path>) -> Result<Store> {
        Ok(Store::over(Backend::Local(Local::open(root.as_ref())?)))
    }

    /// `s3://bucket/prefix`, with the region, credentials and endpoint of the environment. Opening
    /// asks S3 nothing; the first call finds the bucket's region.
    ///
    /// # Errors
    /// Fatal when the URL names no bucket, or one that cannot keep the promise.
    pub async fn s3(url: &str, options: &S3Options) -> Result<Store> {
        Store::s3_with(url, &crate::aws::aws_config().await, options)
    }

    /// As [`Store::s3`], with a configuration that is loaded already.
    ///
    /// # Errors
    /// As [`Store::s3`].
    pub fn s3_with(url: &str, config: &SdkConfig, options: &S3Options) -> Result<Store> {
        Ok(Store::over(Backend::S3(S3::open(url, config, options)?)))
    }

    /// The store of the same kind, with the same access, at the root that [`Store::url`] of the
    /// empty key gave for another store; none for a root of another kind.
    pub fn rooted_at(&self, root: &str) -> Option<Store> {
        if root == self.url("") {
            return Some(self.clone());
        }
        match &self.backend {
            Backend::Local(_) if Path::new(root).is_absolute() => Store::local(root).ok(),
            Backend::S3(s3) => s3.rooted_at(root).map(|s3| Store::over(Backend::S3(s3))),
            Backend::Local(_) | Backend::Memory(_) => None,
        }
    }

    /// An empty store in memory, for tests. [`Memory`] gives a handle that may change objects.
    pub fn memory() -> Store {
        Memory::new().store()
    }

    /// As [`Store::memory`], with a gate before each call.
    pub fn memory_with(gate: Gate) -> Store {
        Store::memory().with_gate(gate)
    }

    /// The same objects behind another gate, with a call count of its own.
    #[must_use]
    pub fn with_gate(&self, gate: Gate) -> Store {
        let mut store = Store::over(self.backend.clone());
        store.gate = Some(gate);
        store
    }

    fn over(backend: Backend) -> Store {
        Store {
            backend,
            counters: Arc::default(),
            gate: None,
        }
    }

    /// Every object whose key begins with `prefix` (any text, no need for a whole folder name) and
    /// is greater than `start_after`, in byte order.
    pub async fn list(&self, prefix: &str, start_after: Option<&str>) -> Result<Vec<Entry>> {
        let pages = self.list_pages(prefix.to_owned(), start_after.map(str::to_owned));
        pages.try_concat().await
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
                Backend::S3(s3) => s3.list_dir(prefix, &self.counters).await,
            }
        };
        self.gated(OpKind::List, prefix, list).await
    }

    /// The whole object; with `if_match`, only if it still is the version of that etag
    /// ([`ErrorKind::Changed`] otherwise).
    pub async fn get(&self, key: &str, if_match: Option<&str>) -> Result<Bytes> {
        let get = async {
            self.counters.got();
            let bytes = match &self.backend {
                Backend::Local(local) => local.get(key, if_match).await,
                Backend::Memory(memory) => memory.get(key, if_match),
                Backend::S3(s3) => s3.get(key, if_match).await,
            }?;
            self.counters.read(bytes.len());
            Ok(bytes)
        };
        self.gated(OpKind::Get, key, get).await
    }

    /// Exactly these bytes of the object; an error if it ends before.
    pub async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let get = async {
            self.counters.got();
            let wanted = range.end - range.start;
            let bytes = match &self.backend {
                Backend::Local(local) => local.get_range(key, range).await,
                Backend::Memory(memory) => memory.get_range(key, range),
                Backend::S3(s3) => s3.get_range(key, range).await,
            }?;
            self.counters.read(bytes.len());
            if bytes.len() as u64 != wanted {
                return Err(self.error(
                    Action::Read,
                    key,
                    ErrorKind::Other,
                    "it ends before the range that was asked for",
                ));
            }
            Ok(bytes)
        };
        self.gated(OpKind::GetRange, key, get).await
    }

    /// The object's size in bytes.
    pub async fn size(&self, key: &str) -> Result<u64> {
        let size = async {
            self.counters.sized();
            match &self.backend {
                Backend::Local(local) => local.size(key).await,
                Backend::Memory(memory) => memory.size(key),
                Backend::S3(s3) => s3.size(key).await,
            }
        };
        self.gated(OpKind::Size, key, size).await
    }

    /// Writes the object if none is there; see the module's promise.
    pub async fn put_if_absent(&self, key: &str, body: Bytes) -> Result<PutOutcome> {
        let put = async {
            self.counters.put();
            let length = body.len();
            let outcome = match &self.backend {
                Backend::Local(local) => local.put_if_absent(key, body).await,
                Backend::Memory(memory) => Ok(memory.put_if_absent(key, body)),
                Backend::S3(s3) => s3.put_if_absent(key, body).await,
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
            Backend::Memory(_) => memory::url(key),
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

    async fn gated<T>(
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
        let key = key.to_owned();
        gate(&Op { kind, key }).await
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
