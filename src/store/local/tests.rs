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
        store.get("a/.tmp-1").await.unwrap_err().kind,
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
            inner.get(key).await.unwrap_err().kind,
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
    let error = store.get_listed(&old).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Changed);
    assert_eq!(store.get_listed(&new).await.unwrap(), "b");
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
async fn what_is_no_regular_file_is_neither_listed_nor_opened() {
    let (folder, store) = folder_with(&["a", "folder/b"]);
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    assert_eq!(keys(&store).await, ["a", "folder/b"]);
    for key in ["socket", "folder", "a/below"] {
        assert_eq!(
            store.get(key).await.unwrap_err().kind,
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
    assert_eq!(store.get("a").await.unwrap(), "a");
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

#[tokio::test]
async fn get_listed_takes_no_memory_for_a_file_that_has_grown() {
    let (folder, store) = folder_with(&["a"]);
    let listed = store.list("", None).await.unwrap().remove(0);
    let grown = File::options().write(true).open(folder.path().join("a"));
    grown.unwrap().set_len(1 << 40).unwrap();
    let error = store.get_listed(&listed).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Changed, "{error}");
    // Even if its time of modification were the same.
    let same_version = Entry {
        etag: store.list("", None).await.unwrap().remove(0).etag,
        ..listed
    };
    let error = store.get_listed(&same_version).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Changed, "{error}");
}

#[tokio::test]
async fn what_a_killed_run_left_behind_is_removed_a_day_later() {
    let left = ".tmp-0123456789abcdef";
    let others = [
        ".tmp-0123456789abcdeg",
        ".tmp-0123456789ABCDEF",
        ".tmp-0123456789abcdef0",
        "tmp-0123456789abcdef",
        ".tmp-",
    ];
    let (folder, store) = folder_with(&["a/x"]);
    let in_a = folder.path().join("a");
    let day = Duration::from_secs(24 * 60 * 60);
    let write = |name: &str, age: Duration| {
        let file = File::create(in_a.join(name)).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    };
    for name in others.into_iter().chain([left]) {
        write(name, day + Duration::from_secs(60));
    }
    let young = ".tmp-fedcba9876543210";
    write(young, day - Duration::from_secs(60));
    fs::create_dir(in_a.join(".tmp-00000000000000ff")).unwrap();

    let put = store.put_if_absent("a/b", Bytes::new()).await;
    assert_eq!(put.unwrap(), PutOutcome::Written);
    assert!(!in_a.join(left).exists());
    assert!(in_a.join(".tmp-00000000000000ff").exists());
    for name in others.into_iter().chain([young]) {
        assert!(in_a.join(name).exists(), "{name}");
    }

    // Once a run and folder.
    write(left, day + Duration::from_secs(60));
    let put = store.put_if_absent("a/c", Bytes::new()).await;
    assert_eq!(put.unwrap(), PutOutcome::Written);
    assert!(in_a.join(left).exists());
}

#[test]
fn two_files_of_a_folder_removed_at_once_are_both_removed_and_the_folder_goes() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("date=2024-05-01");
    let files = ["a.parquet", "b.parquet"].map(|name| folder.join(name));
    for _ in 0..300 {
        fs::create_dir(&folder).unwrap();
        for file in &files {
            fs::write(file, b"").unwrap();
        }
        let start = std::sync::Barrier::new(files.len());
        std::thread::scope(|scope| {
            let removing = files.each_ref().map(|file| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    put::remove(file)
                })
            });
            for removed in removing {
                removed.join().unwrap().unwrap();
            }
        });
        assert!(!folder.exists());
    }
}
