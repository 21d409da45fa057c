//! The conversion: reads batches of raw objects and commits them as Parquet.

mod batch;
mod batch_reader;
mod commit_batch;
mod decide;
mod decode;
mod digests;
mod discover;
mod duplicates;
mod finish;
mod identity;
mod ignored;
mod lane;
mod lane_status;
mod list;
mod open_claims;
mod options;
mod pending;
mod places;
mod read;
mod reclaim;
mod rejects;
mod rejects_judge;
mod retry;
mod run;
mod status;
mod summary;
mod tally;
mod task;
mod unfinished;
mod unplaced;

pub(crate) use batch::{LaneRows, lane_part};
pub(crate) use discover::{Discovered, Walk, discover, own_prefixes};
pub(crate) use list::LaneList;
pub(crate) use pending::UnplacedLedger;
pub(crate) use places::{claimed_key, elsewhere, source_file};
pub(crate) use rejects_judge::{JudgedLine, RejectsJudge};

pub use decode::{Decoded, decode, latest_event_time};
pub use ignored::{EXCLUDED, Ignored, IgnoredKind};
pub use lane_status::LaneStatus;
pub use list::RawObject;
pub use options::{AcceptUnread, ConvertOptions, DigestCheck, GiveUp};
pub use run::convert;
pub use status::{Status, status};
pub use summary::Summary;
