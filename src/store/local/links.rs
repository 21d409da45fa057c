//! Which symbolic links a listing follows, so that it comes to an end and names nothing twice.
//!
//! A link adds what lies outside the root, and that once: of links to one file or folder, or to
//! folders that lie in each other, the first one met stands, for as long as the store is open. A
//! link into the root adds nothing that is not listed under its own name, unless it is hidden
//! there; a link to a folder above itself would lead around in a circle.

use std::collections::HashMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The links that are followed, each by its key.
#[derive(Default)]
pub(super) struct Links(Mutex<Followed>);

#[derive(Default)]
struct Followed {
    folders: HashMap<PathBuf, String>,
    targets: HashMap<Identity, String>,
}

/// One real file or folder, whatever it is called.
#[cfg(unix)]
type Identity = (u64, u64);
#[cfg(not(unix))]
type Identity = PathBuf;

#[cfg(unix)]
fn identity(_real: &Path, metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(real: &Path, _metadata: &Metadata) -> Identity {
    real.to_owned()
}

impl Links {
    /// Why the link with this key, which lies in the folder `parent` and leads to `real`, is not
    /// followed; none when it is. All paths are free of links.
    pub(super) fn refuse(
        &self,
        key: &str,
        parent: &Path,
        root: &Path,
        real: &Path,
        metadata: &Metadata,
    ) -> Option<String> {
        let shown = real.display();
        if root.starts_with(real) || parent.starts_with(real) {
            return Some(format!("a link to {shown}, a folder that it lies in"));
        }
        if is_visible_below(root, real) {
            return Some(format!(
                "a link to {shown}, which is listed by its own name"
            ));
        }
        let mut followed = self.lock();
        if let Some(other) = followed.other(key, real, &identity(real, metadata)) {
            return Some(format!(
                "a link to {shown}, which the link {other} leads to"
            ));
        }
        followed.take(key, real, metadata);
        None
    }

    /// Whether a link leads to this folder, which lies behind another link.
    pub(super) fn has_folder(&self, real: &Path) -> bool {
        self.lock().folders.contains_key(real)
    }

    /// Whether a link leads to this file, which lies behind another link.
    pub(super) fn has_file(&self, real: &Path, metadata: &Metadata) -> bool {
        self.lock().targets.contains_key(&identity(real, metadata))
    }

    fn lock(&self) -> MutexGuard<'_, Followed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Followed {
    /// The key of another link that leads to this target, or to a folder that shows it; none if
    /// the link is followed already.
    fn other(&self, key: &str, real: &Path, identity: &Identity) -> Option<&String> {
        if let Some(link) = self.targets.get(identity) {
            return (link != key).then_some(link);
        }
        real.ancestors().find_map(|folder| {
            let link = self.folders.get(folder)?;
            is_visible_below(folder, real).then_some(link)
        })
    }

    fn take(&mut self, key: &str, real: &Path, metadata: &Metadata) {
        if metadata.is_dir() {
            self.folders.insert(real.to_owned(), key.to_owned());
        }
        self.targets
            .insert(identity(real, metadata), key.to_owned());
    }
}

/// Whether a listing of the folder comes by the path without following a link.
fn is_visible_below(folder: &Path, path: &Path) -> bool {
    let hidden = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b".");
    path.strip_prefix(folder)
        .is_ok_and(|below| !below.iter().any(hidden))
}
