//! A folder.
//!
//! Names that begin with `.` are hidden: never listed, read or written. Symbolic links are followed
//! where they add something ([`links`]); what a listing leaves out is named.

mod links;
mod put;
mod sweep;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use jiff::Timestamp;

use super::passed_over::Aside;
use super::{Action, Entry, ErrorKind, Listing, PAGE, PutOutcome, Result, StoreError};
use links::Links;
use sweep::Swept;
use tree::{Child, Tree, Wanted};
pub(super) use walk::Walk;

#[derive(Clone)]
pub(super) struct Local {
    root: Arc<Path>,
    pub(super) aside: Aside,
    links: Arc<Links>,
    swept: Arc<Swept>,
}

impl Local {
    pub(super) fn open(root: &Path) -> Result<Local> {
        let url = root.display().to_string();
        match fs::metadata(root) {
            Ok(metadata) if !metadata.is_dir() => Err(StoreError::new(
                Action::Open,
                ErrorKind::Fatal,
                url,
                "it is no folder",
            )),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError {
                kind: ErrorKind::Fatal,
                ..StoreError::io(Action::Open, url, &error)
            }),
            _ => {
                // One folder has one address, whatever it is called on the command line.
                let absolute = fs::canonicalize(root).or_else(|_| std::path::absolute(root));
                let absolute =
                    absolute.map_err(|error| StoreError::io(Action::Open, url, &error))?;
                Ok(Local {
                    root: absolute.into(),
                    aside: Aside::default(),
                    links: Arc::default(),
                    swept: Arc::default(),
                })
            }
        }
    }

    pub(super) fn url(&self, key: &str) -> String {
        self.root.join(key).display().to_string()
    }

    pub(super) fn walk(&self, prefix: String, start_after: Option<String>) -> Walk {
        Walk::new(self.clone(), prefix, start_after)
    }

    pub(super) async fn list_dir(&self, prefix: &str) -> Result<Listing> {
        let (local, prefix) = (self.clone(), prefix.to_owned());
        blocking(move || {
            let wanted = Wanted {
                prefix,
                start_after: None,
            };
            let mut listing = Listing::default();
            let Some(tree) = Tree::of(&local)? else {
                return Ok(listing);
            };
            let Some(place) = tree.place(wanted.folder())? else {
                return Ok(listing);
            };
            for child in tree.children(&place, &wanted)? {
                match child {
                    Child::Folder(place) => listing.prefixes.push(place.key),
                    Child::File(entry) => listing.entries.push(entry),
                }
            }
            Ok(listing)
        })
        .await
    }

    pub(super) async fn get(&self, key: &str) -> Result<Bytes> {
        self.reading(key, |file| {
            let before = file.metadata()?;
            read_version(file, &etag(&before), before.len())
        })
        .await
    }

    pub(super) async fn get_listed(&self, listed: &Entry) -> Result<Bytes> {
        let (etag, size) = (listed.etag.clone(), listed.size);
        self.reading(&listed.key, move |file| read_version(file, &etag, size))
            .await
    }

    /// The same of several, one after another.
    pub(super) async fn get_all_listed(&self, listed: Vec<Entry>) -> Result<Vec<Result<Bytes>>> {
        let local = self.clone();
        blocking(move || {
            let get = |entry: &Entry| {
                let version = |file: &mut File| read_version(file, &entry.etag, entry.size);
                local.read(&entry.key, version)
            };
            Ok(listed.iter().map(get).collect())
        })
        .await
    }

    pub(super) async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes> {
        self.reading(key, move |file| {
            file.seek(SeekFrom::Start(range.start))?;
            let mut bytes = Vec::new();
            file.take(range.end - range.start).read_to_end(&mut bytes)?;
            Ok(Some(Bytes::from(bytes)))
        })
        .await
    }

    pub(super) async fn size(&self, key: &str) -> Result<u64> {
        self.reading(key, |file| Ok(Some(file.metadata()?.len())))
            .await
    }

    pub(super) async fn put_if_absent(&self, key: &str, body: Bytes) -> Result<PutOutcome> {
        let (root, key, url) = (self.root.clone(), key.to_owned(), self.url(key));
        let swept = Arc::clone(&self.swept);
        blocking(move || {
            let path = file_path(&root, &key, Action::Write)?;
            if let Some(folder) = path.parent() {
                swept.sweep(folder);
            }
            put::put_if_absent(&path, &body)
                .map_err(|error| StoreError::io(Action::Write, url, &error))
        })
        .await
    }

    /// The time by the file system's clock, which need not be this machine's.
    pub(super) async fn now(&self) -> Result<Timestamp> {
        let (root, url) = (self.root.clone(), self.url(""));
        blocking(move || {
            let written = put::modified_now(&root);
            let written = written.map_err(|error| StoreError::io(Action::Write, &*url, &error))?;
            Timestamp::try_from(written).map_err(|error| {
                let reason = format!("its clock is wrong: {error}");
                StoreError::new(Action::Write, ErrorKind::Fatal, url, reason)
            })
        })
        .await
    }

    /// Removes a file; that it is gone is as good.
    pub(super) async fn remove(&self, key: &str) -> Result<()> {
        let (root, key, url) = (self.root.clone(), key.to_owned(), self.url(key));
        blocking(move || {
            let path = file_path(&root, &key, Action::Remove)?;
            put::remove(&path).map_err(|error| StoreError::io(Action::Remove, url, &error))
        })
        .await
    }

    /// As [`Local::read`], off the async threads.
    async fn reading<T: Send + 'static>(
        &self,
        key: &str,
        read: impl FnOnce(&mut File) -> io::Result<Option<T>> + Send + 'static,
    ) -> Result<T> {
        let (local, key) = (self.clone(), key.to_owned());
        blocking(move || local.read(&key, read)).await
    }

    /// Opens the file and runs `read` on it; its `None` says that the file changed under the reader
    /// or is not the version asked for.
    fn read<T>(
        &self,
        key: &str,
        read: impl FnOnce(&mut File) -> io::Result<Option<T>>,
    ) -> Result<T> {
        let path = file_path(&self.root, key, Action::Read)?;
        match open_file(&path).and_then(|mut file| read(&mut file)) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => {
                let reason = "it was replaced or is being written";
                Err(StoreError::new(
                    Action::Read,
                    ErrorKind::Changed,
                    self.url(key),
                    reason,
                ))
            }
            Err(error) => Err(StoreError::io(Action::Read, self.url(key), &error)),
        }
    }
}

/// Opens a regular file: opening a named pipe would block for ever.
fn open_file(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is no file"));
    }
    File::open(path)
}

/// The whole file, if it is this version and stays it while it is read. What is not is never
/// given memory for.
fn read_version(file: &mut File, version: &str, size: u64) -> io::Result<Option<Bytes>> {
    let is_same = |now: &Metadata| now.len() == size && etag(now) == version;
    if !is_same(&file.metadata()?) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let length = usize::try_from(size).map_err(|_| io::ErrorKind::OutOfMemory)?;
    bytes.try_reserve_exact(length)?;
    bytes.resize(length, 0);
    match file.read_exact(&mut bytes) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let same = is_same(&file.metadata()?);
    Ok(same.then(|| Bytes::from(bytes)))
}

/// The path of a key, which must stay below the root and name nothing hidden.
fn file_path(root: &Path, key: &str, action: Action) -> Result<PathBuf> {
    let path = root.join(key);
    if is_plain(key) {
        return Ok(path);
    }
    let reason = "a part of the key is empty or begins with a dot";
    Err(StoreError::new(
        action,
        ErrorKind::Other,
        path.display().to_string(),
        reason,
    ))
}

/// Whether the key stays below the root and names nothing hidden.
fn is_plain(key: &str) -> bool {
    let plain = |name: &str| !name.is_empty() && !name.starts_with('.') && !name.contains('\0');
    key.split('/').all(plain)
}

pub(super) fn entry(key: String, metadata: &Metadata) -> Entry {
    Entry {
        key,
        size: metadata.len(),
        etag: etag(metadata),
        modified: modified(metadata),
    }
}

fn modified(metadata: &Metadata) -> Option<Timestamp> {
    Timestamp::try_from(metadata.modified().ok()?).ok()
}

/// `<size>-<modification time in nanoseconds>`, so that a replaced file is a new object.
fn etag(metadata: &Metadata) -> String {
    let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
    let nanos = match modified.duration_since(UNIX_EPOCH) {
        Ok(after) => i128::try_from(after.as_nanos()).unwrap_or(i128::MAX),
        Err(before) => {
            i128::try_from(before.duration().as_nanos()).map_or(i128::MIN, |nanos| -nanos)
        }
    };
    format!("{}-{nanos}", metadata.len())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(stopped) => match stopped.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => {
                let reason = "the program is stopping";
                Err(StoreError::new(
                    Action::Open,
                    ErrorKind::Fatal,
                    "the folder",
                    reason,
                ))
            }
        },
    }
}

/// The walk's next page, and the walk if it may go on.
pub(super) async fn next_page(mut walk: Walk) -> Result<(Vec<Entry>, Option<Walk>)> {
    blocking(move || {
        let page = walk.by_ref().take(PAGE).collect::<Result<Vec<_>>>()?;
        let rest = (page.len() == PAGE).then_some(walk);
        Ok((page, rest))
    })
    .await
}
