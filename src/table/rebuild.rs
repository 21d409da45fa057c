//! One row → the record it came from.

use arrow::array::RecordBatch;

/// Why a row does not give a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RebuildError {
    /// A column has another type than the table's.
    #[error("column `{0}` has another type than the table's")]
    Type(String),
    /// A text that must be JSON is not.
    #[error("column `{column}` does not hold JSON: {source}")]
    NotJson {
        /// The column.
        column: String,
        /// What is wrong with it.
        source: crate::json::JsonError,
    },
}

/// The JSON text of the record that row `row` of `batch` came from, equal to it as JSON.
///
/// Needs the documented columns and `additionalfields`; columns are found by name, and one
/// that is not there is NULL.
pub fn rebuild(_batch: &RecordBatch, _row: usize) -> Result<String, RebuildError> {
    Ok(String::new())
}
