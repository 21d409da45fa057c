//! What reading must give.

use cloudtrail2parquet::store::{Entry, ErrorKind, Store};

use super::put;

pub(super) async fn get_range_gives_exactly_the_range_or_an_error(store: &Store) {
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

pub(super) async fn what_is_not_there_is_not_found_by_name(store: &Store) {
    put(store, "there/a", "x").await;
    for key in ["there/b", "missing/a"] {
        let error = store.get(key).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
        assert!(error.to_string().contains(&store.url(key)), "{error}");
        assert_eq!(store.size(key).await.unwrap_err().kind, ErrorKind::NotFound);
    }
}

pub(super) async fn get_listed_gives_the_version_that_was_listed_or_an_error(store: &Store) {
    put(store, "listed/a", "bytes").await;
    let listed = store.list("listed/", None).await.unwrap().remove(0);
    assert_eq!(store.get_listed(&listed).await.unwrap(), "bytes");
    let in_folder = store.list_dir("listed/").await.unwrap().entries.remove(0);
    assert_eq!(in_folder, listed);

    let another = "\"0123456789abcdef0123456789abcdef\"".to_owned();
    let other_version = Entry {
        etag: another,
        ..listed.clone()
    };
    let longer_now = Entry {
        size: listed.size - 1,
        ..listed.clone()
    };
    for changed in [other_version, longer_now] {
        let error = store.get_listed(&changed).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Changed, "{changed:?}: {error}");
    }
    let gone = Entry {
        key: "listed/b".to_owned(),
        ..listed
    };
    let error = store.get_listed(&gone).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
}

pub(super) async fn get_all_listed_gives_each_by_itself_in_the_order_asked_for(store: &Store) {
    for (key, body) in [("all/a", "first"), ("all/b", ""), ("all/c", "third")] {
        put(store, key, body).await;
    }
    let mut listed = store.list("all/", None).await.unwrap();
    listed.reverse();
    let gone = Entry {
        key: "all/d".to_owned(),
        ..listed[0].clone()
    };
    let changed = Entry {
        size: listed[0].size - 1,
        ..listed[0].clone()
    };
    listed.splice(1..1, [gone, changed]);
    let before = store.calls();
    let read = store.get_all_listed(listed).await.unwrap();
    let read: Vec<_> = read
        .iter()
        .map(|read| read.as_deref().map_err(|error| error.kind))
        .collect();
    let expected: [Result<&[u8], ErrorKind>; 5] = [
        Ok(b"third"),
        Err(ErrorKind::NotFound),
        Err(ErrorKind::Changed),
        Ok(b""),
        Ok(b"first"),
    ];
    assert_eq!(read, expected);
    assert_eq!(store.calls().gets, before.gets + 5);
}

pub(super) async fn as_source_reads_the_same_and_passes_nothing_over(store: &Store) {
    put(store, "source/a", "x").await;
    let source = store.as_source();
    let listed = source.list("source/", None).await.unwrap();
    assert_eq!(listed, store.list("source/", None).await.unwrap());
    assert_eq!(source.get_listed(&listed[0]).await.unwrap(), "x");
    assert_eq!(source.passed_over(), []);
    assert_eq!(source.calls(), store.calls());
}
