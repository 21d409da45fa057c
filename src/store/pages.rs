//! The pages of a listing, whatever the backend.

use super::backend::Backend;
use super::local::{self, Walk};
use super::memory::Memory;
use super::s3::list::S3Pages;
use super::{Entry, PAGE, Result};

/// What is still to be listed.
pub(super) enum Pages {
    Local(Walk),
    Memory {
        memory: Memory,
        prefix: String,
        after: Option<String>,
    },
    S3(S3Pages),
}

impl Pages {
    pub(super) fn new(backend: &Backend, prefix: String, after: Option<String>) -> Pages {
        match backend {
            Backend::Local(local) => Pages::Local(local.walk(prefix, after)),
            Backend::Memory(memory) => Pages::Memory {
                memory: memory.clone(),
                prefix,
                after,
            },
            Backend::S3(s3) => Pages::S3(s3.pages(&prefix, after)),
        }
    }

    /// The next page, and the rest if there may be one.
    pub(super) async fn next(self) -> Result<(Vec<Entry>, Option<Pages>)> {
        match self {
            Pages::Local(walk) => {
                let (page, rest) = local::next_page(walk).await?;
                Ok((page, rest.map(Pages::Local)))
            }
            Pages::Memory {
                memory,
                prefix,
                after,
            } => {
                let page = memory.page(&prefix, after.as_deref());
                let after = page
                    .last()
                    .filter(|_| page.len() == PAGE)
                    .map(|last| last.key.clone());
                let rest = after.map(|after| Pages::Memory {
                    memory,
                    prefix,
                    after: Some(after),
                });
                Ok((page, rest))
            }
            Pages::S3(pages) => {
                let (page, rest) = Box::pin(pages.next()).await?;
                Ok((page, rest.map(Pages::S3)))
            }
        }
    }
}
