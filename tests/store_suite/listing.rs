//! What a listing must be.

use std::collections::BTreeSet;

use cloudtrail2parquet::store::Store;
use futures::{StreamExt, TryStreamExt};

use super::{keys, put};

pub(super) async fn list_is_in_byte_order_of_keys_not_folder_by_folder(store: &Store) {
    for key in [
        "o/a/x", "o/a-b/x", "o/a.json", "o/a0", "o/B", "o/é", "o/a/b/c", "o/z",
    ] {
        put(store, key, key).await;
    }
    let expected = [
        "o/B", "o/a-b/x", "o/a.json", "o/a/b/c", "o/a/x", "o/a0", "o/z", "o/é",
    ];
    assert_eq!(keys(store, "o/", None).await, expected);
}

pub(super) async fn list_takes_any_prefix_and_starts_after_any_key(store: &Store) {
    let all = [
        "p/2024/01/a",
        "p/2024/02/a",
        "p/2024/02/b",
        "p/2024-x",
        "p/2025/01/a",
    ];
    for key in all {
        put(store, key, "x").await;
    }
    assert_eq!(keys(store, "p/2024/0", None).await, all[..3]);
    assert_eq!(keys(store, "p/2024/02/a", None).await, ["p/2024/02/a"]);
    assert_eq!(keys(store, "p/2024", None).await.len(), 4);
    assert_eq!(
        keys(store, "p/2024/", Some("p/2024/02/a")).await,
        ["p/2024/02/b"]
    );
    assert_eq!(
        keys(store, "p/2024/", Some("p/2024/01/zzz")).await,
        all[1..3]
    );
    // Between keys, before the prefix, after it, and the empty key, which all keys follow.
    assert_eq!(keys(store, "p/2024/", Some("p/2024/01")).await, all[..3]);
    assert_eq!(keys(store, "p/2025", Some("p/1")).await, ["p/2025/01/a"]);
    assert_eq!(keys(store, "p/2024/", Some("p/2025")).await, [""; 0]);
    assert_eq!(keys(store, "p/2025", Some("")).await, ["p/2025/01/a"]);
}

pub(super) async fn list_goes_on_over_pages(store: &Store) {
    let expected: Vec<String> = (0..1203)
        .map(|i| format!("pages/{}/{i:04}", i / 100))
        .collect();
    let puts = expected.iter().map(|key| put(store, key, "x"));
    futures::stream::iter(puts)
        .buffer_unordered(8)
        .collect::<Vec<()>>()
        .await;

    let sorted: BTreeSet<String> = expected.into_iter().collect();
    let listed = keys(store, "pages/", None).await;
    assert!(listed.iter().eq(&sorted));
    let pages = store.list_pages("pages/".to_owned(), None);
    let pages: Vec<_> = pages.try_collect().await.unwrap();
    assert!(
        pages.len() > 1,
        "more than a thousand objects are more than one page"
    );
    assert!(pages.iter().all(|page| page.len() <= 1000));
    let rest = keys(store, "pages/", Some("pages/10/1050")).await;
    assert!(
        rest.iter()
            .eq(sorted.iter().filter(|key| key.as_str() > "pages/10/1050"))
    );
}

pub(super) async fn list_dir_names_one_level(store: &Store) {
    for key in ["d/x", "d/a/1", "d/a/2", "d/b/c/3", "d/a.txt"] {
        put(store, key, key).await;
    }
    let listing = store.list_dir("d/").await.unwrap();
    let names: Vec<&str> = listing
        .entries
        .iter()
        .map(|entry| entry.key.as_str())
        .collect();
    assert_eq!(
        (listing.prefixes.as_slice(), names),
        (
            &["d/a/".to_owned(), "d/b/".to_owned()][..],
            vec!["d/a.txt", "d/x"]
        )
    );
    let top = store.list_dir("").await.unwrap();
    assert!(top.prefixes.contains(&"d/".to_owned()), "{top:?}");
}

pub(super) async fn list_of_nothing_is_empty(store: &Store) {
    assert!(store.list("nothing/", None).await.unwrap().is_empty());
    assert!(
        store
            .list("nothing/here/no", None)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        store.list_dir("nothing/").await.unwrap(),
        Default::default()
    );
}

pub(super) async fn keys_with_odd_characters_come_back_as_they_were(store: &Store) {
    let odd = [
        "odd/a b+c%20d",
        "odd/account=1/x&y",
        "odd/control\u{1}\u{1b}[31m\n\u{7f}",
        "odd/quote\"'<>",
        "odd/ünï\u{202e}\u{ffff}",
    ];
    for key in odd {
        put(store, key, key).await;
        assert_eq!(store.get(key).await.unwrap(), key);
    }
    assert_eq!(keys(store, "odd/", None).await, odd);
    assert_eq!(keys(store, "odd/a b+", None).await, odd[..1]);
    assert_eq!(keys(store, "odd/", Some(odd[0])).await, odd[1..]);
    let within = ["odd/in a+b%2F\u{1}/1", "odd/in a+b%2F\u{1}/2"];
    for key in within {
        put(store, key, key).await;
    }
    let folders = store.list_dir("odd/").await.unwrap().prefixes;
    assert_eq!(folders, ["odd/account=1/", "odd/in a+b%2F\u{1}/"]);
    let listing = store.list_dir(&folders[1]).await.unwrap();
    let names = listing.entries.iter().map(|entry| entry.key.as_str());
    assert!(names.eq(within), "{listing:?}");
}
