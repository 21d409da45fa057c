//! Bytes under keys: in a folder, in S3 or in memory.
//!
//! What every backend promises, and what the ledger's protocol rests on:
//!
//! - **Keys** are relative to the store's root, use `/`, and are UTF-8.
//! - **Listing** is in byte order of the keys, complete, and read-after-write: an object is
//!   listed as soon as its put has returned. Names that end with `/` (folder markers) are not
//!   listed.
//!   What is left out of a listing is named by [`Store::passed_over`]; whether an entry that
//!   cannot be listed may be left out at all is settled by [`Store::as_source`].
//! - **Reading** gives one whole version of an object, or an error; [`Store::get_listed`] gives
//!   the version that was listed, or an error.
//! - **[`Store::put_if_absent`]** is all or nothing: the object is visible whole or not at all,
//!   also after a crash, and an object that is there is never overwritten. Of concurrent puts of
//!   one key exactly one is told [`PutOutcome::Written`], unless that answer got lost on its way;
//!   so whoever must know reads the object back after [`PutOutcome::AlreadyExists`] or an error.
//! - There is no plain put, and what deletes is a right of its own: [`Remover`].

mod backend;
mod calls;
mod clock;
mod error;
mod gate;
mod handle;
mod local;
mod memory;
mod open;
mod pages;
mod passed_over;
mod remover;
mod s3;

pub use calls::Calls;
pub(crate) use clock::Moment;
pub use error::{Action, Cause, ErrorKind, Result, StoreError};
pub use gate::{Fault, Gate, Op, OpKind};
pub use handle::Store;
pub use memory::Memory;
pub use passed_over::PassedOver;
pub use remover::Remover;
pub use s3::S3Options;

use jiff::Timestamp;

/// Objects in a page of a listing: what S3 returns at most.
const PAGE: usize = 1000;

/// One listed object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the store's root.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Names this version of the object: S3's ETag, or made of size and modification time.
    pub etag: String,
    /// When it was written, by the store's own clock; none where that is not known.
    pub modified: Option<Timestamp>,
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
