//! The paths of the flattened columns, compiled for one walk over a record.

use super::flattened::{Step, steps};
use super::keys::KeyTable;
use super::shape::Slot;

/// All paths, merged where they begin alike. Keys differ by more than ASCII case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trie {
    nodes: Vec<TrieNode>,
    /// How many things can be won, see [`TrieNode`].
    pub(crate) contests: usize,
}

/// A place on a path.
///
/// The first value other than null wins a column, or a list, within its scope: the record,
/// or the list element around it. A contest numbers what is to be won.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrieNode {
    keys: KeyTable,
    children: Vec<(Box<str>, usize)>,
    /// The column that the value here fills, and its contest.
    pub(crate) leaf: Option<(Slot, usize)>,
    /// The place of each element, if the value here stands for a list, and its contest.
    pub(crate) list: Option<(usize, usize)>,
    /// The columns that are not NULL once the list here is there.
    pub(crate) opens: Vec<Slot>,
}

impl TrieNode {
    /// The place that member `key` leads to.
    #[inline]
    pub(crate) fn child(&self, key: &[u8]) -> Option<usize> {
        let (index, _) = self.keys.find(key)?;
        Some(self.children[index].1)
    }

    /// Whether nothing leads on from here.
    #[inline]
    pub(crate) fn is_leaf_only(&self) -> bool {
        self.list.is_none() && !self.has_children()
    }

    /// Whether the value's members lead anywhere.
    #[inline]
    pub(crate) fn has_children(&self) -> bool {
        !self.children.is_empty()
    }
}

/// Where the values of a path go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A path without lists.
    Text {
        /// The column.
        slot: Slot,
        /// Shared by all paths of the column.
        contest: usize,
    },
    /// A path with lists.
    Texts {
        /// Marks the column as not NULL.
        list: Slot,
        /// Takes the elements.
        element: Slot,
    },
}

impl Trie {
    /// The place of the record itself.
    pub(crate) const ROOT: usize = 0;

    pub(crate) fn new() -> Self {
        Self {
            nodes: vec![TrieNode::default()],
            contests: 0,
        }
    }

    /// A place by its number.
    #[inline]
    pub(crate) fn node(&self, node: usize) -> &TrieNode {
        &self.nodes[node]
    }

    /// The place of a top-level member.
    #[inline]
    pub(crate) fn root(&self, key: &[u8]) -> Option<usize> {
        self.nodes[Self::ROOT].child(key)
    }

    /// A new contest.
    pub(crate) fn contest(&mut self) -> usize {
        self.contests += 1;
        self.contests - 1
    }

    /// Adds a path. Call [`Trie::compile`] after the last.
    pub(crate) fn insert(&mut self, path: &str, target: Target) {
        let mut at = Self::ROOT;
        let mut is_open = false;
        for Step { key, lists } in steps(path) {
            at = self.child_or_new(at, key);
            for _ in 0..lists {
                if let Target::Texts { list, .. } = target
                    && !std::mem::replace(&mut is_open, true)
                    && !self.nodes[at].opens.contains(&list)
                {
                    self.nodes[at].opens.push(list);
                }
                at = self.element_or_new(at);
            }
        }
        let (slot, contest) = match target {
            Target::Text { slot, contest } => (slot, contest),
            Target::Texts { element, .. } => (element, self.contest()),
        };
        self.nodes[at].leaf.get_or_insert((slot, contest));
    }

    fn child_or_new(&mut self, at: usize, key: &str) -> usize {
        let known = self.nodes[at]
            .children
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(key));
        if let Some((_, node)) = known {
            return *node;
        }
        let node = self.nodes.len();
        self.nodes.push(TrieNode::default());
        self.nodes[at].children.push((key.into(), node));
        node
    }

    fn element_or_new(&mut self, at: usize) -> usize {
        if let Some((node, _)) = self.nodes[at].list {
            return node;
        }
        let node = self.nodes.len();
        self.nodes.push(TrieNode::default());
        let contest = self.contest();
        self.nodes[at].list = Some((node, contest));
        node
    }

    /// Builds the lookup tables.
    pub(crate) fn compile(&mut self) {
        for node in &mut self.nodes {
            node.keys = KeyTable::new(node.children.iter().map(|(key, _)| &**key));
        }
    }
}
