//! What has to change in the catalog, if anything.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_glue::types::{Column, Table, TableInput};

use super::error::CatalogError;
use super::projection::split;
use super::table::{FORMAT, MARK, TableSpec};

/// Words for so many values of one kind; beyond that, their number.
const NAMED: usize = 5;

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

fn differences(table: &Table, input: &TableInput) -> Vec<String> {
    let mut what = Vec::new();
    let none = HashMap::new();
    properties(
        table.parameters().unwrap_or(&none),
        input.parameters().unwrap_or(&none),
        &mut what,
    );
    if let (Some(there), Some(wanted)) = (table.storage_descriptor(), input.storage_descriptor()) {
        columns(there.columns(), wanted.columns(), &mut what);
        if there.input_format != wanted.input_format
            || there.output_format != wanted.output_format
            || there.serde_info != wanted.serde_info
        {
            what.push("storage format set to Parquet".to_owned());
        }
    }
    columns(table.partition_keys(), input.partition_keys(), &mut what);
    if table.table_type != input.table_type {
        what.push("table type set to EXTERNAL_TABLE".to_owned());
    }
    what
}

fn columns(there: &[Column], wanted: &[Column], what: &mut Vec<String>) {
    // Merging keeps the order of what is there, so new columns are those beyond it.
    let added: Vec<String> = (wanted.iter().skip(there.len()))
        .map(|column| column.name.clone())
        .collect();
    name_values("column", "added", added, what);
    for (old, new) in there.iter().zip(wanted) {
        if old.r#type != new.r#type {
            what.push(format!("column {} widened", new.name));
        }
        if old.comment != new.comment {
            what.push(format!("column {} described", new.name));
        }
    }
}

fn properties(
    there: &HashMap<String, String>,
    wanted: &HashMap<String, String>,
    what: &mut Vec<String>,
) {
    let keys: BTreeSet<&String> = there.keys().chain(wanted.keys()).collect();
    for key in keys {
        let (old, new) = (there.get(key), wanted.get(key));
        if old == new {
            continue;
        }
        let noun = match key.as_str() {
            "projection.account.values" => "account",
            "projection.region.values" => "region",
            _ => "",
        };
        match (noun, old, new) {
            ("", Some(old), Some(new)) => what.push(format!("{key} set to {new} (was {old})")),
            ("", None, Some(new)) => what.push(format!("{key} set to {new}")),
            (noun, old, Some(new)) if !noun.is_empty() => {
                let old = old.map_or_else(BTreeSet::new, |values| split(values));
                let added: Vec<String> = split(new).difference(&old).cloned().collect();
                if added.is_empty() {
                    what.push(format!("{noun}s put in order"));
                }
                name_values(noun, "added", added, what);
            }
            _ => what.push(format!("{key} removed")),
        }
    }
}

fn name_values(noun: &str, verb: &str, values: Vec<String>, what: &mut Vec<String>) {
    if values.len() > NAMED {
        what.push(format!("{} {noun}s {verb}", values.len()));
    } else {
        what.extend(values.iter().map(|value| format!("{noun} {value} {verb}")));
    }
}
