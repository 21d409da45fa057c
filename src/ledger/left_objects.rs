//! Objects that hold no record.

use super::claim::RowOptions;
use super::object::{ClaimedObject, ObjectId};
use crate::cloudtrail::{Left, UnwrapPath};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// What receipts say of objects in which no record was found.
#[derive(Debug, Default)]
pub struct LeftObjects(FxHashMap<ObjectId, LeftObject>);

#[derive(Debug)]
struct LeftObject {
    left: Left,
    /// Where else records were looked for.
    tried: BTreeSet<Option<UnwrapPath>>,
}

impl LeftObjects {
    /// Adds an object that a claim with these options has left; false if it has not.
    pub fn add(&mut self, options: &RowOptions, object: &ClaimedObject) -> bool {
        let Some(left) = object.left_as() else {
            return false;
        };
        let known = self.0.entry(object.id()).or_insert_with(|| LeftObject {
            left,
            tried: BTreeSet::new(),
        });
        known.left = left;
        known.tried.insert(options.unwrap.clone());
        true
    }

    /// What the object is, if nothing was found in it that `unwrap` might find: the rules alone
    /// find no more than with a path besides.
    pub fn get(&self, id: ObjectId, unwrap: Option<&UnwrapPath>) -> Option<Left> {
        let known = self.0.get(&id)?;
        let is_tried = unwrap.is_none() || known.tried.iter().any(|path| path.as_ref() == unwrap);
        is_tried.then_some(known.left)
    }
}
