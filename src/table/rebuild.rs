//! One row → the record it came from.
//!
//! What `additionalfields` holds comes first, in its own spelling. It mirrors the record, so
//! an object in it that stands for a struct or a map is merged with that column's members;
//! any other value in it is the member as delivered. A column whose member it holds in
//! another spelling was filled from there, and gives nothing itself.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, RecordBatch, StringArray, StructArray};

use crate::json::{JsonError, Kind, Scanner, Span, write_string};

use super::columns::{ADDITIONAL_FIELDS, COLUMNS, Member, Type};
use super::members::{Item, members, write_member};

/// Why a row does not give a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RebuildError {
    /// A column has another type than the table's.
    #[error("column `{0}` has another type than the table's")]
    Type(String),
    /// `additionalfields` must be a JSON object and is not.
    #[error("additionalfields does not hold a JSON object: {0}")]
    AdditionalFields(#[from] JsonError),
}

/// The JSON text of the record that row `row` of `batch` came from, equal to it as JSON.
///
/// Needs the documented columns and `additionalfields`; columns are found by name, and one
/// that is not there is NULL.
///
/// # Panics
///
/// If the batch has no such row.
pub fn rebuild(batch: &RecordBatch, row: usize) -> Result<String, RebuildError> {
    Rebuilder::new(batch)?.row(row)
}

/// The columns of a batch that records are rebuilt from.
pub(super) struct Rebuilder {
    columns: Vec<(Member, Option<ArrayRef>)>,
    additional_fields: Option<StringArray>,
}

impl Rebuilder {
    /// Finds the columns by name.
    pub(super) fn new(batch: &RecordBatch) -> Result<Self, RebuildError> {
        let name = ADDITIONAL_FIELDS.0;
        let additional_fields = match batch.column_by_name(name) {
            Some(array) => Some(texts(array, name)?.clone()),
            None => None,
        };
        let columns = COLUMNS.iter().map(|column| {
            let name = column.member.source.to_ascii_lowercase();
            (column.member, batch.column_by_name(&name).cloned())
        });
        Ok(Self {
            columns: columns.collect(),
            additional_fields,
        })
    }

    /// The record of one row.
    pub(super) fn row(&self, row: usize) -> Result<String, RebuildError> {
        let kept = self.additional_fields.as_ref();
        let kept = kept.and_then(|texts| text(texts, row)).unwrap_or("{}");
        if Scanner::new(kept.as_bytes()).peek()? != Kind::Object {
            Scanner::new(kept.as_bytes()).enter_object()?;
        }
        let mut out = String::with_capacity(2048);
        object(&self.columns, row, Kept::whole(kept), &mut out)?;
        Ok(out)
    }
}

/// An object of `additionalfields`.
#[derive(Clone, Copy)]
struct Kept<'k> {
    text: &'k str,
    at: u32,
}

impl<'k> Kept<'k> {
    const NOTHING: Kept<'static> = Kept { text: "{}", at: 0 };

    fn whole(text: &'k str) -> Self {
        Self { text, at: 0 }
    }

    fn members(self) -> Result<Vec<Item<'k>>, JsonError> {
        if self.text == "{}" {
            return Ok(Vec::new());
        }
        members(self.text, self.at)
    }

    fn inner(self, value: Span) -> Self {
        Self {
            text: self.text,
            at: value.start,
        }
    }
}

/// Appends the object whose members are in `columns`.
fn object(
    columns: &[(Member, Option<ArrayRef>)],
    row: usize,
    kept: Kept<'_>,
    out: &mut String,
) -> Result<(), RebuildError> {
    let items = kept.members()?;
    let mut merged = vec![false; items.len()];
    out.push('{');
    for (member, column) in columns {
        let name = member.source.as_bytes();
        let mut inner = None;
        let mut is_kept = false;
        for (item, merged) in items.iter().zip(&mut merged) {
            if !item.name.eq_ignore_ascii_case(name) {
                continue;
            }
            is_kept = true;
            let mirrors = matches!(member.ty, Type::Struct(_) | Type::Map);
            if item.name.as_ref() == name && mirrors && item.kind == Kind::Object {
                *merged = true;
                inner = Some(kept.inner(item.value));
            }
        }
        let value = column.as_ref().filter(|column| column.is_valid(row));
        match (inner, value) {
            (Some(inner), Some(column)) => write(member, column, row, inner, out)?,
            (Some(inner), None) => write_absent(member, inner, out)?,
            (None, Some(column)) if !is_kept => write(member, column, row, Kept::NOTHING, out)?,
            (None, _) => {}
        }
    }
    for (item, merged) in items.iter().zip(merged) {
        if !merged {
            item.write(item.value.of(kept.text), out);
        }
    }
    out.push('}');
    Ok(())
}

/// Appends a member whose value is not NULL.
fn write(
    member: &Member,
    column: &ArrayRef,
    row: usize,
    kept: Kept<'_>,
    out: &mut String,
) -> Result<(), RebuildError> {
    let wrong = || RebuildError::Type(member.source.to_ascii_lowercase());
    write_member(out, member.source, "");
    match member.ty {
        Type::Text => {
            write_string(out, texts(column, member.source)?.value(row));
        }
        Type::Boolean | Type::Json => {
            out.push_str(texts(column, member.source)?.value(row));
        }
        Type::Struct(inner) => {
            let column = column.as_struct_opt().ok_or_else(wrong)?;
            object(&struct_columns(inner, column), row, kept, out)?;
        }
        Type::Structs(inner) => {
            let elements = column.as_list_opt::<i32>().ok_or_else(wrong)?.value(row);
            let elements = elements.as_struct_opt().ok_or_else(wrong)?;
            let columns = struct_columns(inner, elements);
            out.push('[');
            for element in 0..elements.len() {
                if element > 0 {
                    out.push(',');
                }
                if elements.is_null(element) {
                    out.push_str("null");
                } else {
                    object(&columns, element, Kept::NOTHING, out)?;
                }
            }
            out.push(']');
        }
        Type::Map => {
            let entries = column.as_map_opt().ok_or_else(wrong)?.value(row);
            let [keys, values] = entries.columns() else {
                return Err(wrong());
            };
            let (keys, values) = (texts(keys, member.source)?, texts(values, member.source)?);
            if keys.null_count() > 0 {
                return Err(wrong());
            }
            map(keys, values, kept, out)?;
        }
    }
    Ok(())
}

/// Appends a struct or a map of which `additionalfields` alone knows.
fn write_absent(member: &Member, kept: Kept<'_>, out: &mut String) -> Result<(), RebuildError> {
    write_member(out, member.source, "");
    match member.ty {
        Type::Struct(inner) => {
            let columns: Vec<_> = inner.iter().map(|member| (*member, None)).collect();
            object(&columns, 0, kept, out)
        }
        _ => {
            let nothing = StringArray::new_null(0);
            map(&nothing, &nothing, kept, out)
        }
    }
}

/// Appends a map; what `additionalfields` holds of it comes first.
fn map(
    keys: &StringArray,
    values: &StringArray,
    kept: Kept<'_>,
    out: &mut String,
) -> Result<(), RebuildError> {
    let items = kept.members()?;
    out.push('{');
    for (key, value) in keys.iter().flatten().zip(values) {
        if items
            .iter()
            .any(|item| item.name.as_ref() == key.as_bytes())
        {
            continue;
        }
        if !out.ends_with('{') {
            out.push(',');
        }
        write_string(out, key);
        out.push(':');
        match value {
            Some(value) => write_string(out, value),
            None => out.push_str("null"),
        }
    }
    for item in items {
        item.write(item.value.of(kept.text), out);
    }
    out.push('}');
    Ok(())
}

fn struct_columns(members: &[Member], column: &StructArray) -> Vec<(Member, Option<ArrayRef>)> {
    let members = members.iter();
    members
        .map(|member| {
            let name = member.source.to_ascii_lowercase();
            (*member, column.column_by_name(&name).map(Arc::clone))
        })
        .collect()
}

fn texts<'a>(array: &'a ArrayRef, name: &str) -> Result<&'a StringArray, RebuildError> {
    array
        .as_string_opt::<i32>()
        .ok_or_else(|| RebuildError::Type(name.to_ascii_lowercase()))
}

fn text(texts: &StringArray, row: usize) -> Option<&str> {
    texts.is_valid(row).then(|| texts.value(row))
}
