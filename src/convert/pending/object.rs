//! A raw object that is not converted.

use crate::cloudtrail::{Left, UnwrapPath};
use crate::convert::digests::Said;
use crate::convert::list::RawObject;
use crate::ledger::Cause;

/// An object that is not converted.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) object: RawObject,
    /// Why it could not be read when it was last tried.
    pub(crate) unread: Option<Cause>,
    /// What it was left as, if that is to be judged again.
    pub(crate) left: Option<Left>,
    /// Uncompressed bytes that it is expected to have, if it was met before.
    pub(crate) expected: Option<u64>,
    /// Where else its events are looked for.
    pub(crate) unwrap: Option<UnwrapPath>,
    /// What CloudTrail's digests say of it, if they are asked.
    pub(crate) said: Option<Said>,
}
