//! A folder with links in it, and with entries that cannot be listed.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use cloudtrail2parquet::store::{ErrorKind, PassedOver, Store};
use tempfile::TempDir;

/// A folder with a root in it, and things beside the root for links to lead to.
struct World {
    folder: TempDir,
    store: Store,
}

impl World {
    /// The files are named from the folder; those of the store begin with `root/`.
    fn with(files: &[&str]) -> World {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("root")).unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        let store = Store::local(folder.path().join("root")).unwrap();
        let store = store.as_source();
        World { folder, store }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    /// A link in the root to a path of the folder.
    fn link(&self, link: &str, to: &str) {
        symlink(self.path(to), self.path("root").join(link)).unwrap();
    }

    /// What is passed over below the root, and whether that is a failure.
    fn passed_over(&self) -> Vec<(String, bool)> {
        let root = self.path("root").display().to_string() + "/";
        let passed_over = self.store.passed_over().into_iter();
        passed_over
            .map(|passed| {
                let key = passed.url.strip_prefix(&root).unwrap().to_owned();
                (key, passed.is_failure)
            })
            .collect()
    }
}

async fn keys(store: &Store, prefix: &str) -> Vec<String> {
    let entries = store.list(prefix, None).await.unwrap();
    entries.into_iter().map(|entry| entry.key).collect()
}

/// The same keys as `list`, folder by folder.
async fn keys_by_folder(store: &Store) -> Vec<String> {
    let (mut keys, mut folders) = (Vec::new(), vec![String::new()]);
    while let Some(folder) = folders.pop() {
        let listing = store.list_dir(&folder).await.unwrap();
        keys.extend(listing.entries.into_iter().map(|entry| entry.key));
        folders.extend(listing.prefixes);
    }
    keys.sort();
    keys
}

async fn assert_keys(store: &Store, expected: &[&str]) {
    assert_eq!(keys(store, "").await, expected);
    assert_eq!(keys_by_folder(store).await, expected);
    for key in expected {
        let folder = &key[..key.rfind('/').map_or(0, |slash| slash + 1)];
        assert!(keys(store, folder).await.iter().any(|found| found == key));
        assert_eq!(keys(store, key).await, [*key], "by its whole name");
    }
}

fn link(key: &str) -> (String, bool) {
    (key.to_owned(), false)
}

fn failure(key: &str) -> (String, bool) {
    (key.to_owned(), true)
}

#[tokio::test]
async fn a_link_to_a_folder_that_it_lies_in_is_passed_over_and_named() {
    let world = World::with(&["root/a/f", "beside"]);
    world.link("a/loop", "root/a");
    world.link("a/up", "root");
    world.link("above", "");
    symlink("/", world.path("root/everything")).unwrap();
    symlink(".", world.path("root/self")).unwrap();
    assert_keys(&world.store, &["a/f"]).await;
    assert_eq!(keys(&world.store, "everything/").await, [""; 0]);
    let links = ["a/loop", "a/up", "above", "everything", "self"];
    assert_eq!(world.passed_over(), links.map(link));
    let why = &world.store.passed_over()[0];
    let real = world.path("root/a").display().to_string();
    assert_eq!(
        why.reason,
        format!("a link to {real}, a folder that it lies in")
    );
}

#[tokio::test]
async fn of_a_fan_of_links_to_one_folder_or_file_the_first_is_followed() {
    let world = World::with(&["out/sub/f", "single"]);
    for number in 0..41 {
        world.link(&format!("folder-{number:02}"), "out");
        world.link(&format!("file-{number:02}"), "single");
    }
    assert_keys(&world.store, &["file-00", "folder-00/sub/f"]).await;
    assert_eq!(keys(&world.store, "folder-07/").await, [""; 0]);
    assert_eq!(world.passed_over().len(), 80);
    assert!(world.passed_over().contains(&link("folder-40")));
}

#[tokio::test]
async fn a_hard_link_is_the_same_file_to_links() {
    let world = World::with(&["out/a"]);
    fs::hard_link(world.path("out/a"), world.path("out/b")).unwrap();
    world.link("to-a", "out/a");
    world.link("to-b", "out/b");
    assert_keys(&world.store, &["to-a"]).await;
}

#[tokio::test]
async fn a_link_into_the_root_is_passed_over_unless_its_target_is_hidden() {
    let world = World::with(&["root/real/f", "root/.kept/g", "root/.kept/h"]);
    world.link("alias", "root/real");
    world.link("alias-of-file", "root/real/f");
    world.link("shown", "root/.kept/g");
    world.link("shown-too", "root/.kept/g");
    assert_keys(&world.store, &["real/f", "shown"]).await;
    let links = ["alias", "alias-of-file", "shown-too"];
    assert_eq!(world.passed_over(), links.map(link));
}

#[tokio::test]
async fn folders_outside_that_lie_in_each_other_are_listed_once_whichever_link_comes_first() {
    for (outer, inner, expected) in [("1", "2", ["1/g", "1/sub/f"]), ("2", "1", ["1/f", "2/g"])] {
        let world = World::with(&["out/sub/f", "out/g"]);
        world.link(outer, "out");
        world.link(inner, "out/sub");
        assert_keys(&world.store, &expected).await;
    }
}

#[tokio::test]
async fn a_file_outside_is_listed_once_by_a_link_to_it_or_to_its_folder() {
    for (file, folder, expected) in [("1", "2", ["1", "2/g"]), ("2", "1", ["1/f", "1/g"])] {
        let world = World::with(&["out/f", "out/g"]);
        world.link(file, "out/f");
        world.link(folder, "out");
        assert_keys(&world.store, &expected).await;
    }
}

#[tokio::test]
async fn links_outside_are_under_the_same_rules() {
    let world = World::with(&["root/in", "out/f", "out/deep/g", "far/h"]);
    world.link("linked", "out");
    symlink(world.path("out"), world.path("out/deep/loop")).unwrap();
    symlink(world.path("out/f"), world.path("out/deep/twin")).unwrap();
    symlink(world.path("root/in"), world.path("out/back")).unwrap();
    symlink(world.path("far"), world.path("out/on")).unwrap();
    let expected = ["in", "linked/deep/g", "linked/f", "linked/on/h"];
    assert_keys(&world.store, &expected).await;
}

#[tokio::test]
async fn links_that_lead_nowhere_are_named() {
    let world = World::with(&["root/a"]);
    world.link("dangling", "gone");
    symlink("ouroboros", world.path("root/ouroboros")).unwrap();
    assert_keys(&world.store, &["a"]).await;
    assert_eq!(world.passed_over(), ["dangling", "ouroboros"].map(link));
}

#[tokio::test]
async fn a_link_that_is_listed_from_its_own_prefix_is_followed() {
    let world = World::with(&["out/2024/f", "root/AWSLogs/x"]);
    world.link("AWSLogs/linked", "out");
    assert_eq!(
        keys(&world.store, "AWSLogs/linked/20").await,
        ["AWSLogs/linked/2024/f"]
    );
    let body = world.store.get("AWSLogs/linked/2024/f").await.unwrap();
    assert_eq!(body, "out/2024/f");
    assert_keys(&world.store, &["AWSLogs/linked/2024/f", "AWSLogs/x"]).await;
}

/// Folders in each other until their path is longer than a path can be, with a file in the last.
fn too_deep(root: &Path) {
    use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};

    let name = "d".repeat(200);
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut folder = openat(CWD, root, flags, Mode::empty()).unwrap();
    for _ in 0..25 {
        mkdirat(&folder, &name, Mode::RWXU).unwrap();
        folder = openat(&folder, &name, flags, Mode::empty()).unwrap();
    }
    openat(&folder, "f", OFlags::CREATE | OFlags::WRONLY, Mode::RUSR).unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_cannot_be_listed_is_named_by_a_source_and_the_rest_is_listed() {
    let world = World::with(&["root/a", "root/z/b"]);
    let bad_name = std::ffi::OsStr::from_bytes(b"bad-\xff.json");
    fs::write(world.path("root").join(bad_name), "x").unwrap();
    fs::create_dir(world.path("root/deep")).unwrap();
    too_deep(&world.path("root/deep"));

    let source = &world.store;
    assert_eq!(keys(source, "").await, ["a", "z/b"]);
    let passed_over = world.passed_over();
    assert_eq!(passed_over[0], failure("bad-\u{fffd}.json"));
    assert!(passed_over[1].0.starts_with("deep/ddd"), "{passed_over:?}");
    assert!(passed_over[1].1, "{passed_over:?}");
    assert_eq!(passed_over.len(), 2);
    assert_eq!(source.list_dir("").await.unwrap().prefixes, ["deep/", "z/"]);
    assert_eq!(world.store.passed_over().len(), 2, "each once");

    let destination = Store::local(world.path("root")).unwrap();
    let error = destination.list("", None).await.unwrap_err();
    assert!(
        error.to_string().contains("its name is not UTF-8"),
        "{error}"
    );
    let error = destination.list("deep/", None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Fatal, "{error}");
}

// For the superuser no folder is unreadable.
#[tokio::test]
async fn an_unreadable_folder_is_named_by_a_source_but_an_unreadable_root_ends_the_run() {
    let world = World::with(&["root/a", "root/lost+found/x", "root/z/b"]);
    let locked = world.path("root/lost+found");
    fs::set_permissions(&locked, Permissions::from_mode(0o0)).unwrap();
    if fs::read_dir(&locked).is_ok() {
        return;
    }
    let source = &world.store;
    assert_eq!(keys(source, "").await, ["a", "z/b"]);
    assert_eq!(keys(source, "lost+found/").await, [""; 0]);
    assert_eq!(source.list_dir("lost+found/").await.unwrap().entries, []);
    assert_eq!(world.passed_over(), [failure("lost+found/")]);

    let destination = Store::local(world.path("root")).unwrap();
    let error = destination.list("", None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Fatal, "{error}");
    let locked = Store::local(&locked).unwrap().as_source();
    let error = locked.list("", None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Fatal, "{error}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_listing_below_a_prefix_looks_at_nothing_beside_it() {
    let world = World::with(&["root/lane/2024/a", "root/lane/2025/b"]);
    for folder in ["root", "root/lane"] {
        let bad_name = std::ffi::OsStr::from_bytes(b"\xff");
        fs::write(world.path(folder).join(bad_name), "x").unwrap();
    }
    for prefix in ["lane/2025/", "lane/2025", "lane/2"] {
        let found = world.store.list(prefix, Some("lane/2024/zzz")).await;
        assert_eq!(found.unwrap().len(), 1, "{prefix}");
    }
    let nothing: [PassedOver; 0] = [];
    assert_eq!(world.store.passed_over(), nothing);
}

#[tokio::test]
async fn a_destination_takes_no_link_as_absent() {
    for (to, reason) in [
        (
            "root/real",
            "which is listed by its own name; rename or move it",
        ),
        ("root", "a folder that it lies in; rename or move it"),
        ("gone", "a link that leads nowhere; rename or move it"),
    ] {
        let world = World::with(&["root/real/f"]);
        world.link("link", to);
        let destination = Store::local(world.path("root")).unwrap();
        let error = destination.list("", None).await.unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}
