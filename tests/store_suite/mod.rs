//! What every backend must do, as functions over an empty store.

// Each test binary uses its part of the suite.
#![allow(dead_code)]

use std::collections::BTreeSet;

use bytes::Bytes;
use cloudtrail2parquet::store::{ErrorKind, PutOutcome, Store};
use futures::future::join_all;
use futures::{StreamExt, TryStreamExt};

/// Runs everything that holds of every backend, each function below a prefix of its own.
pub(crate) async fn all(store: &Store) {
    a_put_object_is_read_back_whole_and_listed_at_once(store).await;
    put_if_absent_never_overwrites(store).await;
    an_empty_object_is_an_object(store).await;
    list_is_in_byte_order_of_keys_not_folder_by_folder(store).await;
    list_takes_any_prefix_and_starts_after_any_key(store).await;
    list_goes_on_over_pages(store).await;
    list_dir_names_one_level(store).await;
    list_of_nothing_is_empty(store).await;
    get_range_gives_exactly_the_range_or_an_error(store).await;
    get_with_if_match_refuses_another_version(store).await;
    what_is_not_there_is_not_found_by_name(store).await;
    keys_with_odd_characters_come_back_as_they_were(store).await;
    calls_count_what_was_asked(store).await;
}

async fn put(store: &Store, key: &str, body: &str) {
    let body = Bytes::copy_from_slice(body.as_bytes());
    assert_eq!(
        store.put_if_absent(key, body).await.unwrap(),
        PutOutcome::Written,
        "{key}"
    );
}

async fn keys(store: &Store, prefix: &str, start_after: Option<&str>) -> Vec<String> {
    let entries = store.list(prefix, start_after).await.unwrap();
    entries.into_iter().map(|entry| entry.key).collect()
}

async fn a_put_object_is_read_back_whole_and_listed_at_once(store: &Store) {
    put(store, "whole/a.json", "{}\n").await;
    assert_eq!(store.get("whole/a.json", None).await.unwrap(), "{}\n");
    assert_eq!(store.size("whole/a.json").await.unwrap(), 3);
    let entries = store.list("whole/", None).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(
        (entries[0].key.as_str(), entries[0].size),
        ("whole/a.json", 3)
    );
}

async fn put_if_absent_never_overwrites(store: &Store) {
    put(store, "once/a", "first").await;
    let second = store.put_if_absent("once/a", Bytes::from_static(b"second, and longer"));
    assert_eq!(second.await.unwrap(), PutOutcome::AlreadyExists);
    assert_eq!(store.get("once/a", None).await.unwrap(), "first");
    assert_eq!(keys(store, "once/", None).await, ["once/a"]);
}

async fn an_empty_object_is_an_object(store: &Store) {
    put(store, "empty/a", "").await;
    assert_eq!(store.get("empty/a", None).await.unwrap(), "");
    assert_eq!(store.size("empty/a").await.unwrap(), 0);
    assert_eq!(keys(store, "empty/", None).await, ["empty/a"]);
}

async fn list_is_in_byte_order_of_keys_not_folder_by_folder(store: &Store) {
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

async fn list_takes_any_prefix_and_starts_after_any_key(store: &Store) {
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

async fn list_goes_on_over_pages(store: &Store) {
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

async fn list_dir_names_one_level(store: &Store) {
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

async fn list_of_nothing_is_empty(store: &Store) {
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

async fn get_range_gives_exactly_the_range_or_an_error(store: &Store) {
    put(store, "range/a", "0123456789").await;
    assert_eq!(store.get_range("range/a", 0..4).await.unwrap(), "0123");
    assert_eq!(store.get_range("range/a", 6..10).await.unwrap(), "6789");
    assert_eq!(store.get_range("range/a", 3..3).await.unwrap(), "");
    for beyond in [8..12, 10..11, 50..60] {
        let error = store
            .get_range("range/a", beyond.clone())
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Other, "{beyond:?}: {error}");
    }
}

async fn get_with_if_match_refuses_another_version(store: &Store) {
    put(store, "match/a", "bytes").await;
    let entry = store.list("match/", None).await.unwrap().remove(0);
    assert_eq!(
        store.get("match/a", Some(&entry.etag)).await.unwrap(),
        "bytes"
    );
    let error = store
        .get("match/a", Some("\"0123456789abcdef0123456789abcdef\""))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Changed, "{error}");
}

async fn what_is_not_there_is_not_found_by_name(store: &Store) {
    put(store, "there/a", "x").await;
    for key in ["there/b", "missing/a"] {
        let error = store.get(key, None).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
        assert!(error.to_string().contains(&store.url(key)), "{error}");
        assert_eq!(store.size(key).await.unwrap_err().kind, ErrorKind::NotFound);
    }
}

async fn keys_with_odd_characters_come_back_as_they_were(store: &Store) {
    let odd = [
        "odd/a b+c%20d",
        "odd/account=1/x&y",
        "odd/quote\"'<>",
        "odd/ünï",
    ];
    for key in odd {
        put(store, key, key).await;
        assert_eq!(store.get(key, None).await.unwrap(), key);
    }
    assert_eq!(keys(store, "odd/", None).await, odd);
    assert_eq!(keys(store, "odd/a b+", None).await, odd[..1]);
}

async fn calls_count_what_was_asked(store: &Store) {
    let before = store.calls();
    put(store, "calls/a", "12345").await;
    let again = store
        .put_if_absent("calls/a", Bytes::from_static(b"x"))
        .await
        .unwrap();
    assert_eq!(again, PutOutcome::AlreadyExists);
    store.clone().get("calls/a", None).await.unwrap();
    store.get_range("calls/a", 1..3).await.unwrap();
    store.size("calls/a").await.unwrap();
    store.list("calls/", None).await.unwrap();
    store.list_dir("calls/").await.unwrap();
    let after = store.calls();
    assert_eq!(after.puts - before.puts, 2);
    assert_eq!(after.gets - before.gets, 2);
    assert_eq!(after.sizes - before.sizes, 1);
    assert_eq!(after.lists - before.lists, 2);
    assert_eq!(after.read_bytes - before.read_bytes, 7);
    assert_eq!(after.written_bytes - before.written_bytes, 5);
}

/// For stores that decide races; needs a runtime with several threads.
pub(crate) async fn of_sixteen_racing_puts_exactly_one_wins(store: &Store, length: usize) {
    for round in 0..8 {
        let key = format!("race/{length}/{round}");
        let writers = (0..16_u8).map(|writer| {
            let (store, key) = (store.clone(), key.clone());
            tokio::spawn(
                async move { store.put_if_absent(&key, vec![writer; length].into()).await },
            )
        });
        let outcomes: Vec<PutOutcome> = join_all(writers)
            .await
            .into_iter()
            .map(|put| put.unwrap().unwrap())
            .collect();
        let winners: Vec<usize> = (0..16)
            .filter(|&writer| outcomes[writer] == PutOutcome::Written)
            .collect();
        assert_eq!(winners.len(), 1, "{outcomes:?}");
        let body = store.get(&key, None).await.unwrap();
        assert_eq!(
            body,
            vec![winners[0] as u8; length],
            "the winner's bytes, whole"
        );
    }
    assert_eq!(
        store
            .list(&format!("race/{length}/"), None)
            .await
            .unwrap()
            .len(),
        8
    );
}

/// For S3: a body that goes in parts.
pub(crate) async fn a_body_above_the_single_put_size_goes_in_parts(store: &Store) {
    let body: Bytes = (0..70 << 20)
        .map(|i: u32| (i ^ (i >> 9)) as u8)
        .collect::<Vec<u8>>()
        .into();
    let put = || store.put_if_absent("parts/a", body.clone());
    assert_eq!(put().await.unwrap(), PutOutcome::Written);
    assert!(
        store.get("parts/a", None).await.unwrap() == body,
        "the bytes differ"
    );
    assert_eq!(put().await.unwrap(), PutOutcome::AlreadyExists);
}
