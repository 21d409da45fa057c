//! The table back as CloudTrail logs: files under CloudTrail's own keys, or one record a line.
//! Records are equal as JSON to what was delivered. Nothing is overwritten, and the table stays as
//! it is.

mod body;
mod claim;
mod key;
mod lane;
mod logs;
mod merged;
mod options;
mod run;

pub use options::{RestoreError, RestoreOptions, Restored, Target};
pub use run::restore;
