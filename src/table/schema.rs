//! The schema: one definition compiled for shredding, building, the catalog and the docs.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::columns::{ADDITIONAL_FIELDS, COLUMNS, EVENT_TIMESTAMP, SOURCE_FILE};
use super::flattened::{ColumnsError, FlattenedColumn, default_columns};
use super::shape::{Fields, Node, Slot, SlotKind, Slots, record_fields};
use super::trie::{Target, Trie};

/// More flattened columns than this make a footer that no engine reads gladly.
const MAX_FLATTENED: usize = 5000;

/// One column of the table, as the catalog and the documentation show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Lower-case name.
    pub name: String,
    /// The Glue (Hive) type, e.g. `string`, `timestamp`, `array<string>`, `struct<…>`.
    pub glue_type: String,
    /// The path in the record, in its spelling; empty where the column is not of the record.
    pub source: String,
    /// At most 255 characters.
    pub comment: String,
    /// Why the table has it.
    pub kind: ColumnKind,
}

/// Why the table has a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// AWS's documented CloudTrail table has it.
    Documented,
    /// Complements the documented ones: nothing of a record is lost, time is typed.
    Typed,
    /// Holds what a path into the record leads to; it can be derived again.
    Flattened,
}

/// How a column is built from cells.
#[derive(Debug, Clone)]
pub(crate) enum Recipe {
    /// A member, or a text.
    Node(Node),
    /// A list of texts.
    Texts { list: Slot, element: Slot },
    /// The event's time.
    Timestamp,
    /// The raw object's name.
    SourceFile,
}

/// Slots that more than the builders ask for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known {
    pub(crate) event_time: Slot,
    pub(crate) event_source: Slot,
    pub(crate) event_name: Slot,
    pub(crate) event_version: Slot,
    pub(crate) event_id: Slot,
    pub(crate) aws_region: Slot,
    pub(crate) recipient_account: Slot,
    pub(crate) identity_account: Slot,
    pub(crate) identity_arn: Slot,
    pub(crate) additional_fields: Slot,
}

/// The columns of the table, compiled.
#[derive(Debug, Clone)]
pub struct Schema {
    columns: Vec<ColumnInfo>,
    /// One a column.
    pub(crate) recipes: Vec<Recipe>,
    pub(crate) record: Fields,
    pub(crate) trie: Trie,
    /// For each member of `record`, the trie's place of it.
    pub(crate) roots: Vec<Option<usize>>,
    pub(crate) slots: Slots,
    pub(crate) known: Known,
}

impl Schema {
    /// The default columns and `extra` ones.
    pub fn new(extra: &[FlattenedColumn]) -> Result<Self, ColumnsError> {
        let mut slots = Slots::default();
        let record = record_fields(&mut slots);
        let additional_fields = slots.add(SlotKind::Text);
        let mut schema = Self {
            columns: Vec::new(),
            recipes: Vec::new(),
            known: known(&record, additional_fields),
            record,
            trie: Trie::new(),
            roots: Vec::new(),
            slots,
        };
        schema.add_members();
        schema.add_flat_members();
        schema.add_flattened(&default_columns()?, extra)?;
        schema.trie.compile();
        let fields = schema.record.fields.iter();
        schema.roots = fields
            .map(|field| schema.trie.root(field.source.as_bytes()))
            .collect();
        Ok(schema)
    }

    /// The columns in table order. The partition columns are not among them.
    pub fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    /// A short hash of the columns' names and types: receipts record it as the schema version.
    pub fn fingerprint(&self) -> String {
        let mut text = String::new();
        for column in &self.columns {
            let _ = writeln!(text, "{} {}", column.name, column.glue_type);
        }
        format!("{:016x}", xxhash_rust::xxh3::xxh3_64(text.as_bytes()))
    }

    fn add(&mut self, kind: ColumnKind, name: &str, source: &str, comment: &str, recipe: Recipe) {
        self.columns.push(ColumnInfo {
            name: name.to_owned(),
            glue_type: recipe.glue_type(),
            source: source.to_owned(),
            comment: comment.to_owned(),
            kind,
        });
        self.recipes.push(recipe);
    }

    fn add_members(&mut self) {
        let nodes: Vec<Node> = self.record.fields.iter().map(|f| f.node.clone()).collect();
        for (column, node) in COLUMNS.iter().zip(nodes) {
            let kind = if column.documented {
                ColumnKind::Documented
            } else {
                ColumnKind::Typed
            };
            let source = column.member.source;
            let name = source.to_ascii_lowercase();
            self.add(kind, &name, source, column.comment, Recipe::Node(node));
        }
        let typed = ColumnKind::Typed;
        let additional = Recipe::Node(Node::Text(self.known.additional_fields));
        self.add(
            typed,
            ADDITIONAL_FIELDS.0,
            "",
            ADDITIONAL_FIELDS.1,
            additional,
        );
        let (name, comment) = EVENT_TIMESTAMP;
        self.add(typed, name, "eventTime", comment, Recipe::Timestamp);
        self.add(typed, SOURCE_FILE.0, "", SOURCE_FILE.1, Recipe::SourceFile);
    }

    /// The leaves of userIdentity and tlsDetails: they share the values of the nested columns.
    fn add_flat_members(&mut self) {
        let mut leaves = Vec::new();
        for (column, field) in COLUMNS.iter().zip(&self.record.fields) {
            if column.flat {
                collect_leaves(&field.node, field.source, &mut leaves);
            }
        }
        for (path, slot) in leaves {
            let name = path.replace('.', "_").to_ascii_lowercase();
            let recipe = Recipe::Node(Node::Text(slot));
            let comment = format!("{path} of the event");
            self.add(ColumnKind::Flattened, &name, &path, &comment, recipe);
        }
    }

    fn add_flattened(
        &mut self,
        default: &[FlattenedColumn],
        extra: &[FlattenedColumn],
    ) -> Result<(), ColumnsError> {
        let mut known: HashMap<String, usize> = HashMap::new();
        for (index, column) in self.columns.iter().enumerate() {
            known.insert(column.name.clone(), index);
        }
        let mut targets: HashMap<usize, Target> = HashMap::new();
        for column in default.iter().chain(extra) {
            let target = match known.get(&column.name) {
                Some(index) => {
                    check_same(&self.columns[*index], column, targets.contains_key(index))?;
                    targets.get(index).copied()
                }
                None => {
                    let target = self.new_target(column)?;
                    known.insert(column.name.clone(), self.columns.len());
                    targets.insert(self.columns.len(), target);
                    let recipe = match target {
                        Target::Text { slot, .. } => Recipe::Node(Node::Text(slot)),
                        Target::Texts { list, element } => Recipe::Texts { list, element },
                    };
                    let comment: String = format!("{} of the event", column.path);
                    let comment: String = comment.chars().take(255).collect();
                    let (name, path) = (&column.name, &column.path);
                    self.add(ColumnKind::Flattened, name, path, &comment, recipe);
                    Some(target)
                }
            };
            if let Some(target) = target {
                self.trie.insert(&column.path, target);
            }
        }
        Ok(())
    }

    fn new_target(&mut self, column: &FlattenedColumn) -> Result<Target, ColumnsError> {
        if self.columns.len() >= MAX_FLATTENED {
            return Err(ColumnsError::Column {
                name: column.name.clone(),
                what: format!("a table has at most {MAX_FLATTENED} columns"),
            });
        }
        Ok(if column.is_list {
            let (list, slot) = self.slots.add_list();
            Target::Texts {
                list: slot,
                element: self.slots.add(SlotKind::Append(list)),
            }
        } else {
            Target::Text {
                slot: self.slots.add(SlotKind::Text),
                contest: self.trie.contest(),
            }
        })
    }
}

/// Two paths of one name are one column if their types agree, but no further path fills a
/// column that is not flattened by paths.
fn check_same(
    known: &ColumnInfo,
    column: &FlattenedColumn,
    is_by_path: bool,
) -> Result<(), ColumnsError> {
    let what = if known.glue_type != column.glue_type() {
        format!(
            "the table has it with type `{}`, and path `{}` would make it `{}`; leave the line out or use another path",
            known.glue_type,
            column.path,
            column.glue_type()
        )
    } else if !is_by_path && !known.source.eq_ignore_ascii_case(&column.path) {
        format!(
            "the table has a column of that name that does not come from path `{}`; leave the line out",
            column.path
        )
    } else {
        return Ok(());
    };
    Err(ColumnsError::Column {
        name: column.name.clone(),
        what,
    })
}

fn collect_leaves(node: &Node, path: &str, leaves: &mut Vec<(String, Slot)>) {
    match node {
        Node::Text(slot) | Node::Boolean(slot) | Node::Json(slot) => {
            leaves.push((path.to_owned(), *slot));
        }
        Node::Map { text, .. } => leaves.push((path.to_owned(), *text)),
        Node::Struct { fields, .. } => {
            for field in &fields.fields {
                collect_leaves(&field.node, &format!("{path}.{}", field.source), leaves);
            }
        }
        Node::Structs { .. } => {}
    }
}

fn known(record: &Fields, additional_fields: Slot) -> Known {
    let slot = |path: &[&str]| {
        let Some(slot) = slot_of(record, path) else {
            unreachable!("{path:?} is a text among the columns");
        };
        slot
    };
    Known {
        event_time: slot(&["eventTime"]),
        event_source: slot(&["eventSource"]),
        event_name: slot(&["eventName"]),
        event_version: slot(&["eventVersion"]),
        event_id: slot(&["eventID"]),
        aws_region: slot(&["awsRegion"]),
        recipient_account: slot(&["recipientAccountId"]),
        identity_account: slot(&["userIdentity", "accountId"]),
        identity_arn: slot(&["userIdentity", "arn"]),
        additional_fields,
    }
}

fn slot_of(fields: &Fields, path: &[&str]) -> Option<Slot> {
    let (key, rest) = path.split_first()?;
    let (index, _) = fields.find(key.as_bytes())?;
    match &fields.fields[index].node {
        Node::Text(slot) if rest.is_empty() => Some(*slot),
        Node::Struct { fields, .. } => slot_of(fields, rest),
        _ => None,
    }
}

impl Recipe {
    fn glue_type(&self) -> String {
        match self {
            Recipe::Node(node) => node_glue_type(node),
            Recipe::Texts { .. } => "array<string>".to_owned(),
            Recipe::Timestamp => "timestamp".to_owned(),
            Recipe::SourceFile => "string".to_owned(),
        }
    }

    /// The slot whose absence from all rows means that the column is null in all rows; none
    /// for a column that never is.
    pub(crate) fn witness(&self) -> Option<Slot> {
        match self {
            Recipe::Node(Node::Text(slot) | Node::Boolean(slot) | Node::Json(slot))
            | Recipe::Node(
                Node::Struct { present: slot, .. }
                | Node::Structs { list: slot, .. }
                | Node::Map { list: slot, .. },
            )
            | Recipe::Texts { list: slot, .. } => Some(*slot),
            Recipe::Timestamp | Recipe::SourceFile => None,
        }
    }
}

fn node_glue_type(node: &Node) -> String {
    match node {
        Node::Text(_) | Node::Boolean(_) | Node::Json(_) => "string".to_owned(),
        Node::Map { .. } => "map<string,string>".to_owned(),
        Node::Struct { fields, .. } => struct_glue_type(fields),
        Node::Structs { fields, .. } => format!("array<{}>", struct_glue_type(fields)),
    }
}

fn struct_glue_type(fields: &Fields) -> String {
    let members: Vec<String> = fields
        .fields
        .iter()
        .map(|field| {
            let name = field.source.to_ascii_lowercase();
            format!("{name}:{}", node_glue_type(&field.node))
        })
        .collect();
    format!("struct<{}>", members.join(","))
}
