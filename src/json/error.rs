//! Why a text is not JSON.

/// Why a text is not JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub struct JsonError {
    /// What was wrong, as a phrase.
    pub what: &'static str,
    /// Byte offset in the scanned text.
    pub at: usize,
}
