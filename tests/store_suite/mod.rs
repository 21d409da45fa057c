//! What every backend must do, as functions over an empty store.

// Each test binary uses its part of the suite.
#![allow(dead_code)]

mod listing;
mod reading;

use bytes::Bytes;
use cloudtrail2parquet::store::{PutOutcome, Remover, Store};
use futures::future::join_all;

/// Runs everything that holds of every backend, each function below a prefix of its own.
pub(crate) async fn all(store: &Store) {
    a_put_object_is_read_back_whole_and_listed_at_once(store).await;
    put_if_absent_never_overwrites(store).await;
    an_empty_object_is_an_object(store).await;
    listing::list_is_in_byte_order_of_keys_not_folder_by_folder(store).await;
    listing::list_takes_any_prefix_and_starts_after_any_key(store).await;
    listing::list_goes_on_over_pages(store).await;
    listing::list_dir_names_one_level(store).await;
    listing::list_of_nothing_is_empty(store).await;
    reading::get_range_gives_exactly_the_range_or_an_error(store).await;
    reading::get_listed_gives_the_version_that_was_listed_or_an_error(store).await;
    reading::get_all_listed_gives_each_by_itself_in_the_order_asked_for(store).await;
    reading::as_source_reads_the_same_and_passes_nothing_over(store).await;
    reading::what_is_not_there_is_not_found_by_name(store).await;
    listing::keys_with_odd_characters_come_back_as_they_were(store).await;
    a_remover_removes_what_is_there_and_what_is_gone_is_as_good(store).await;
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
    assert_eq!(store.get("whole/a.json").await.unwrap(), "{}\n");
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
    assert_eq!(store.get("once/a").await.unwrap(), "first");
    assert_eq!(keys(store, "once/", None).await, ["once/a"]);
}

async fn an_empty_object_is_an_object(store: &Store) {
    put(store, "empty/a", "").await;
    assert_eq!(store.get("empty/a").await.unwrap(), "");
    assert_eq!(store.size("empty/a").await.unwrap(), 0);
    assert_eq!(keys(store, "empty/", None).await, ["empty/a"]);
}

async fn a_remover_removes_what_is_there_and_what_is_gone_is_as_good(store: &Store) {
    put(store, "gone/a", "1").await;
    put(store, "gone/b/c", "2").await;
    put(store, "gone/b/d", "3").await;
    let keys_to_go = ["gone/a", "gone/never", "gone/b/c"].map(str::to_owned);
    let before = store.calls().removals;
    let remover = Remover::of(store);
    for _ in 0..2 {
        remover.remove(&keys_to_go).await.unwrap();
        assert_eq!(keys(store, "gone/", None).await, ["gone/b/d"]);
    }
    remover.remove(&[]).await.unwrap();
    assert_eq!(store.calls().removals - before, 6);
    // A name that went can be given again, also where its folder went with it.
    remover.remove(&["gone/b/d".to_owned()]).await.unwrap();
    assert_eq!(keys(store, "gone/", None).await, [""; 0]);
    put(store, "gone/b/d", "4").await;
    assert_eq!(store.get("gone/b/d").await.unwrap(), "4");
}

/// For stores with a clock: what is written now was written now.
pub(crate) async fn now_is_the_time_of_what_is_written(store: &Store) {
    let before = store.now().await.unwrap();
    put(store, "now/a", "x").await;
    let listed = store.list("now/", None).await.unwrap().remove(0);
    let after = store.now().await.unwrap();
    // A service tells whole seconds.
    let second = jiff::SignedDuration::from_secs(1);
    let modified = listed.modified.unwrap();
    let is_between = before - second <= modified && modified <= after + second;
    assert!(is_between, "{before} {modified} {after}");
}

async fn calls_count_what_was_asked(store: &Store) {
    let before = store.calls();
    put(store, "calls/a", "12345").await;
    let again = store
        .put_if_absent("calls/a", Bytes::from_static(b"x"))
        .await
        .unwrap();
    assert_eq!(again, PutOutcome::AlreadyExists);
    store.clone().get("calls/a").await.unwrap();
    let listed = store.list("calls/", None).await.unwrap();
    store.get_listed(&listed[0]).await.unwrap();
    store.get_range("calls/a", 1..3).await.unwrap();
    store.size("calls/a").await.unwrap();
    store.list_dir("calls/").await.unwrap();
    let after = store.calls();
    assert_eq!(after.puts - before.puts, 2);
    assert_eq!(after.gets - before.gets, 3);
    assert_eq!(after.sizes - before.sizes, 1);
    assert_eq!(after.lists - before.lists, 2);
    assert_eq!(after.read_bytes - before.read_bytes, 12);
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
        let body = store.get(&key).await.unwrap();
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
        store.get("parts/a").await.unwrap() == body,
        "the bytes differ"
    );
    assert_eq!(put().await.unwrap(), PutOutcome::AlreadyExists);
}
