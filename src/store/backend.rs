//! Where a store's objects lie.

use super::local::Local;
use super::memory::Memory;
use super::s3::S3;

#[derive(Clone)]
pub(super) enum Backend {
    Local(Local),
    Memory(Memory),
    S3(S3),
}
