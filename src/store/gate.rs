//! A gate before each call of a store, through which tests inject faults and set the order of
//! events.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::{Action, ErrorKind};

/// Asked before each call; while its future is pending, the caller sleeps.
pub type Gate = Arc<dyn Fn(&Op) -> BoxFuture<'static, Fault> + Send + Sync>;

/// A call that is about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Op {
    /// Which call.
    pub kind: OpKind,
    /// Its key, or the prefix of a listing.
    pub key: String,
    /// The full address of that key.
    pub url: String,
}

/// The calls of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpKind {
    /// One page of a listing, or the listing of one level.
    List,
    /// A whole object.
    Get,
    /// A range of an object.
    GetRange,
    /// An object's size or metadata.
    Size,
    /// A put if absent.
    Put,
    /// A removal of some objects, of which the first is named.
    Remove,
    /// The store's time.
    Now,
}

impl OpKind {
    pub(super) fn action(self) -> Action {
        match self {
            OpKind::List => Action::List,
            OpKind::Get | OpKind::GetRange | OpKind::Size => Action::Read,
            OpKind::Put | OpKind::Now => Action::Write,
            OpKind::Remove => Action::Remove,
        }
    }
}

/// What a gate does to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The call is not made, and this error is returned.
    Before(ErrorKind),
    /// The call is made, and this error is returned all the same: a put whose success is lost.
    After(ErrorKind),
    /// The call is made twice, and the second answer counts: a put that landed unheard and was
    /// tried again is told that the object exists.
    Twice,
}
