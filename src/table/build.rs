//! Cells in sorted order → Arrow arrays.

use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, DictionaryArray, Int32Array, ListArray, MapArray, StringArray,
    StructArray, TimestampMillisecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, Fields as ArrowFields, TimeUnit};
use arrow::error::ArrowError;
use rustc_hash::FxHashMap;

use super::collect::{Lists, Present, Texts};
use super::objects::{Objects, RowRef};
use super::schema::{Recipe, Schema};
use super::shape::{Fields, Node, Slot, SlotKind};

/// How much some rows have in each slot.
#[derive(Debug)]
pub(super) struct Sizes(Vec<SlotSize>);

#[derive(Debug, Clone, Copy, Default)]
struct SlotSize {
    cells: usize,
    bytes: usize,
}

impl Sizes {
    /// Of these rows.
    pub(super) fn of(schema: &Schema, objects: &Objects, rows: &[RowRef]) -> Self {
        let mut sizes = vec![SlotSize::default(); schema.slots.kinds.len()];
        for row in rows {
            for cell in objects.row(*row).cells() {
                let size = &mut sizes[usize::from(cell.slot)];
                size.cells += 1;
                size.bytes += cell.len();
            }
        }
        Self(sizes)
    }

    /// Whether some row has something in the slot.
    pub(super) fn has(&self, slot: Slot) -> bool {
        self.0[usize::from(slot)].cells > 0
    }
}

/// Builds the arrays of the given columns for one row group, whose sizes are known. Their texts
/// are typed as bytes: an array of text would look at all of it again for what it was read as.
pub(super) fn build(
    schema: &Schema,
    columns: &[usize],
    objects: &Objects,
    rows: &[RowRef],
    sizes: &Sizes,
) -> Result<Vec<ArrayRef>, ArrowError> {
    let mut builder = Builder::collect(schema, objects, rows, sizes);
    columns
        .iter()
        .map(|column| match &schema.recipes[*column] {
            Recipe::Node(node) => builder.node(node),
            Recipe::Texts { list, element } => builder.texts(*list, *element),
            Recipe::Timestamp => Ok(timestamps(objects, rows)),
            Recipe::SourceFile => sources(objects, rows),
        })
        .collect()
}

/// The type of a column in the file.
pub(super) fn data_type(recipe: &Recipe) -> DataType {
    match recipe {
        Recipe::Node(node) => node_type(node),
        Recipe::Texts { .. } => DataType::List(element(DataType::Utf8)),
        Recipe::Timestamp => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        Recipe::SourceFile => {
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
        }
    }
}

fn node_type(node: &Node) -> DataType {
    match node {
        Node::Text(_) | Node::Boolean(_) | Node::Json(_) => DataType::Utf8,
        Node::Struct { fields, .. } => DataType::Struct(node_types(fields)),
        Node::Structs { fields, .. } => {
            DataType::List(element(DataType::Struct(node_types(fields))))
        }
        Node::Map { .. } => DataType::Map(entries_field(entry_fields(DataType::Utf8)), false),
    }
}

fn node_types(fields: &Fields) -> ArrowFields {
    let types = fields.fields.iter().map(|field| node_type(&field.node));
    struct_fields(fields, types)
}

fn struct_fields(fields: &Fields, types: impl Iterator<Item = DataType>) -> ArrowFields {
    let fields = fields.fields.iter().zip(types);
    fields
        .map(|(field, ty)| Field::new(field.source.to_ascii_lowercase(), ty, true))
        .collect()
}

fn array_types(columns: &[ArrayRef]) -> impl Iterator<Item = DataType> {
    columns.iter().map(|column| column.data_type().clone())
}

/// Parquet's own names of what lists and maps are made of, which all engines know.
fn element(ty: DataType) -> Arc<Field> {
    Arc::new(Field::new("element", ty, true))
}

fn entries_field(fields: ArrowFields) -> Arc<Field> {
    let entries = DataType::Struct(fields);
    Arc::new(Field::new("key_value", entries, false))
}

fn entry_fields(text: DataType) -> ArrowFields {
    ArrowFields::from(vec![
        Field::new("key", text.clone(), false),
        Field::new("value", text, true),
    ])
}

/// The values of one row group by slot.
struct Builder<'s> {
    schema: &'s Schema,
    rows: usize,
    texts: Vec<Texts>,
    present: Vec<Present>,
    lists: Vec<Lists>,
    /// How many elements each list column has in all.
    counts: Vec<usize>,
    /// Texts made into arrays, which nested and flat columns share.
    done: FxHashMap<Slot, ArrayRef>,
}

impl<'s> Builder<'s> {
    fn collect(
        schema: &'s Schema,
        objects: &Objects,
        rows: &[RowRef],
        Sizes(sizes): &Sizes,
    ) -> Self {
        let kinds = &schema.slots.kinds;
        let room = |(kind, size): (&SlotKind, &SlotSize)| match (kind, size.cells) {
            (SlotKind::Present | SlotKind::List(_) | SlotKind::Element(_), _) | (_, 0) => {
                Texts::default()
            }
            (SlotKind::Text, _) => Texts::with_capacity(size.bytes, rows.len()),
            (SlotKind::ElementText(_) | SlotKind::Append(_), cells) => {
                Texts::with_capacity(size.bytes, cells)
            }
        };
        let mut texts: Vec<Texts> = kinds.iter().zip(sizes).map(room).collect();
        let mut present: Vec<Present> = Vec::new();
        let mut lists: Vec<Lists> = Vec::new();
        present.resize_with(kinds.len(), Present::default);
        lists.resize_with(schema.slots.lists, Lists::default);
        for (at, row) in rows.iter().enumerate() {
            let row = objects.row(*row);
            let object = row.object();
            for cell in row.cells() {
                let slot = usize::from(cell.slot);
                let texts = &mut texts[slot];
                match kinds[slot] {
                    SlotKind::Text => texts.put(at, object.bytes_of(*cell)),
                    SlotKind::Present => present[slot].mark(at),
                    SlotKind::List(list) => lists[list].begin(at),
                    SlotKind::Element(list) => {
                        let element = lists[list].add();
                        if !cell.is_empty() {
                            present[slot].mark(element);
                        }
                    }
                    SlotKind::ElementText(list) => {
                        texts.put(lists[list].last(), object.bytes_of(*cell));
                    }
                    SlotKind::Append(list) => {
                        texts.put(lists[list].add(), object.bytes_of(*cell));
                    }
                }
            }
        }
        Self {
            schema,
            rows: rows.len(),
            texts,
            present,
            counts: lists.iter().map(|list| list.count).collect(),
            lists,
            done: FxHashMap::default(),
        }
    }

    fn texts(&mut self, list: Slot, texts: Slot) -> Result<ArrayRef, ArrowError> {
        let values = self.text(texts)?;
        let (offsets, nulls) = self.list(list);
        let field = element(values.data_type().clone());
        Ok(Arc::new(ListArray::try_new(field, offsets, values, nulls)?))
    }

    fn node(&mut self, node: &Node) -> Result<ArrayRef, ArrowError> {
        match node {
            Node::Text(slot) | Node::Boolean(slot) | Node::Json(slot) => self.text(*slot),
            Node::Struct { present, fields } => {
                let columns = self.members(fields)?;
                let nulls = self.nulls(*present, self.rows);
                let fields = struct_fields(fields, array_types(&columns));
                Ok(Arc::new(StructArray::try_new_with_length(
                    fields, columns, nulls, self.rows,
                )?))
            }
            Node::Structs {
                list,
                element: present,
                fields,
            } => {
                let columns = self.members(fields)?;
                let len = self.len_of(*present);
                let nulls = self.nulls(*present, len);
                let fields = struct_fields(fields, array_types(&columns));
                let values = StructArray::try_new_with_length(fields, columns, nulls, len)?;
                let (offsets, nulls) = self.list(*list);
                let field = element(values.data_type().clone());
                Ok(Arc::new(ListArray::try_new(
                    field,
                    offsets,
                    Arc::new(values),
                    nulls,
                )?))
            }
            Node::Map {
                list, key, value, ..
            } => {
                let columns = vec![self.text(*key)?, self.text(*value)?];
                let fields = entry_fields(DataType::Binary);
                let entries = StructArray::try_new(fields.clone(), columns, None)?;
                let (offsets, nulls) = self.list(*list);
                let field = entries_field(fields);
                Ok(Arc::new(MapArray::try_new(
                    field, offsets, entries, nulls, false,
                )?))
            }
        }
    }

    fn members(&mut self, fields: &Fields) -> Result<Vec<ArrayRef>, ArrowError> {
        let fields = fields.fields.iter();
        fields.map(|field| self.node(&field.node)).collect()
    }

    fn text(&mut self, slot: Slot) -> Result<ArrayRef, ArrowError> {
        if let Some(array) = self.done.get(&slot) {
            return Ok(Arc::clone(array));
        }
        let len = self.len_of(slot);
        let array = std::mem::take(&mut self.texts[usize::from(slot)]).finish(len)?;
        self.done.insert(slot, Arc::clone(&array));
        Ok(array)
    }

    fn nulls(&mut self, slot: Slot, len: usize) -> Option<NullBuffer> {
        std::mem::take(&mut self.present[usize::from(slot)]).finish(len)
    }

    fn list(&mut self, slot: Slot) -> (OffsetBuffer<i32>, Option<NullBuffer>) {
        let SlotKind::List(list) = self.schema.slots.kind(slot) else {
            unreachable!("the columns' lists have slots of their own");
        };
        std::mem::take(&mut self.lists[list]).finish(self.rows)
    }

    fn len_of(&self, slot: Slot) -> usize {
        match self.schema.slots.kind(slot) {
            SlotKind::Element(list) | SlotKind::ElementText(list) | SlotKind::Append(list) => {
                self.counts[list]
            }
            SlotKind::Text | SlotKind::Present | SlotKind::List(_) => self.rows,
        }
    }
}

fn timestamps(objects: &Objects, rows: &[RowRef]) -> ArrayRef {
    let millis: Vec<i64> = rows.iter().map(|row| objects.row(*row).millis()).collect();
    let array = TimestampMillisecondArray::new(ScalarBuffer::from(millis), None);
    Arc::new(array.with_timezone("UTC"))
}

fn sources(objects: &Objects, rows: &[RowRef]) -> Result<ArrayRef, ArrowError> {
    let mut numbers: FxHashMap<u32, i32> = FxHashMap::default();
    let mut names: Vec<&str> = Vec::new();
    let mut keys: Vec<i32> = Vec::with_capacity(rows.len());
    for row in rows {
        let key = *numbers.entry(row.object()).or_insert_with(|| {
            names.push(objects.row(*row).object().source());
            names.len() as i32 - 1
        });
        keys.push(key);
    }
    let keys = Int32Array::new(ScalarBuffer::from(keys), None);
    let names = Arc::new(StringArray::from(names));
    Ok(Arc::new(DictionaryArray::try_new(keys, names)?))
}
