//! What CloudTrail's digests said of a raw object, as a code.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What CloudTrail's digests said of a raw object when it was claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DigestState {
    /// It is what was delivered.
    Valid,
    /// It is not what was delivered.
    Changed,
    /// It was delivered and is gone.
    Missing,
    /// No proven digest lists it.
    NotCovered,
}

impl fmt::Display for DigestState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Valid => "CloudTrail's digests say that it is as delivered",
            Self::Changed => "it is not what CloudTrail delivered, as its digests say",
            Self::Missing => "CloudTrail's digests list it, and it is gone",
            Self::NotCovered => "none of CloudTrail's digests that is proven lists it",
        })
    }
}
