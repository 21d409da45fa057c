//! How a store is opened.

use std::path::Path;

use super::backend::Backend;
use super::local::Local;
use super::s3::S3;
use super::{Gate, Memory, Result, S3Options, Store};
use crate::aws::SdkConfig;

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

    /// The store of the same kind, with the same access and gate, at the root that [`Store::url`]
    /// of the empty key gave for another store; none for a root of another kind.
    pub fn rooted_at(&self, root: &str) -> Option<Store> {
        if root == self.url("") {
            return Some(self.clone());
        }
        let mut store = match &self.backend {
            Backend::Local(_) if Path::new(root).is_absolute() => Store::local(root).ok()?,
            Backend::Local(_) => return None,
            Backend::S3(s3) => Store::over(Backend::S3(s3.rooted_at(root)?)),
            Backend::Memory(memory) => Store::over(Backend::Memory(memory.rooted_at_url(root)?)),
        };
        store.gate.clone_from(&self.gate);
        Some(store)
    }

    /// An empty store in memory, for tests. [`Memory`] gives a handle that may change objects.
    pub fn memory() -> Store {
        Memory::new().store()
    }

    /// As [`Store::memory`], with a gate before each call.
    pub fn memory_with(gate: Gate) -> Store {
        Store::memory().with_gate(gate)
    }
}

impl Memory {
    /// A store on these objects.
    pub fn store(&self) -> Store {
        Store::over(Backend::Memory(self.clone()))
    }
}
