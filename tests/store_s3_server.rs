//! The suite and the races against a real S3 server: set `AWS_ENDPOINT_URL_S3`, a region and
//! credentials. The test makes a bucket of its own there and leaves it.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod store_suite;

use cloudtrail2parquet::aws::aws_config;
use cloudtrail2parquet::store::{S3Options, Store};

#[tokio::test(flavor = "multi_thread")]
async fn a_real_s3_server_keeps_the_contract_and_decides_races() {
    if std::env::var_os("AWS_ENDPOINT_URL_S3").is_none() {
        println!("skipped: AWS_ENDPOINT_URL_S3 is not set");
        return;
    }
    let config = aws_config().await;
    let bucket = format!("store-test-{:x}", getrandom::u64().unwrap());
    let path_style = aws_sdk_s3::config::Builder::from(&config)
        .force_path_style(true)
        .build();
    let client = aws_sdk_s3::Client::from_conf(path_style);
    client.create_bucket().bucket(&bucket).send().await.unwrap();

    let store = Store::s3(&format!("s3://{bucket}/below"), &S3Options::default())
        .await
        .unwrap();
    store_suite::all(&store).await;
    store_suite::now_is_the_time_of_what_is_written(&store).await;
    store_suite::of_sixteen_racing_puts_exactly_one_wins(&store, 10_000).await;
    store_suite::a_body_above_the_single_put_size_goes_in_parts(&store).await;
}
