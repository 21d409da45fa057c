//! Why a record became no row, and what is kept of it.

use std::fmt;

use crate::json::Span;

/// What is kept of a record that became no row.
#[derive(Debug, Clone)]
pub(super) struct RejectEntry {
    pub(super) index: u32,
    pub(super) record: Span,
    /// The cells that name its lane: the first, and how many.
    pub(super) cells: (u32, u8),
    pub(super) reason: RejectReason,
}

/// Why a record is no row. Documents hold its [`code`](RejectReason::code); its text is for
/// people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RejectReason {
    /// It is some other JSON value.
    NotAnObject,
    /// It has no eventTime, or a null one.
    NoEventTime,
    /// Its eventTime is no time.
    BadEventTime,
    /// Its eventTime is before CloudTrail.
    TooEarly,
    /// Its eventTime is after it was delivered.
    TooLate,
    /// It is not UTF-8.
    InvalidUtf8,
    /// It is a line that is no JSON.
    NotJson,
    /// It has a time, but nothing else that an event has; or it stands around an event that is
    /// missing.
    NotAnEvent,
}

impl RejectReason {
    /// All reasons.
    pub const ALL: [Self; 8] = [
        Self::NotAnObject,
        Self::NoEventTime,
        Self::BadEventTime,
        Self::TooEarly,
        Self::TooLate,
        Self::InvalidUtf8,
        Self::NotJson,
        Self::NotAnEvent,
    ];

    /// What documents call it, for ever.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAnObject => "not_an_object",
            Self::NoEventTime => "no_event_time",
            Self::BadEventTime => "bad_event_time",
            Self::TooEarly => "too_early",
            Self::TooLate => "too_late",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::NotJson => "not_json",
            Self::NotAnEvent => "not_an_event",
        }
    }

    /// The reason of a code; none of a code that a later program wrote.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAnObject => "not a JSON object",
            Self::NoEventTime => "no eventTime",
            Self::BadEventTime => "eventTime is not RFC 3339",
            Self::TooEarly => "eventTime is before 2013-01-01",
            Self::TooLate => "eventTime is more than a day after delivery",
            Self::InvalidUtf8 => "invalid UTF-8",
            Self::NotJson => "a line that is no JSON, or nested too deeply",
            Self::NotAnEvent => {
                "what stands around an event that is missing, or has no more of one than a time"
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_told_by_its_code_and_a_later_code_by_none() {
        for reason in RejectReason::ALL {
            assert_eq!(RejectReason::from_code(reason.code()), Some(reason));
        }
        assert_eq!(RejectReason::from_code("of_a_later_program"), None);
    }
}
