//! The run: reads batches of raw objects and commits them as Parquet.

mod batch;
mod budget;
mod commit;
mod cpu;
mod decode;
mod discover;
mod duplicates;
mod error;
mod files;
mod finish;
mod keyless;
mod lane;
mod list;
mod options;
mod reader;
mod rejects;
mod run;
mod status;
mod summary;

pub use decode::{Decoded, decode, latest_event_time};
pub use error::ConvertError;
pub use list::RawObject;
pub use options::{ConvertOptions, Range, Shard, ShardError};
pub use run::convert;
pub use status::{LaneStatus, Status, status};
pub use summary::Summary;

pub(crate) use run::Run;
