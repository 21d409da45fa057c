//! What has to change in the catalog, if anything.

use aws_sdk_glue::types::{Column, Table, TableInput};

use super::difference::differences;
use super::error::CatalogError;
use super::table::{FORMAT, MARK, TableSpec};

/// The difference between the table that is there and the one that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum TableChange {
    /// No table has that name.
    Create(Box<TableInput>),
    /// Ours, and something is missing.
    Update {
        /// The whole table as it is to be; Glue replaces, it does not merge.
        input: Box<TableInput>,
        /// The version that `input` was made from.
        version_id: Option<String>,
        /// What changes, for people: `account 111122223333 added`.
        what: Vec<String>,
    },
    /// Ours, and as it should be.
    Unchanged,
    /// Not ours: to be left alone.
    Foreign {
        /// How that shows, as a clause after "because".
        reason: String,
    },
}

/// Compares the table that is there with the one that is wanted.
///
/// What the table has stays, whoever added it: accounts, regions, earlier dates, columns,
/// wider structs, comments, properties. So runs of several releases, and of several
/// ranges, can share a table and agree in the end.
///
/// # Errors
/// [`CatalogError`]s about what is wanted, and `ColumnType`.
pub fn plan_table(spec: &TableSpec, existing: Option<&Table>) -> Result<TableChange, CatalogError> {
    let Some(table) = existing else {
        return Ok(TableChange::Create(Box::new(spec.input(None)?)));
    };
    if let Some(reason) = foreign(spec, table) {
        return Ok(TableChange::Foreign { reason });
    }
    let input = spec.input(Some(table))?;
    let what = differences(table, &input);
    if what.is_empty() {
        return Ok(TableChange::Unchanged);
    }
    Ok(TableChange::Update {
        input: Box::new(input),
        version_id: table.version_id.clone(),
        what,
    })
}

/// Why the table that is there is not ours.
pub(super) fn foreign(spec: &TableSpec, table: &Table) -> Option<String> {
    let Some(mark) = table.parameters().and_then(|all| all.get(MARK)) else {
        return Some(format!(
            "it lacks the property {MARK}, so it was not made by cloudtrail2parquet"
        ));
    };
    if !mark.parse().is_ok_and(|format: u32| format <= FORMAT) {
        return Some(format!(
            "its {MARK} is {mark}, which only a newer cloudtrail2parquet knows"
        ));
    }
    let there = (table.storage_descriptor())
        .and_then(|descriptor| descriptor.location())
        .unwrap_or_default();
    if there.trim_end_matches('/') != spec.location.trim_end_matches('/') {
        return Some(format!("it reads {there:?} and not {:?}", spec.location));
    }
    let keys: Vec<&str> = table.partition_keys().iter().map(Column::name).collect();
    if !TableSpec::partition_keys()
        .iter()
        .map(|key| key.name.as_str())
        .eq(keys.iter().copied())
    {
        return Some(format!("its partition keys are {}", keys.join(", ")));
    }
    None
}

#[cfg(test)]
mod tests;
