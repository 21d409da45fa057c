//! A folder's files in byte order of their keys.

use std::vec;

use super::Local;
use super::tree::{Child, Tree, Wanted};
use crate::store::{Entry, Result};

/// The entries that begin with a prefix and come after a key, depth first.
pub(in crate::store) struct Walk {
    local: Local,
    wanted: Wanted,
    /// None until the first folder was read.
    open: Option<Open>,
}

/// The folders that the walk stands in, with what is left of each.
struct Open {
    tree: Tree,
    folders: Vec<vec::IntoIter<Child>>,
}

impl Walk {
    pub(super) fn new(local: Local, prefix: String, start_after: Option<String>) -> Walk {
        let wanted = Wanted {
            prefix,
            start_after,
        };
        Walk {
            local,
            wanted,
            open: None,
        }
    }

    fn next_entry(&mut self) -> Result<Option<Entry>> {
        if self.open.is_none() {
            self.open = open(&self.local, &self.wanted)?;
        }
        let Some(Open { tree, folders }) = &mut self.open else {
            return Ok(None);
        };
        while let Some(folder) = folders.last_mut() {
            match folder.next() {
                None => drop(folders.pop()),
                Some(Child::File(entry)) => return Ok(Some(entry)),
                Some(Child::Folder(place)) => {
                    folders.push(tree.children(&place, &self.wanted)?.into_iter());
                }
            }
        }
        Ok(None)
    }
}

/// Begins in the folder of the prefix, not at the root.
fn open(local: &Local, wanted: &Wanted) -> Result<Option<Open>> {
    let Some(tree) = Tree::of(local)? else {
        return Ok(None);
    };
    let Some(place) = tree.place(wanted.folder())? else {
        return Ok(None);
    };
    let folders = vec![tree.children(&place, wanted)?.into_iter()];
    Ok(Some(Open { tree, folders }))
}

impl Iterator for Walk {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Result<Entry>> {
        self.next_entry().transpose()
    }
}
