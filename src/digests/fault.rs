//! What is wrong with a digest, or between two of them.

use jiff::civil::Date;

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    /// A digest is gone: another one names it as the one before it.
    Missing,
    /// A digest is not what was signed, or nothing tells that it is.
    Invalid,
    /// A digest does not fit to the one before it.
    Broken,
    /// No digest is about this time.
    Gap,
}

/// Something that is wrong with a digest, or between two of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The full address of the digest.
    pub address: String,
    /// The day of the digest that tells.
    pub day: Date,
    /// What kind of thing.
    pub kind: FaultKind,
    /// What should be.
    pub expected: String,
    /// What is.
    pub found: String,
}
