//! How a table that is there differs from one that is wanted, in words.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_glue::types::{Column, Table, TableInput};

use super::projection::split;

/// So many values of one kind are named; of more, the number is told.
const NAMED: usize = 5;

/// One line for each change, `account 111122223333 added`; none if there is none. `input`
/// was made from `table`.
pub(super) fn differences(table: &Table, input: &TableInput) -> Vec<String> {
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
