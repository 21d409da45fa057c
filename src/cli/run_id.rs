//! The id by which the log lines, the report and the metrics of one run are found together.

use std::sync::OnceLock;

/// Sixteen hexadecimal digits, random, the same for all of this process.
pub(crate) fn run_id() -> &'static str {
    static RUN: OnceLock<String> = OnceLock::new();
    RUN.get_or_init(|| {
        let random = getrandom::u64().unwrap_or_else(|_| std::process::id().into());
        format!("{random:016x}")
    })
}
