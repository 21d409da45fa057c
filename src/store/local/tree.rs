//! The folders of a store as its listings see them.

use std::ffi::OsStr;
use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::links::Links;
use super::{Local, entry, is_plain};
use crate::store::{Action, Entry, ErrorKind, Result, StoreError};

/// A root that is there, for one listing.
pub(super) struct Tree {
    local: Local,
    /// Free of links.
    real: PathBuf,
}

/// A folder of the tree.
pub(super) struct Place {
    /// From the root: empty, or ends with `/`.
    pub(super) key: String,
    /// Free of links.
    real: PathBuf,
    /// Whether it lies behind a link.
    linked: bool,
}

/// A file or folder directly in a place.
pub(super) enum Child {
    Folder(Place),
    File(Entry),
}

impl Child {
    pub(super) fn key(&self) -> &str {
        match self {
            Child::Folder(place) => &place.key,
            Child::File(entry) => &entry.key,
        }
    }
}

/// Which keys a listing is about.
pub(super) struct Wanted {
    pub(super) prefix: String,
    pub(super) start_after: Option<String>,
}

impl Wanted {
    /// The folder that holds all of them.
    pub(super) fn folder(&self) -> &str {
        &self.prefix[..self.prefix.rfind('/').map_or(0, |slash| slash + 1)]
    }

    fn has(&self, key: &str) -> bool {
        key.starts_with(&self.prefix) && self.is_after(key)
    }

    /// Whether a folder can hold keys that are asked for.
    fn may_hold(&self, folder: &str) -> bool {
        let after = self.start_after.as_ref();
        folder.starts_with(&self.prefix)
            && (self.is_after(folder) || after.is_some_and(|after| after.starts_with(folder)))
    }

    fn is_after(&self, key: &str) -> bool {
        let after = self.start_after.as_ref();
        after.is_none_or(|after| key > after.as_str())
    }
}

impl Tree {
    /// None while there is no such folder.
    pub(super) fn of(local: &Local) -> Result<Option<Tree>> {
        match fs::canonicalize(&local.root) {
            Ok(real) => Ok(Some(Tree {
                local: local.clone(),
                real,
            })),
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(StoreError::io(Action::List, local.url(""), &error)),
        }
    }

    /// The folder with this key; none if there is none, or a listing does not come by it.
    pub(super) fn place(&self, folder: &str) -> Result<Option<Place>> {
        let mut place = Place {
            key: String::new(),
            real: self.real.clone(),
            linked: false,
        };
        if !folder.is_empty() && !is_plain(folder.trim_end_matches('/')) {
            return Ok(None);
        }
        let real = match fs::canonicalize(self.real.join(folder)) {
            Ok(real) => real,
            Err(error) => return self.passed(folder, &error).map(|()| None),
        };
        if real == self.real.join(folder) {
            place.key = folder.to_owned();
            place.real = real;
            return Ok(Some(place));
        }
        for name in folder.split_terminator('/') {
            let path = place.real.join(name);
            let key = format!("{}{name}", place.key);
            let next = match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_symlink() => self.follow(&place, key)?,
                Ok(metadata) if metadata.is_dir() => self.descend(&place, key, path)?,
                Ok(_) => None,
                Err(error) => return self.passed(&key, &error).map(|()| None),
            };
            let Some(Child::Folder(next)) = next else {
                return Ok(None);
            };
            place = next;
        }
        Ok(Some(place))
    }

    /// What is wanted of a place, in byte order of the keys that it leads to: a folder is placed
    /// by its name with `/`, since `a-b/x` comes before `a/x`.
    pub(super) fn children(&self, place: &Place, wanted: &Wanted) -> Result<Vec<Child>> {
        let names = match fs::read_dir(&place.real) {
            Ok(names) => names,
            Err(error) => return self.passed(&place.key, &error).map(|()| Vec::new()),
        };
        // In order, so that of several links to one target it is always the first that stands.
        let mut entries = Vec::new();
        for entry in names {
            match entry {
                Ok(entry) => entries.push((entry.file_name(), entry)),
                Err(error) => {
                    self.passed(&place.key, &error)?;
                    break;
                }
            }
        }
        entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let begin = wanted.prefix.get(place.key.len()..).unwrap_or_default();
        let mut children = Vec::new();
        for (name, entry) in entries {
            let bytes = name.as_encoded_bytes();
            if bytes.starts_with(b".") || !bytes.starts_with(begin.as_bytes()) {
                continue;
            }
            match name.to_str() {
                Some(name) => children.extend(self.child(place, &entry, name, wanted)?),
                None => self.unnamable(place, &name)?,
            }
        }
        children.sort_unstable_by(|a, b| a.key().cmp(b.key()));
        Ok(children)
    }

    fn unnamable(&self, place: &Place, name: &OsStr) -> Result<()> {
        let url = self.local.root.join(&place.key).join(name);
        let (url, reason) = (url.display().to_string(), "its name is not UTF-8");
        let error = StoreError::new(Action::List, ErrorKind::Other, url, reason);
        self.local.aside.failed(error)
    }

    /// Asks the file system for no more than the answer needs: what a name is usually comes with
    /// it, and only a file that is wanted is looked at.
    fn child(
        &self,
        place: &Place,
        entry: &DirEntry,
        name: &str,
        wanted: &Wanted,
    ) -> Result<Option<Child>> {
        let key = format!("{}{name}", place.key);
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(error) => return self.passed(&key, &error).map(|()| None),
        };
        let child = if kind.is_dir() {
            self.descend(place, key, entry.path())?
        } else if kind.is_symlink() {
            let may_lead_there = wanted.has(&key) || wanted.may_hold(&format!("{key}/"));
            if may_lead_there {
                self.follow(place, key)?
            } else {
                None
            }
        } else if kind.is_file() && wanted.has(&key) {
            match entry.metadata() {
                Ok(metadata) => self.file(place, key, &entry.path(), &metadata)?,
                Err(error) => return self.passed(&key, &error).map(|()| None),
            }
        } else {
            None
        };
        Ok(child.filter(|child| match child {
            Child::Folder(place) => wanted.may_hold(&place.key),
            Child::File(entry) => wanted.has(&entry.key),
        }))
    }

    /// A real folder in a place, unless a link leads to it and the place lies behind another.
    fn descend(&self, place: &Place, key: String, real: PathBuf) -> Result<Option<Child>> {
        if place.linked && self.links().has_folder(&real) {
            return self.link(&key, "a folder that another link leads to");
        }
        Ok(Some(Child::Folder(Place {
            key: key + "/",
            real,
            linked: place.linked,
        })))
    }

    /// A real file in a place, unless a link leads to it and the place lies behind another.
    fn file(
        &self,
        place: &Place,
        key: String,
        real: &Path,
        metadata: &Metadata,
    ) -> Result<Option<Child>> {
        if place.linked && self.links().has_file(real, metadata) {
            return self.link(&key, "a file that another link leads to");
        }
        let is_file = metadata.is_file();
        Ok(is_file.then(|| Child::File(entry(key, metadata))))
    }

    /// What a link in a place leads to, if it adds anything.
    fn follow(&self, place: &Place, key: String) -> Result<Option<Child>> {
        let name = &key[place.key.len()..];
        let target = fs::canonicalize(place.real.join(name))
            .and_then(|real| Ok((fs::metadata(&real)?, real)));
        let (metadata, real) = match target {
            Ok(target) => target,
            Err(error) if is_gone(&error) => {
                return self.link(&key, "a link that leads nowhere");
            }
            Err(error) => return self.passed(&key, &error).map(|()| None),
        };
        if !metadata.is_dir() && !metadata.is_file() {
            return Ok(None);
        }
        if let Some(reason) = self
            .links()
            .refuse(&key, &place.real, &self.real, &real, &metadata)
        {
            return self.link(&key, &reason);
        }
        Ok(Some(if metadata.is_dir() {
            Child::Folder(Place {
                key: key + "/",
                real,
                linked: true,
            })
        } else {
            Child::File(entry(key, &metadata))
        }))
    }

    fn links(&self) -> &Links {
        &self.local.links
    }

    /// Passes over a link, or what a link leads to as well.
    fn link<T>(&self, key: &str, reason: &str) -> Result<Option<T>> {
        let passed = self.local.aside.link(self.local.url(key), reason);
        passed.map(|()| None)
    }

    /// Passes over what cannot be looked at, if it went meanwhile or the store may. The root, and
    /// what would befall every other entry too, is an error always.
    fn passed(&self, key: &str, error: &io::Error) -> Result<()> {
        if is_gone(error) {
            return Ok(());
        }
        let failed = StoreError::io(Action::List, self.local.url(key), error);
        if key.is_empty() || !is_of_one_entry(error) {
            return Err(failed);
        }
        self.local.aside.failed(failed)
    }
}

/// Not so are too many open files, a network that is gone, no memory.
fn is_of_one_entry(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidFilename
    ) || error.raw_os_error() == Some(libc::EIO)
}

/// A file that went between listing and looking, or a symbolic link that leads nowhere.
fn is_gone(error: &io::Error) -> bool {
    // ELOOP has no stable name in std.
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    ) || error.raw_os_error() == Some(libc::ELOOP)
}
