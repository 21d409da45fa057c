//! A folder's files in byte order of their keys.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::vec;

use super::{entry, is_plain};
use crate::store::{Action, Entry, ErrorKind, Result, StoreError};

/// A file or folder directly below a prefix.
pub(super) struct Child {
    /// From the store's root; a folder's ends with `/`.
    pub(super) key: String,
    /// Of what a symbolic link leads to.
    pub(super) metadata: Metadata,
}

/// The entries that begin with a prefix and come after a key, depth first.
pub(in crate::store) struct Walk {
    root: Arc<Path>,
    prefix: String,
    start_after: Option<String>,
    /// None until the first folder was read.
    folders: Option<Vec<Folder>>,
}

struct Folder {
    /// With symbolic links resolved, so that a loop is seen.
    real: PathBuf,
    children: vec::IntoIter<Child>,
}

impl Walk {
    pub(super) fn new(root: Arc<Path>, prefix: String, start_after: Option<String>) -> Walk {
        Walk {
            root,
            prefix,
            start_after,
            folders: None,
        }
    }

    fn next_entry(&mut self) -> Result<Option<Entry>> {
        let mut folders = match self.folders.take() {
            Some(folders) => folders,
            None => self.open("", &[])?.into_iter().collect(),
        };
        let mut found = None;
        while let Some(folder) = folders.last_mut() {
            let Some(child) = folder.children.next() else {
                folders.pop();
                continue;
            };
            if !child.metadata.is_dir() {
                if child.key.starts_with(&self.prefix) && self.is_after(&child.key) {
                    found = Some(entry(child.key, &child.metadata));
                    break;
                }
            } else if self.may_hold(&child.key)
                && let Some(folder) = self.open(&child.key, &folders)?
            {
                folders.push(folder);
            }
        }
        self.folders = Some(folders);
        Ok(found)
    }

    /// The folder, unless it has gone or is one of those it lies in.
    fn open(&self, key: &str, above: &[Folder]) -> Result<Option<Folder>> {
        let path = self.root.join(key);
        let real = match fs::canonicalize(&path) {
            Ok(real) => real,
            Err(error) if is_gone(&error) => return Ok(None),
            Err(error) => {
                return Err(StoreError::io(
                    Action::List,
                    path.display().to_string(),
                    &error,
                ));
            }
        };
        if above.iter().any(|folder| folder.real == real) {
            return Ok(None);
        }
        let children = read_folder(&self.root, key)?.into_iter();
        Ok(Some(Folder { real, children }))
    }

    /// Whether a folder can hold keys that are asked for.
    fn may_hold(&self, folder: &str) -> bool {
        let on_the_way = folder.starts_with(&self.prefix) || self.prefix.starts_with(folder);
        on_the_way
            && (self.is_after(folder)
                || self
                    .start_after
                    .as_ref()
                    .is_some_and(|after| after.starts_with(folder)))
    }

    fn is_after(&self, key: &str) -> bool {
        self.start_after
            .as_ref()
            .is_none_or(|after| key > after.as_str())
    }
}

impl Iterator for Walk {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Result<Entry>> {
        self.next_entry().transpose()
    }
}

/// What is directly below a prefix (any text) and not hidden, in byte order of the keys that it
/// leads to: a folder is placed by its name with `/`, since `a-b/x` comes before `a/x`.
pub(super) fn read_folder(root: &Path, prefix: &str) -> Result<Vec<Child>> {
    let folder = &prefix[..prefix.rfind('/').map_or(0, |slash| slash + 1)];
    if !folder.is_empty() && !is_plain(folder.trim_end_matches('/')) {
        return Ok(Vec::new());
    }
    let path = root.join(folder);
    let failed =
        |error: &io::Error| StoreError::io(Action::List, path.display().to_string(), error);
    let names = match fs::read_dir(&path) {
        Ok(names) => names,
        Err(error) if is_gone(&error) => return Ok(Vec::new()),
        Err(error) => return Err(failed(&error)),
    };
    let mut children = Vec::new();
    for name in names {
        let name = name.map_err(|error| failed(&error))?.file_name();
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = path.join(&name);
        let Some(name) = name.to_str() else {
            let (url, reason) = (path.to_string_lossy(), "its name is not UTF-8");
            return Err(StoreError::new(Action::List, ErrorKind::Other, url, reason));
        };
        let mut key = format!("{folder}{name}");
        if !key.starts_with(prefix) {
            continue;
        }
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if is_gone(&error) => continue,
            Err(error) => {
                return Err(StoreError::io(
                    Action::List,
                    path.display().to_string(),
                    &error,
                ));
            }
        };
        if metadata.is_dir() {
            key.push('/');
        } else if !metadata.is_file() {
            continue;
        }
        children.push(Child { key, metadata });
    }
    children.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Ok(children)
}

/// A file that went between listing and looking, or a symbolic link that leads nowhere.
fn is_gone(error: &io::Error) -> bool {
    // ELOOP has no stable name in std.
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    ) || error.raw_os_error() == Some(libc::ELOOP)
}
