//! SQL as a result.

use crate::cli::error::usage;
use crate::cli::output::ResultArgs;
use crate::cli::printable::is_unprintable;
use serde_json::json;

/// Prints a statement; as text only if that leaves every character as it is.
pub(super) fn print(statement: &str, result: &ResultArgs) -> anyhow::Result<()> {
    if !result.json && statement.contains(|c| c != '\n' && is_unprintable(c)) {
        return Err(usage(
            "the statement would name a place that holds a control character: print it with --json",
        ));
    }
    result.print(
        || Ok(json!({ "ddl": statement })),
        || statement.lines().collect(),
    )
}
