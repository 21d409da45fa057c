//! Cells in sorted order → Arrow arrays.

use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, DictionaryArray, Int32Array, ListArray, MapArray, StringArray,
    StructArray, TimestampMillisecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, Fields as ArrowFields, TimeUnit};
use arrow::error::ArrowError;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;
use rustc_hash::FxHashMap;

use super::collect::{Lists, Present, Texts};
use super::dictionary::{self, Chunk, Dictionary, DictionaryBuilder, Levels};
use super::marks::Marks;
use super::objects::{Objects, RowRef};
use super::schema::{Recipe, Schema};
use super::shape::{self, Fields, Node, Slot, SlotKind};

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
        for (at, row) in rows.iter().enumerate() {
            if let Some(next) = rows.get(at + 1) {
                objects.row(*next).fetch_cells();
            }
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

/// One column of a row group on its way into its leaves.
pub(super) struct Column<'o> {
    /// Its leaves in order.
    pub(super) leaves: Vec<Leaf<'o>>,
    /// Those of its leaves that have none of their own, in the structs and lists that they are in.
    pub(super) array: Option<ArrayRef>,
}

/// One leaf of a column.
pub(super) enum Leaf<'o> {
    /// Written from a dictionary.
    Dictionary(Chunk<'o>),
    /// The next leaf of the column's array.
    Array,
}

/// The slots whose texts are to be written from dictionaries: those of which each column can be.
pub(super) fn dictionary_slots(
    schema: &Schema,
    columns: &[usize],
    properties: &WriterProperties,
) -> Vec<bool> {
    let mut possible = vec![None; schema.slots.kinds.len()];
    for &column in columns {
        if let Recipe::Node(node) = &schema.recipes[column] {
            let path = vec![schema.columns()[column].name.clone()];
            find_possible(node, path, properties, &mut possible);
        }
    }
    let possible = possible.into_iter();
    possible.map(|possible| possible == Some(true)).collect()
}

fn find_possible(
    node: &Node,
    path: Vec<String>,
    properties: &WriterProperties,
    possible: &mut [Option<bool>],
) {
    match node {
        Node::Text(slot) | Node::Boolean(slot) => {
            let is_possible = dictionary::is_possible(properties, &ColumnPath::new(path));
            let slot = &mut possible[usize::from(*slot)];
            *slot = Some(is_possible && slot.unwrap_or(true));
        }
        // A whole JSON text seldom repeats.
        Node::Json(slot) => possible[usize::from(*slot)] = Some(false),
        Node::Struct { fields, .. } => {
            for field in &fields.fields {
                let name = field.source.to_ascii_lowercase();
                let path = path.iter().cloned().chain([name]).collect();
                find_possible(&field.node, path, properties, possible);
            }
        }
        Node::Structs { .. } | Node::Map { .. } => {}
    }
}

/// Builds the given columns of one row group, whose sizes are known, with dictionaries for some slots.
/// Texts of arrays are typed as bytes: an array of text would look at all of it again for what it was
/// read as.
pub(super) fn build<'o>(
    schema: &Schema,
    columns: &[usize],
    objects: &'o Objects,
    rows: &[RowRef],
    sizes: &Sizes,
    dictionaries: &[bool],
) -> Result<Vec<Column<'o>>, ArrowError> {
    let mut builder = Builder::collect(schema, objects, rows, sizes, dictionaries);
    columns
        .iter()
        .map(|column| {
            let array = match &schema.recipes[*column] {
                Recipe::Node(node) => {
                    let mut leaves = Vec::new();
                    let array = builder.node(node, &[], &mut leaves)?;
                    return Ok(Column { leaves, array });
                }
                Recipe::Texts { list, element } => builder.texts(*list, *element)?,
                Recipe::Timestamp => timestamps(objects, rows),
                Recipe::SourceFile => sources(objects, rows)?,
            };
            Ok(Column {
                leaves: vec![Leaf::Array],
                array: Some(array),
            })
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
    fields.map(|(field, ty)| member(field, ty)).collect()
}

fn member(field: &shape::Field, ty: DataType) -> Field {
    Field::new(field.source.to_ascii_lowercase(), ty, true)
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
struct Builder<'s, 'o> {
    schema: &'s Schema,
    rows: usize,
    texts: Vec<Collected<'o>>,
    present: Vec<Present>,
    lists: Vec<Lists>,
    /// How many elements each list column has in all.
    counts: Vec<usize>,
    /// Texts that are finished, which nested and flat columns share.
    done: FxHashMap<Slot, Text<'o>>,
}

/// The texts of a slot while they are collected.
enum Collected<'o> {
    Array(Texts),
    Dictionary(Box<DictionaryBuilder<'o>>),
}

/// The texts of a slot.
#[derive(Clone)]
enum Text<'o> {
    Array(ArrayRef),
    Dictionary(Arc<Dictionary<'o>>, Arc<Marks>),
}

impl<'o> Collected<'o> {
    #[inline]
    fn put(&mut self, at: usize, text: &'o [u8]) {
        match self {
            Self::Array(texts) => texts.put(at, text),
            Self::Dictionary(dictionary) => dictionary.put(at, text),
        }
    }

    fn finish(self, len: usize) -> Result<Text<'o>, ArrowError> {
        Ok(match self {
            Self::Array(texts) => Text::Array(texts.finish(len)?),
            Self::Dictionary(builder) => {
                let (dictionary, marks) = builder.finish();
                Text::Dictionary(dictionary, marks)
            }
        })
    }
}

impl<'s, 'o> Builder<'s, 'o> {
    fn collect(
        schema: &'s Schema,
        objects: &'o Objects,
        rows: &[RowRef],
        Sizes(sizes): &Sizes,
        dictionaries: &[bool],
    ) -> Self {
        let kinds = &schema.slots.kinds;
        let room = |((kind, size), in_dictionary): ((&SlotKind, &SlotSize), &bool)| {
            if *in_dictionary {
                return Collected::Dictionary(Box::default());
            }
            Collected::Array(match (kind, size.cells) {
                (SlotKind::Present | SlotKind::List(_) | SlotKind::Element(_), _) | (_, 0) => {
                    Texts::default()
                }
                (SlotKind::Text, _) => Texts::with_capacity(size.bytes, rows.len()),
                (SlotKind::ElementText(_) | SlotKind::Append(_), cells) => {
                    Texts::with_capacity(size.bytes, cells)
                }
            })
        };
        let slots = kinds.iter().zip(sizes).zip(dictionaries);
        let mut texts: Vec<Collected<'o>> = slots.map(room).collect();
        let mut present: Vec<Present> = Vec::new();
        let mut lists: Vec<Lists> = Vec::new();
        present.resize_with(kinds.len(), Present::default);
        lists.resize_with(schema.slots.lists, Lists::default);
        for (at, row) in rows.iter().enumerate() {
            if let Some(next) = rows.get(at + 1) {
                objects.row(*next).fetch();
            }
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
        let values = self.array(texts)?;
        let (offsets, nulls) = self.list(list);
        let field = element(values.data_type().clone());
        Ok(Arc::new(ListArray::try_new(field, offsets, values, nulls)?))
    }

    /// Adds the leaves of a column, or of a member of these structs; gives those that are in an array.
    fn node(
        &mut self,
        node: &Node,
        structs: &[Arc<Marks>],
        leaves: &mut Vec<Leaf<'o>>,
    ) -> Result<Option<ArrayRef>, ArrowError> {
        Ok(Some(match node {
            Node::Text(slot) | Node::Boolean(slot) | Node::Json(slot) => match self.text(*slot)? {
                Text::Array(array) => {
                    leaves.push(Leaf::Array);
                    array
                }
                Text::Dictionary(dictionary, marks) => {
                    leaves.push(Leaf::Dictionary(Chunk {
                        levels: Levels::new(structs, marks, self.rows),
                        dictionary,
                    }));
                    return Ok(None);
                }
            },
            Node::Struct { present, fields } => {
                let marks = self.marks(*present);
                let structs: Vec<_> = structs
                    .iter()
                    .cloned()
                    .chain([Arc::clone(&marks)])
                    .collect();
                let (fields, columns) = self.members(fields, &structs, leaves)?;
                if columns.is_empty() {
                    return Ok(None);
                }
                let nulls = marks.nulls(self.rows);
                Arc::new(StructArray::try_new_with_length(
                    fields, columns, nulls, self.rows,
                )?)
            }
            Node::Structs {
                list,
                element: present,
                fields,
            } => {
                let (fields, columns) = self.members(fields, &[], leaves)?;
                let len = self.len_of(*present);
                let nulls = self.marks(*present).nulls(len);
                let values = StructArray::try_new_with_length(fields, columns, nulls, len)?;
                let (offsets, nulls) = self.list(*list);
                let field = element(values.data_type().clone());
                Arc::new(ListArray::try_new(field, offsets, Arc::new(values), nulls)?)
            }
            Node::Map {
                list, key, value, ..
            } => {
                leaves.extend([Leaf::Array, Leaf::Array]);
                let columns = vec![self.array(*key)?, self.array(*value)?];
                let fields = entry_fields(DataType::Binary);
                let entries = StructArray::try_new(fields.clone(), columns, None)?;
                let (offsets, nulls) = self.list(*list);
                let field = entries_field(fields);
                Arc::new(MapArray::try_new(field, offsets, entries, nulls, false)?)
            }
        }))
    }

    /// The members that are in arrays.
    fn members(
        &mut self,
        fields: &Fields,
        structs: &[Arc<Marks>],
        leaves: &mut Vec<Leaf<'o>>,
    ) -> Result<(ArrowFields, Vec<ArrayRef>), ArrowError> {
        let (mut members, mut columns) = (Vec::new(), Vec::new());
        for field in &fields.fields {
            if let Some(array) = self.node(&field.node, structs, leaves)? {
                members.push(member(field, array.data_type().clone()));
                columns.push(array);
            }
        }
        Ok((members.into(), columns))
    }

    fn text(&mut self, slot: Slot) -> Result<Text<'o>, ArrowError> {
        if let Some(text) = self.done.get(&slot) {
            return Ok(text.clone());
        }
        let len = self.len_of(slot);
        let taken = Collected::Array(Texts::default());
        let text = std::mem::replace(&mut self.texts[usize::from(slot)], taken).finish(len)?;
        self.done.insert(slot, text.clone());
        Ok(text)
    }

    /// The texts of a slot that is in a list, so in no dictionary.
    fn array(&mut self, slot: Slot) -> Result<ArrayRef, ArrowError> {
        match self.text(slot)? {
            Text::Array(array) => Ok(array),
            Text::Dictionary(..) => unreachable!("slots of lists have no dictionary"),
        }
    }

    fn marks(&mut self, slot: Slot) -> Arc<Marks> {
        Arc::new(std::mem::take(&mut self.present[usize::from(slot)]).finish())
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
