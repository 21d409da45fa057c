//! A folder.
//!
//! Names that begin with `.` are hidden: never listed, read or written. Files and folders behind
//! symbolic links count; a link that leads back to a folder above it is passed over, and so is one
//! that leads nowhere.

mod put;
mod walk;

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use bytes::Bytes;

use super::{Action, Entry, ErrorKind, Listing, PAGE, PutOutcome, Result, StoreError};
pub(super) use walk::Walk;
use walk::read_folder;

#[derive(Clone)]
pub(super) struct Local {
    root: Arc<Path>,
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
                })
            }
        }
    }

    pub(super) fn url(&self, key: &str) -> String {
        self.root.join(key).display().to_string()
    }

    pub(super) fn walk(&self, prefix: String, start_after: Option<String>) -> Walk {
        Walk::new(self.root.clone(), prefix, start_after)
    }

    pub(super) async fn list_dir(&self, prefix: &str) -> Result<Listing> {
        let (root, prefix) = (self.root.clone(), prefix.to_owned());
        blocking(move || {
            let mut listing = Listing::default();
            for child in read_folder(&root, &prefix)? {
                if child.metadata.is_dir() {
                    listing.prefixes.push(child.key);
                } else {
                    listing.entries.push(entry(child.key, &child.metadata));
                }
            }
            Ok(listing)
        })
        .await
    }

    pub(super) async fn get(&self, key: &str, if_match: Option<&str>) -> Result<Bytes> {
        let if_match = if_match.map(str::to_owned);
        self.reading(key, move |file| {
            let before = file.metadata()?;
            let expected = if_match.unwrap_or_else(|| etag(&before));
            let mut bytes = Vec::with_capacity(usize::try_from(before.len()).unwrap_or(0));
            file.read_to_end(&mut bytes)?;
            let whole = bytes.len() as u64 == before.len();
            let same = etag(&before) == expected && etag(&file.metadata()?) == expected;
            Ok((whole && same).then(|| Bytes::from(bytes)))
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
        blocking(move || {
            let path = file_path(&root, &key, Action::Write)?;
            put::put_if_absent(&path, &body)
                .map_err(|error| StoreError::io(Action::Write, url, &error))
        })
        .await
    }

    /// Opens the file and runs `read` on it, off the async threads; its `None` says that the file
    /// changed under the reader or is not the version asked for.
    async fn reading<T: Send + 'static>(
        &self,
        key: &str,
        read: impl FnOnce(&mut File) -> io::Result<Option<T>> + Send + 'static,
    ) -> Result<T> {
        let (root, key, url) = (self.root.clone(), key.to_owned(), self.url(key));
        blocking(move || {
            let path = file_path(&root, &key, Action::Read)?;
            match open_file(&path).and_then(|mut file| read(&mut file)) {
                Ok(Some(value)) => Ok(value),
                Ok(None) => {
                    let reason = "it was replaced or is being written";
                    Err(StoreError::new(
                        Action::Read,
                        ErrorKind::Changed,
                        url,
                        reason,
                    ))
                }
                Err(error) => Err(StoreError::io(Action::Read, url, &error)),
            }
        })
        .await
    }
}

/// Opens a regular file: opening a named pipe would block for ever.
fn open_file(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is no file"));
    }
    File::open(path)
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
    }
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use tempfile::TempDir;

    use super::*;
    use crate::store::Store;

    fn folder_with(files: &[&str]) -> (TempDir, Store) {
        let folder = TempDir::new().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        let store = Store::local(folder.path()).unwrap();
        (folder, store)
    }

    async fn keys(store: &Store) -> Vec<String> {
        store
            .list("", None)
            .await
            .unwrap()
            .into_iter()
            .map(|entry| entry.key)
            .collect()
    }

    #[tokio::test]
    async fn hidden_files_and_folders_are_neither_listed_nor_read_nor_written() {
        let (_folder, store) = folder_with(&["a/.tmp-1", ".git/x", "a/b"]);
        assert_eq!(keys(&store).await, ["a/b"]);
        assert_eq!(store.list_dir("").await.unwrap().prefixes, ["a/"]);
        assert_eq!(
            store.get("a/.tmp-1", None).await.unwrap_err().kind,
            ErrorKind::Other
        );
        let put = store.put_if_absent("a/.c", Bytes::new()).await;
        assert_eq!(put.unwrap_err().kind, ErrorKind::Other);
    }

    #[tokio::test]
    async fn a_key_cannot_leave_the_folder() {
        let (folder, store) = folder_with(&["in/a", "secret"]);
        let inner = Store::local(folder.path().join("in")).unwrap();
        let absolute = folder.path().join("secret").display().to_string();
        for key in [
            "../secret",
            "x/../../secret",
            &absolute,
            "",
            "a//b",
            "nul\0",
        ] {
            assert_eq!(
                inner.get(key, None).await.unwrap_err().kind,
                ErrorKind::Other,
                "{key:?}"
            );
            assert!(
                inner.put_if_absent(key, Bytes::new()).await.is_err(),
                "{key:?}"
            );
        }
        for prefix in ["../", "/", "x/../../", "./", "nul\0/"] {
            assert_eq!(
                inner.list_dir(prefix).await.unwrap(),
                Listing::default(),
                "{prefix:?}"
            );
            assert_eq!(inner.list(prefix, None).await.unwrap(), [], "{prefix:?}");
        }
        assert_eq!(keys(&store).await, ["in/a", "secret"]);
    }

    #[tokio::test]
    async fn a_replaced_file_is_another_version_even_at_the_same_size() {
        let (folder, store) = folder_with(&["a"]);
        let old = store.list("", None).await.unwrap().remove(0);
        fs::write(folder.path().join("a"), "b").unwrap();
        let later = SystemTime::now() + Duration::from_nanos(1500);
        File::options()
            .write(true)
            .open(folder.path().join("a"))
            .unwrap()
            .set_modified(later)
            .unwrap();
        let new = store.list("", None).await.unwrap().remove(0);
        assert_ne!(old.etag, new.etag);
        assert_eq!(old.size, new.size);
        let error = store.get("a", Some(&old.etag)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Changed);
        assert_eq!(store.get("a", Some(&new.etag)).await.unwrap(), "b");
    }

    #[tokio::test]
    async fn a_file_from_before_1970_has_a_version() {
        let (folder, store) = folder_with(&["a"]);
        let early = UNIX_EPOCH - Duration::from_nanos(100);
        File::options()
            .write(true)
            .open(folder.path().join("a"))
            .unwrap()
            .set_modified(early)
            .unwrap();
        assert_eq!(store.list("", None).await.unwrap()[0].etag, "1--100");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn symbolic_links_are_followed_and_their_loops_passed_over() {
        use std::os::unix::fs::symlink;

        let (folder, store) = folder_with(&["real/f", "elsewhere/deep/g"]);
        let inner = Store::local(folder.path().join("real")).unwrap();
        let real = folder.path().join("real");
        symlink("../elsewhere", real.join("linked")).unwrap();
        symlink("f", real.join("alias")).unwrap();
        symlink(".", real.join("self")).unwrap();
        symlink("..", real.join("up")).unwrap();
        symlink("gone", real.join("dangling")).unwrap();
        symlink("ouroboros", real.join("ouroboros")).unwrap();
        assert_eq!(
            keys(&inner).await,
            ["alias", "f", "linked/deep/g", "up/elsewhere/deep/g"]
        );
        assert_eq!(
            inner.get("linked/deep/g", None).await.unwrap(),
            "elsewhere/deep/g"
        );
        assert_eq!(keys(&store).await.len(), 4);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_name_that_is_not_utf8_is_an_error_that_shows_it() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;

        let (folder, store) = folder_with(&["a"]);
        fs::write(folder.path().join(OsStr::from_bytes(b"bad-\xff.json")), "x").unwrap();
        let error = store.list("", None).await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains("bad-\u{fffd}.json: its name is not UTF-8"),
            "{error}"
        );
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_is_no_regular_file_is_neither_listed_nor_opened() {
        let (folder, store) = folder_with(&["a", "folder/b"]);
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
        assert_eq!(keys(&store).await, ["a", "folder/b"]);
        for key in ["socket", "folder", "a/below"] {
            assert_eq!(
                store.get(key, None).await.unwrap_err().kind,
                ErrorKind::NotFound,
                "{key}"
            );
        }
    }

    #[tokio::test]
    async fn a_put_below_a_file_fails_and_leaves_the_file() {
        let (_folder, store) = folder_with(&["a"]);
        let error = store.put_if_absent("a/b", Bytes::new()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Fatal, "{error}");
        assert_eq!(store.get("a", None).await.unwrap(), "a");
    }

    #[tokio::test]
    async fn a_put_where_a_folder_is_fails_instead_of_finding_an_object() {
        let (_folder, store) = folder_with(&["a/b"]);
        let error = store.put_if_absent("a", Bytes::new()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Fatal, "{error}");
    }

    #[test]
    fn a_file_is_no_folder_to_open() {
        let (folder, _) = folder_with(&["a"]);
        let error = Store::local(folder.path().join("a")).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Fatal);
        assert!(error.to_string().contains("it is no folder"), "{error}");
    }

    #[test]
    fn paths_are_shown_whole_and_addressed_from_the_root() {
        let store = Store::local("logs").unwrap();
        assert_eq!(
            store.url("a/b"),
            std::path::absolute("logs/a/b")
                .unwrap()
                .display()
                .to_string()
        );
        assert_eq!(store.address("a/b"), "a/b");
    }
}
