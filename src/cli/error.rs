//! Mistakes on the command line.

/// A mistake on the command line: the program ends with the code for wrong usage.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageError(String);

/// A mistake, and what to write instead.
pub(crate) fn usage(what: impl Into<String>) -> anyhow::Error {
    UsageError(what.into()).into()
}
