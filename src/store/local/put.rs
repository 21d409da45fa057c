//! Writing a file whole or not at all, and never over another.
//!
//! The bytes go to a hidden file in the same folder, are made durable, and then get the final name
//! by a hard link, which fails if the name is taken. A crash can leave the hidden file
//! (`.tmp-…`) behind: it is never listed, and a run of another day removes it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::sweep::temporary_name;
use crate::store::PutOutcome;

pub(super) fn put_if_absent(path: &Path, body: &[u8]) -> io::Result<PutOutcome> {
    let folder = path
        .parent()
        .ok_or_else(|| io::Error::other("it has no folder"))?;
    // Another run may remove a folder that it leaves empty.
    for _ in 0..FOLDER_ATTEMPTS {
        match put_into(folder, path, body) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            put => return put,
        }
    }
    put_into(folder, path, body)
}

fn put_into(folder: &Path, path: &Path, body: &[u8]) -> io::Result<PutOutcome> {
    create_folders(folder)?;
    let outcome = match path.symlink_metadata() {
        Ok(there) if there.is_dir() => return Err(io::Error::other("a folder has this name")),
        Ok(_) => PutOutcome::AlreadyExists,
        Err(_) => Temporary::write(folder, body)?.publish(path)?,
    };
    // Also when the name was taken: whoever took it may not have come to this yet, and the caller
    // goes on from what it found.
    sync_folder(folder)?;
    Ok(outcome)
}

/// Puts again where the folder went before the file was there.
const FOLDER_ATTEMPTS: u32 = 3;

/// Removes a file and makes that durable, if it is there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        removed => removed?,
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    // In S3 a folder goes with its last object. One that holds something stays.
    if fs::remove_dir(folder).is_err() {
        match sync_folder(folder) {
            // Whoever removed the last file has removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            synced => return synced,
        }
    }
    sync_folder(folder.parent().unwrap_or(Path::new("")))
}

/// When a file is modified that is written now in the folder.
pub(super) fn modified_now(folder: &Path) -> io::Result<SystemTime> {
    create_folders(folder)?;
    let temporary = Temporary::write(folder, b"")?;
    fs::metadata(&temporary.0)?.modified()
}

/// A hidden file, removed when dropped.
struct Temporary(PathBuf);

impl Temporary {
    fn write(folder: &Path, body: &[u8]) -> io::Result<Temporary> {
        let random = getrandom::u64().map_err(io::Error::other)?;
        let temporary = Temporary(folder.join(temporary_name(random)));
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
    match File::open(folder)?.sync_all() {
        // Some network and FUSE file systems have no such call for folders; they keep names
        // durable by themselves or not at all.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        entries.map(|name| name.into_string().unwrap()).collect()
    }

    #[test]
    fn put_if_absent_makes_folders_and_leaves_no_temporary_file() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a/b/c");
        assert_eq!(put_if_absent(&path, b"one").unwrap(), PutOutcome::Written);
        assert_eq!(
            put_if_absent(&path, b"two").unwrap(),
            PutOutcome::AlreadyExists
        );
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(names(path.parent().unwrap()), ["c"]);
    }

    #[test]
    fn publish_refuses_a_name_that_was_taken_meanwhile() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a");
        let temporary = Temporary::write(folder.path(), b"late").unwrap();
        fs::write(&path, "early").unwrap();
        assert_eq!(temporary.publish(&path).unwrap(), PutOutcome::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"early");
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_dangling_symbolic_link_takes_the_name() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a");
        std::os::unix::fs::symlink("gone", &path).unwrap();
        assert_eq!(
            put_if_absent(&path, b"x").unwrap(),
            PutOutcome::AlreadyExists
        );
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[cfg(any(target_os = "linux", target_os = "macos"))]
    #[test]
    fn rename_no_replace_moves_to_a_free_name_only() {
        let folder = TempDir::new().unwrap();
        let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
        fs::write(&from, "x").unwrap();
        rename_no_replace(&from, &to).unwrap();
        assert_eq!(names(folder.path()), ["to"]);
        fs::write(&from, "y").unwrap();
        let taken = rename_no_replace(&from, &to).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&to).unwrap(), b"x");
    }

    #[test]
    fn only_what_says_that_links_are_unknown_leads_to_the_rename() {
        for code in [libc::EPERM, libc::EOPNOTSUPP, libc::ENOSYS] {
            assert!(lacks_links(&io::Error::from_raw_os_error(code)));
        }
        for code in [libc::EEXIST, libc::ENOSPC, libc::EACCES, libc::EIO] {
            assert!(!lacks_links(&io::Error::from_raw_os_error(code)));
        }
    }
}
