//! What was kept aside, as text and JSON.

use super::text::Text;
use cloudtrail2parquet::monitor::Problem;
use serde_json::{Value, json};

/// A problem, for programs.
pub(crate) fn problem_document(problem: &Problem) -> Value {
    json!({
        "code": problem.code(),
        "key": problem.about(),
        "text": problem.to_string(),
        "next_step": problem.next_step(),
    })
}

/// Problems with what to do about them, one a line.
pub(crate) fn problem_lines<'p>(text: &mut Text, problems: impl Iterator<Item = &'p Problem>) {
    for problem in problems {
        text.line(problem_line(problem));
    }
}

/// A problem in one line that ends with what to do.
pub(crate) fn problem_line(problem: &Problem) -> String {
    let (line, step) = (problem.to_string(), problem.next_step());
    match line.contains(&step) {
        true => line,
        false => format!("{line}; {step}"),
    }
}
