//! What was claimed and converted, as documents beside the data.
//!
//! ```text
//! _ledger/format                                             put once; proves put-if-absent
//! _ledger/<account>/<region>/log/<N>                         claim N of the lane
//! _ledger/<account>/<region>/<delivery month>/<N>.<days>     its receipt
//! ```
//!
//! Nothing here is ever changed or deleted.

mod claim;
mod lane;
mod object;

pub use claim::{
    Claim, ClaimedFile, ClaimedRejects, FORMAT, FileReceipt, Month, Receipt, RowOptions,
};
pub use lane::{ClaimOutcome, LaneLog, LedgerError, View, ensure_format, lanes, undated_receipts};
pub use object::{ClaimedObject, ObjectId, Outcome};

/// The folder of the ledger. Athena, Spark and Hive skip names that begin with `_`.
pub const FOLDER: &str = "_ledger/";

/// The folder of records that could not become rows.
pub const REJECTS_FOLDER: &str = "_rejects/";
