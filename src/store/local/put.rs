//! Writing a file whole or not at all, and never over another.
//!
//! The bytes go to a hidden file in the same folder, are made durable, and then get the final name
//! by a hard link, which fails if the name is taken. A crash can leave the hidden file
//! (`.tmp-…`) behind: it is never listed, and may be deleted while no program runs.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::store::PutOutcome;

pub(super) fn put_if_absent(path: &Path, body: &[u8]) -> io::Result<PutOutcome> {
    let folder = path
        .parent()
        .ok_or_else(|| io::Error::other("it has no folder"))?;
    create_folders(folder)?;
    let outcome = if path.symlink_metadata().is_ok() {
        PutOutcome::AlreadyExists
    } else {
        let temporary = Temporary::write(folder, body)?;
        temporary.publish(path)?
    };
    // Also when the name was taken: whoever took it may not have come to this yet, and the caller
    // goes on from what it found.
    sync_folder(folder)?;
    Ok(outcome)
}

/// A hidden file, removed when dropped.
struct Temporary(PathBuf);

impl Temporary {
    fn write(folder: &Path, body: &[u8]) -> io::Result<Temporary> {
        let random = getrandom::u64().map_err(io::Error::other)?;
        let temporary = Temporary(folder.join(format!(".tmp-{random:016x}")));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary.0)?;
        file.write_all(body)?;
        file.sync_all()?;
        Ok(temporary)
    }

    fn publish(self, path: &Path) -> io::Result<PutOutcome> {
        let linked = fs::hard_link(&self.0, path);
        let published = match &linked {
            Err(error) if lacks_links(error) => rename_no_replace(&self.0, path),
            _ => linked,
        };
        match published {
            Ok(()) => Ok(PutOutcome::Written),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Ok(PutOutcome::AlreadyExists)
            }
            Err(error) => Err(error),
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After a rename it has gone; if it stays, it stays hidden.
        let _ = fs::remove_file(&self.0);
    }
}

/// What `link` says on file systems without hard links (FAT, some FUSE and network ones).
fn lacks_links(error: &io::Error) -> bool {
    let code = error.raw_os_error();
    error.kind() == io::ErrorKind::Unsupported
        || [libc::EPERM, libc::EOPNOTSUPP, libc::ENOSYS, libc::EMLINK]
            .map(Some)
            .contains(&code)
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn rename_no_replace(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;

    renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE).map_err(|error| match error {
        Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP => no_safe_way(),
        error => error.into(),
    })
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn rename_no_replace(_from: &Path, _to: &Path) -> io::Result<()> {
    Err(no_safe_way())
}

fn no_safe_way() -> io::Error {
    let reason = "its file system has neither hard links nor a rename that replaces nothing, \
                  so files cannot be put there safely";
    io::Error::new(io::ErrorKind::Unsupported, reason)
}

/// Creates the missing folders of a path and makes each one's name durable.
fn create_folders(folder: &Path) -> io::Result<()> {
    let exists = |path: &Path| path.as_os_str().is_empty() || path.is_dir();
    let missing: Vec<&Path> = folder
        .ancestors()
        .take_while(|path| !exists(path))
        .collect();
    for path in missing.into_iter().rev() {
        match fs::create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
            created => created?,
        }
        sync_folder(path.parent().unwrap_or(Path::new("")))?;
    }
    Ok(())
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    File::open(folder)?.sync_all()
}
