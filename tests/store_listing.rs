//! Listings of S3 that cannot be right, or hold keys that XML cannot.

#![allow(clippy::unwrap_used)]

mod store_script;

use cloudtrail2parquet::store::{ErrorKind, Store, StoreError};
use store_script::{Answer, Requests, scripted, whole};

/// One object of a listing.
fn object(key: &str) -> String {
    format!("<Contents><Key>{key}</Key><Size>1</Size><ETag>&quot;e&quot;</ETag></Contents>")
}

fn page(inner: &str) -> Answer {
    whole(&format!("<ListBucketResult>{inner}</ListBucketResult>"))
}

/// A page that another follows.
fn page_before(token: &str, inner: &str) -> Answer {
    page(&format!(
        "<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>{inner}"
    ))
}

/// A page whose names are encoded.
fn encoded_page(inner: &str) -> Answer {
    page(&format!("<EncodingType>url</EncodingType>{inner}"))
}

async fn list_error(answers: impl IntoIterator<Item = Answer>) -> StoreError {
    let (store, _) = scripted(answers);
    store.list("", None).await.unwrap_err()
}

async fn list_dir_error(answers: impl IntoIterator<Item = Answer>) -> StoreError {
    let (store, _) = scripted(answers);
    store.list_dir("").await.unwrap_err()
}

fn assert_fatal(error: &StoreError, reason: &str) {
    assert_eq!(error.kind, ErrorKind::Fatal, "{error}");
    assert!(error.to_string().contains(reason), "{error}");
}

async fn keys(store: &Store) -> Vec<String> {
    let entries = store.list("", None).await.unwrap();
    entries.into_iter().map(|entry| entry.key).collect()
}

#[tokio::test]
async fn a_listing_out_of_order_ends_the_run() {
    let listing = "<ListBucketResult><Contents><Key>p/b</Key><Size>1</Size></Contents>\
                   <Contents><Key>p/a</Key><Size>1</Size></Contents></ListBucketResult>";
    let (store, _) = scripted([whole(listing)]);
    let error = store.list("", None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Fatal);
    assert!(
        error
            .to_string()
            .contains("s3://raw-logs/p/a: the service does not list keys in byte order")
    );
}

#[tokio::test]
async fn a_listing_leaves_out_folder_markers() {
    let listing = "<ListBucketResult><Contents><Key>p/</Key><Size>0</Size></Contents>\
                   <Contents><Key>p/a/</Key><Size>0</Size></Contents>\
                   <Contents><Key>p/a/x</Key><Size>1</Size><ETag>\"e\"</ETag></Contents></ListBucketResult>";
    let (store, _) = scripted([whole(listing)]);
    let entries = store.list("", None).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(
        (entries[0].key.as_str(), entries[0].etag.as_str()),
        ("a/x", "\"e\"")
    );
}

#[tokio::test]
async fn a_listing_that_repeats_its_token_ends_the_run() {
    let empty = || page_before("t1", "");
    let repeats = "the service repeats a page of the listing for ever";
    assert_fatal(&list_error([empty(), empty()]).await, repeats);
    assert_fatal(&list_dir_error([empty(), empty()]).await, repeats);
}

#[tokio::test]
async fn a_listing_that_repeats_a_page_under_new_tokens_ends_the_run() {
    let pages = || {
        let a = object("p/a");
        [page_before("t1", &a), page_before("t2", &a), page(&a)]
    };
    let reason = "s3://raw-logs/p/a: the service does not list keys in byte order";
    assert_fatal(&list_error(pages()).await, reason);
    assert_fatal(&list_dir_error(pages()).await, reason);

    let folder = "<CommonPrefixes><Prefix>p/f/</Prefix></CommonPrefixes>";
    let folders = [page_before("t1", folder), page(folder)];
    let reason = "s3://raw-logs/p/f/: the service does not list keys in byte order";
    assert_fatal(&list_dir_error(folders).await, reason);
}

#[tokio::test]
async fn a_listing_that_tells_of_more_but_not_where_ends_the_run() {
    let cut = || {
        [page(&format!(
            "<IsTruncated>true</IsTruncated>{}",
            object("p/a")
        ))]
    };
    let reason = "there is more to list, but not where";
    assert_fatal(&list_error(cut()).await, reason);
    assert_fatal(&list_dir_error(cut()).await, reason);
}

#[tokio::test]
async fn an_empty_page_before_the_last_is_no_end() {
    let pages = [page_before("t1", ""), page(&object("p/a"))];
    let (store, requests) = scripted(pages);
    assert_eq!(keys(&store).await, ["a"]);
    assert!(requests.all()[1].contains("continuation-token=t1"));
}

#[tokio::test]
async fn a_size_that_is_missing_or_negative_ends_the_run() {
    for size in ["", "<Size>-1</Size>"] {
        let wrong = || [page(&format!("<Contents><Key>p/a</Key>{size}</Contents>"))];
        let reason = "s3://raw-logs/p/a: the service lists it without a size";
        assert_fatal(&list_error(wrong()).await, reason);
        assert_fatal(&list_dir_error(wrong()).await, reason);
    }
}

#[tokio::test]
async fn a_listing_of_something_else_ends_the_run() {
    let elsewhere = || [page(&object("q/a"))];
    let reason = "s3://raw-logs/q/a: the service lists it below a prefix that it does not have";
    assert_fatal(&list_error(elsewhere()).await, reason);
    assert_fatal(&list_dir_error(elsewhere()).await, reason);
    let deep = [page(&object("p/a/b"))];
    let reason = "s3://raw-logs/p/a/b: the service does not list folder by folder";
    assert_fatal(&list_dir_error(deep).await, reason);
}

#[tokio::test]
async fn keys_up_to_the_start_are_left_out_when_the_service_passes_over_it() {
    let all = [object("p/a"), object("p/b"), object("p/c")].concat();
    let (store, _) = scripted([page(&all)]);
    let rest = store.list("", Some("b")).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].key, "c");
}

#[tokio::test]
async fn encoded_keys_are_decoded_as_forms_are_and_read_as_they_were() {
    let names = [
        object("p/a%2Bb+c%20d%2520"),
        object("p/control%01%1B"),
        object("p/%C3%BC/%EF%BF%BF"),
    ];
    let (store, requests) = scripted([encoded_page(&names.concat()), whole("x")]);
    let expected = ["a+b c d%20", "control\u{1}\u{1b}", "ü/\u{ffff}"];
    let entries = store.list("", None).await.unwrap();
    assert!(entries.iter().map(|entry| &entry.key).eq(expected));
    store.get(&entries[1].key).await.unwrap();
    assert_requested(&requests, 0, "encoding-type=url");
    assert_requested(&requests, 1, "get /raw-logs/p/control%01%1b?");
}

#[tokio::test]
async fn encoded_folders_are_decoded() {
    let folder = "<CommonPrefixes><Prefix>p/a+%2B%00/</Prefix></CommonPrefixes>";
    let (store, _) = scripted([encoded_page(folder)]);
    let folders = store.list_dir("").await.unwrap().prefixes;
    assert_eq!(folders, ["a +\0/"]);
}

#[tokio::test]
async fn keys_are_taken_as_they_are_from_a_service_that_does_not_encode() {
    let (store, _) = scripted([page(&object("p/a+b%20c"))]);
    assert_eq!(keys(&store).await, ["a+b%20c"]);
}

#[tokio::test]
async fn a_key_that_is_not_utf8_is_named_by_a_source_and_ends_the_run_elsewhere() {
    let names = [object("p/a"), object("p/b%FF"), object("p/c")].concat();
    let (store, _) = scripted([encoded_page(&names), encoded_page(&names)]);
    let error = store.list("", None).await.unwrap_err();
    let shown = "s3://raw-logs/p/b\u{fffd}: its name is not UTF-8";
    assert!(error.to_string().contains(shown), "{error}");

    assert_eq!(keys(&store.as_source()).await, ["a", "c"]);
    let passed_over = store.passed_over();
    assert_eq!(passed_over.len(), 1);
    assert_eq!(passed_over[0].url, "s3://raw-logs/p/b\u{fffd}");
    assert!(passed_over[0].is_failure);
}

fn assert_requested(requests: &Requests, number: usize, part: &str) {
    let request = &requests.all()[number];
    assert!(request.contains(part), "{request}");
}
