//! What was claimed and done, as documents beside the data.
//!
//! ```text
//! _ledger/format-<n>                                         put once; the highest counts
//! _ledger/<account>/<region>/log/<N>                         claim N of the lane
//! _ledger/<account>/<region>/<delivery month>/<N>.<days>     its receipt
//! _ledger/<account>/<region>/undated/<N>.undated             its receipt, of work without days
//! _ledger/<account>/<region>/upkeep/<N>.upkeep               its receipt, of work that replaced or removed files
//! _runs/<started>-<run>.json                                 what a run did, for people and alarms
//! _rejects/account=…/region=…/<N>-<id>.ndjson                records that could not become rows
//! ```
//!
//! `<N>` has twelve digits, so that byte order is the order of numbers. Nothing here is ever
//! changed or deleted. Each document ends with a seal, by which a changed byte is found, and says its format; a reader that meets a newer one, or work
//! that it does not know, gives [`LedgerError::Newer`] and must write nothing.

mod cause;
mod claim;
mod converted;
mod digest_state;
mod document;
mod error;
mod format;
mod inventory;
mod left_objects;
mod log;
mod names;
mod object;
mod receipts;
mod rejected_line;
mod replaced;
mod seal;

pub use cause::Cause;
pub use claim::{
    Claim, ClaimedFile, ClaimedRejects, Compact, Convert, Expire, FileReceipt, MIXED, Reading,
    Receipt, RejectsReceipt, ReplacedFile, RetriedRejects, RetryRejects, Rewrite, RowOptions, Work,
};
pub use converted::Converted;
pub use digest_state::DigestState;
pub use error::LedgerError;
pub(crate) use format::check_format_document;
pub use format::{check_format, ensure_format};
pub(crate) use inventory::{Inventory, ListedReceipt, read_claim, read_receipt};
pub use left_objects::LeftObjects;
pub(crate) use log::Upkept;
pub use log::{ClaimOutcome, Hint, LaneLog};
pub use names::{
    ClaimNumber, FOLDER, FORMAT, Month, REJECTS_FOLDER, RUNS_FOLDER, rejects_folder, rejects_number,
};
pub use object::{ClaimedObject, ContentHash, ObjectId, Outcome};
pub use receipts::{LedgerLanes, lanes, ledger_lanes, month_receipts, receipts};
pub use rejected_line::RejectedLine;
pub(crate) use replaced::{Replaced, Standing};
