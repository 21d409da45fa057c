//! Arguments that several commands share, and what the library makes of them.

pub(crate) mod codec;
pub(crate) mod columns;
pub(crate) mod dialect;
pub(crate) mod digests;
pub(crate) mod glue;
pub(crate) mod plan_file;
pub(crate) mod questions;
pub(crate) mod range;
pub(crate) mod resources;
pub(crate) mod s3;
pub(crate) mod shard;
pub(crate) mod source;
pub(crate) mod upkeep;
