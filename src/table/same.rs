//! Equality of records as JSON.

/// Whether two JSON texts are the same record: equal as JSON, where of duplicate names the
/// last counts, and a null member is an absent one at the levels that are structs.
pub fn same_record(_a: &str, _b: &str) -> bool {
    false
}
