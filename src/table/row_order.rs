//! What rows are sorted by.

use super::columns::EVENT_TIMESTAMP;

/// An order of rows, NULL first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOrder {
    /// eventsource, eventname, useridentity_arn and eventtimestamp: the order of every file.
    Identity,
    /// eventsource, eventname and eventtimestamp: the order of files of earlier programs.
    Time,
}

/// Who did it.
const IDENTITY: &str = "useridentity_arn";

/// Whether a file lacks the column where it is null in all rows. The others are in every file.
pub(super) fn may_be_missing(column: &str) -> bool {
    column == IDENTITY
}

impl RowOrder {
    /// The columns that it sorts by before the time.
    pub(super) fn names(self) -> &'static [&'static str] {
        let names = &["eventsource", "eventname", IDENTITY];
        match self {
            Self::Identity => names,
            Self::Time => &names[..2],
        }
    }

    /// All columns that it sorts by.
    pub(super) fn columns(self) -> impl Iterator<Item = &'static str> {
        self.names().iter().copied().chain([EVENT_TIMESTAMP.0])
    }
}
