//! The right to remove objects.

use super::backend::Backend;
use super::{OpKind, Result, Store};

/// Objects of one call: what S3 takes at most.
const OBJECTS_AT_ONCE: usize = 1000;

/// The right to remove objects of a store. Only commands that replace files have one, so that
/// nothing else can lose any.
#[derive(Debug, Clone)]
pub struct Remover {
    store: Store,
}

impl Remover {
    /// The right to remove objects of this store.
    pub fn of(store: &Store) -> Self {
        Self {
            store: store.clone(),
        }
    }

    /// Removes the objects; one that is gone already is as good. After an error some may be
    /// removed and others not.
    pub async fn remove(&self, keys: &[String]) -> Result<()> {
        let at_once = match &self.store.backend {
            Backend::S3(_) => OBJECTS_AT_ONCE,
            Backend::Local(_) | Backend::Memory(_) => 1,
        };
        for some in keys.chunks(at_once) {
            if let Some(first) = some.first() {
                let remove = self.remove_some(first, some);
                self.store.gated(OpKind::Remove, first, remove).await?;
            }
        }
        Ok(())
    }

    async fn remove_some(&self, first: &str, keys: &[String]) -> Result<()> {
        self.store.counters.removed(keys.len());
        match &self.store.backend {
            Backend::Local(local) => local.remove(first).await,
            Backend::Memory(memory) => {
                memory.remove(first);
                Ok(())
            }
            Backend::S3(s3) => Box::pin(s3.remove(keys)).await,
        }
    }
}
