//! The table's columns, read from the same definition that the program uses, and filled
//! the plain way.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use arrow::array::{
    ArrayRef, ListArray, ListBuilder, MapArray, RecordBatch, StringArray, StringBuilder,
    StructArray, TimestampMillisecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use cloudtrail2parquet::table::Schema as Table;
use serde_json::Value;

pub(crate) struct Columns {
    schema: SchemaRef,
    paths: Vec<Vec<String>>,
}

impl Columns {
    pub(crate) fn new() -> Result<Self> {
        let table = Table::new(&[])?;
        let columns = table.columns().iter();
        let fields: Vec<Field> = columns
            .clone()
            .map(|column| {
                let mut rest = column.glue_type.as_str();
                let data_type = glue_type(&mut rest).with_context(|| column.glue_type.clone())?;
                Ok(Field::new(&column.name, data_type, true))
            })
            .collect::<Result<_>>()?;
        let path = |source: &str| source.split('.').map(str::to_owned).collect();
        Ok(Self {
            schema: Arc::new(Schema::new(fields)),
            paths: columns.map(|column| path(&column.source)).collect(),
        })
    }

    pub(crate) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// The rows of `records`, which happened at `times`.
    pub(crate) fn batch(
        &self,
        records: &[Value],
        times: Vec<i64>,
        source_file: &str,
    ) -> Result<RecordBatch> {
        let fields = self.schema.fields().iter();
        let arrays = fields
            .zip(&self.paths)
            .map(|(field, path)| -> Result<ArrayRef> {
                Ok(match (field.name().as_str(), field.data_type()) {
                    ("eventtimestamp", _) => Arc::new(
                        TimestampMillisecondArray::from(times.clone()).with_timezone("UTC"),
                    ),
                    ("sourcefile", _) => Arc::new(StringArray::from_iter_values(
                        records.iter().map(|_| source_file),
                    )),
                    (_, DataType::Utf8) => {
                        let texts = records.iter().map(|record| text(at(record, path)));
                        Arc::new(StringArray::from_iter(texts))
                    }
                    (_, DataType::List(element)) if element.data_type() == &DataType::Utf8 => {
                        let mut lists = ListBuilder::new(StringBuilder::new());
                        for record in records {
                            let mut found = Vec::new();
                            let is_there = collect(record, path, &mut found);
                            for value in found {
                                lists.values().append_option(text(Some(value)));
                            }
                            lists.append(is_there);
                        }
                        Arc::new(lists.finish())
                    }
                    (_, data_type) => {
                        let values: Vec<_> =
                            records.iter().map(|record| at(record, path)).collect();
                        nested(data_type, &values)?
                    }
                })
            });
        Ok(RecordBatch::try_new(
            self.schema(),
            arrays.collect::<Result<_>>()?,
        )?)
    }
}

/// The value at the end of a path; null and absent are the same.
fn at<'a>(record: &'a Value, path: &[String]) -> Option<&'a Value> {
    let found = path.iter().try_fold(record, |value, key| value.get(key));
    found.filter(|value| !value.is_null())
}

/// The values at the ends of a path through lists, and whether the path leads anywhere.
fn collect<'a>(value: &'a Value, path: &[String], found: &mut Vec<&'a Value>) -> bool {
    let Some((key, rest)) = path.split_first() else {
        found.push(value);
        return true;
    };
    let (key, is_list) = match key.strip_suffix("[]") {
        Some(key) => (key, true),
        None => (key.as_str(), false),
    };
    match value.get(key) {
        None | Some(Value::Null) => false,
        Some(Value::Array(elements)) if is_list => {
            for element in elements.iter().filter(|element| !element.is_null()) {
                collect(element, rest, found);
            }
            true
        }
        Some(value) => collect(value, rest, found),
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Structs, lists of them, and maps, level by level.
fn nested(data_type: &DataType, values: &[Option<&Value>]) -> Result<ArrayRef> {
    let nulls = || Some(NullBuffer::from_iter(values.iter().map(Option::is_some)));
    Ok(match data_type {
        DataType::Utf8 => Arc::new(StringArray::from_iter(
            values.iter().map(|value| text(*value)),
        )),
        DataType::Struct(fields) => {
            let children = fields.iter().map(|field| {
                let members: Vec<_> = values
                    .iter()
                    .map(|value| member(*value, field.name()))
                    .collect();
                nested(field.data_type(), &members)
            });
            let children = children.collect::<Result<_>>()?;
            Arc::new(StructArray::try_new(fields.clone(), children, nulls())?)
        }
        DataType::List(element) => {
            let lists = values.iter().map(|value| match value {
                Some(Value::Array(elements)) => elements.as_slice(),
                _ => &[],
            });
            let offsets = OffsetBuffer::from_lengths(lists.clone().map(<[Value]>::len));
            let elements: Vec<_> = lists.flatten().map(Some).collect();
            let elements = nested(element.data_type(), &elements)?;
            Arc::new(ListArray::try_new(
                Arc::clone(element),
                offsets,
                elements,
                nulls(),
            )?)
        }
        DataType::Map(entry, _) => {
            let maps = values.iter().map(|value| value.and_then(Value::as_object));
            let lengths = maps.clone().map(|map| map.map_or(0, serde_json::Map::len));
            let offsets = OffsetBuffer::from_lengths(lengths);
            let entries = maps.flatten().flatten();
            let keys = StringArray::from_iter_values(entries.clone().map(|(key, _)| key));
            let texts = StringArray::from_iter(entries.map(|(_, value)| text(Some(value))));
            let DataType::Struct(fields) = entry.data_type() else {
                bail!("a map without entries");
            };
            let children: Vec<ArrayRef> = vec![Arc::new(keys), Arc::new(texts)];
            let entries = StructArray::try_new(fields.clone(), children, None)?;
            Arc::new(MapArray::try_new(
                Arc::clone(entry),
                offsets,
                entries,
                nulls(),
                false,
            )?)
        }
        other => bail!("no column of type {other}"),
    })
}

/// A member under any spelling: the table's struct members have lost their capitals.
fn member<'a>(value: Option<&'a Value>, name: &str) -> Option<&'a Value> {
    let mut members = value?.as_object()?.iter();
    let (_, value) = members.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(value).filter(|value| !value.is_null())
}

/// Reads one Glue type off the front of `rest`.
fn glue_type(rest: &mut &str) -> Result<DataType> {
    let end = rest.find(['<', '>', ',']).unwrap_or(rest.len());
    let name = rest.get(..end).unwrap_or_default();
    *rest = rest.get(end..).unwrap_or_default();
    Ok(match name {
        "string" => DataType::Utf8,
        "timestamp" => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        "array" => {
            pass(rest, "<")?;
            let element = glue_type(rest)?;
            pass(rest, ">")?;
            DataType::List(Arc::new(Field::new_list_field(element, true)))
        }
        "map" => {
            pass(rest, "<")?;
            let key = glue_type(rest)?;
            pass(rest, ",")?;
            let value = glue_type(rest)?;
            pass(rest, ">")?;
            let entry = Fields::from(vec![
                Field::new("key", key, false),
                Field::new("value", value, true),
            ]);
            let entries = Field::new("entries", DataType::Struct(entry), false);
            DataType::Map(Arc::new(entries), false)
        }
        "struct" => {
            let mut fields = Vec::new();
            while !rest.starts_with('>') {
                *rest = rest.get(1..).context("an open struct")?;
                let (name, after) = rest.split_once(':').context("a member without a type")?;
                *rest = after;
                fields.push(Field::new(name, glue_type(rest)?, true));
            }
            pass(rest, ">")?;
            DataType::Struct(Fields::from(fields))
        }
        other => bail!("an unknown type: {other}"),
    })
}

fn pass(rest: &mut &str, mark: &str) -> Result<()> {
    *rest = rest
        .strip_prefix(mark)
        .with_context(|| format!("no {mark} before {rest}"))?;
    Ok(())
}
