//! The documented and typed members of a record, compiled for walking a record.

use crate::json::QuotedKey;

use super::columns::{COLUMNS, Member, Type};
use super::keys::KeyTable;

/// Names one series of values while records are taken apart: a leaf, or a marker that
/// something with members is there.
pub(crate) type Slot = u16;

/// How the values of a slot find their place in an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SlotKind {
    /// The row's text.
    Text,
    /// The row's struct is there.
    Present,
    /// The row's list or map is there; its elements follow.
    List(usize),
    /// The next element of a list of structs; an empty cell is a null element.
    Element(usize),
    /// The text of a struct in the list's last element.
    ElementText(usize),
    /// The next element of a list of texts, or the next key of a map.
    Append(usize),
}

/// A struct's members.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields {
    table: KeyTable,
    /// In the order of the definition.
    pub(crate) fields: Vec<Field>,
    /// Where the guesses begin at what member comes next: one for the first, then one for each
    /// member's successor.
    pub(crate) first_guess: usize,
}

/// One member.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// Its name in the record.
    pub(crate) source: &'static str,
    /// The same as it usually stands in a record.
    pub(crate) quoted: QuotedKey,
    /// What is done with its value.
    pub(crate) node: Node,
}

/// What is done with a value.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Text(Slot),
    Boolean(Slot),
    Json(Slot),
    Struct {
        present: Slot,
        fields: Fields,
    },
    Structs {
        list: Slot,
        element: Slot,
        fields: Fields,
    },
    Map {
        list: Slot,
        key: Slot,
        value: Slot,
        /// The map's own JSON text.
        text: Slot,
    },
}

impl Fields {
    /// The member that `key` names, and whether it is spelled as documented.
    #[inline]
    pub(crate) fn find(&self, key: &[u8]) -> Option<(usize, bool)> {
        self.table.find(key)
    }
}

/// Hands out slots and lists.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slots {
    /// The kind of each slot.
    pub(crate) kinds: Vec<SlotKind>,
    /// How many lists and maps there are.
    pub(crate) lists: usize,
    /// How many guesses there are, see [`Fields`].
    pub(crate) guesses: usize,
}

impl Slots {
    pub(crate) fn add(&mut self, kind: SlotKind) -> Slot {
        let Ok(slot) = Slot::try_from(self.kinds.len()) else {
            unreachable!("`Schema::new` bounds the columns far below the range of a slot");
        };
        self.kinds.push(kind);
        slot
    }

    pub(crate) fn kind(&self, slot: Slot) -> SlotKind {
        self.kinds[usize::from(slot)]
    }

    pub(crate) fn add_list(&mut self) -> (usize, Slot) {
        let list = self.lists;
        self.lists += 1;
        (list, self.add(SlotKind::List(list)))
    }
}

/// The top level of a record.
pub(crate) fn record_fields(slots: &mut Slots) -> Fields {
    compile(COLUMNS.iter().map(|column| column.member), None, slots)
}

/// `list` is the list whose elements hold the members, if one does.
fn compile(
    members: impl Iterator<Item = Member>,
    list: Option<usize>,
    slots: &mut Slots,
) -> Fields {
    let fields: Vec<Field> = members
        .map(|member| Field {
            source: member.source,
            quoted: QuotedKey::new(member.source),
            node: node(member.ty, list, slots),
        })
        .collect();
    let first_guess = slots.guesses;
    slots.guesses += fields.len() + 1;
    Fields {
        first_guess,
        table: KeyTable::new(fields.iter().map(|field| field.source)),
        fields,
    }
}

fn node(ty: Type, list: Option<usize>, slots: &mut Slots) -> Node {
    let text = list.map_or(SlotKind::Text, SlotKind::ElementText);
    match ty {
        Type::Text => Node::Text(slots.add(text)),
        Type::Boolean => Node::Boolean(slots.add(text)),
        Type::Json => Node::Json(slots.add(text)),
        Type::Struct(members) => Node::Struct {
            present: slots.add(SlotKind::Present),
            fields: compile(members.iter().copied(), list, slots),
        },
        Type::Structs(members) => {
            let (list, slot) = slots.add_list();
            Node::Structs {
                list: slot,
                element: slots.add(SlotKind::Element(list)),
                fields: compile(members.iter().copied(), Some(list), slots),
            }
        }
        Type::Map => {
            let (list, slot) = slots.add_list();
            Node::Map {
                list: slot,
                key: slots.add(SlotKind::Append(list)),
                value: slots.add(SlotKind::ElementText(list)),
                text: slots.add(SlotKind::Text),
            }
        }
    }
}
