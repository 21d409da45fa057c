//! The program against S3 and Glue servers: `eval "$(scripts/servers)"` starts them.

use crate::support::{Place, event, gzip, json, say, stderr, stdout};
use cloudtrail2parquet::aws::aws_config;

/// A fresh bucket, and a client of its server; none if there are no servers.
async fn bucket() -> Option<(String, aws_sdk_s3::Client)> {
    let set = |name: &str| std::env::var_os(name).is_some();
    if !set("AWS_ENDPOINT_URL_S3") || !set("AWS_ENDPOINT_URL_GLUE") {
        say("SKIPPED: AWS_ENDPOINT_URL_S3 and _GLUE are not set; run: eval \"$(scripts/servers)\"");
        return None;
    }
    let bucket = format!("cli-test-{:x}", getrandom::u64().unwrap());
    let config = aws_sdk_s3::config::Builder::from(&aws_config().await)
        .force_path_style(true)
        .build();
    let client = aws_sdk_s3::Client::from_conf(config);
    client.create_bucket().bucket(&bucket).send().await.unwrap();
    Some((bucket, client))
}

#[tokio::test]
async fn a_table_that_cannot_be_registered_is_told_before_anything_is_converted() {
    let Some((bucket, _)) = bucket().await else {
        return;
    };
    let (place, _) = Place::with_sample();
    let name = format!("cli_{:x}.cloudtrail", getrandom::u64().unwrap());
    let first = place.run(&format!("convert logs s3://{bucket}/first --table {name}"));
    assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));

    for options in ["", "--dry-run"] {
        let second = format!("convert logs s3://{bucket}/second --table {name} {options}");
        let foreign = place.run(&second);
        assert_eq!(foreign.status.code(), Some(1), "{}", stderr(&foreign));
        assert!(
            stderr(&foreign).contains("it reads"),
            "{}",
            stderr(&foreign)
        );

        let nobody = "http://127.0.0.1:9";
        let mut command = place.command(&second);
        let output = command
            .env("AWS_ENDPOINT_URL_GLUE", nobody)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("glue:GetTable"),
            "{}",
            stderr(&output)
        );
    }
    let status = place.run(&format!("status logs s3://{bucket}/second --json"));
    let converted = json(&status)["lanes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|lane| lane["converted_objects"].as_u64().unwrap())
        .sum::<u64>();
    assert_eq!(converted, 0, "nothing was converted");
}

#[tokio::test]
async fn convert_to_s3_with_a_glue_table_and_again_with_nothing_to_do() {
    let Some((bucket, client)) = bucket().await else {
        return;
    };
    let (place, truth) = Place::with_sample();
    let name = format!("cli_{:x}.cloudtrail", getrandom::u64().unwrap());
    let dest = format!("s3://{bucket}/table");
    let convert = || {
        let output = place.run(&format!("convert logs {dest} --table {name} --json"));
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        json(&output)
    };
    let first = convert();
    assert_eq!(first["rows"].as_u64(), Some(truth.rows));
    assert_eq!(first["table"]["name"].as_str(), Some(name.as_str()));
    assert_eq!(first["table"]["outcome"], "created");
    let second = convert();
    assert_eq!(second["objects"].as_u64(), Some(0));
    assert_eq!(second["table"]["outcome"], "unchanged");

    let register = place.run(&format!("table register {dest} --table {name}"));
    assert_eq!(register.status.code(), Some(0), "{}", stderr(&register));
    assert!(
        stdout(&register).contains("unchanged"),
        "{}",
        stdout(&register)
    );
    let ddl = place.run(&format!("table ddl {dest} --table {name}"));
    assert_eq!(ddl.status.code(), Some(0), "{}", stderr(&ddl));
    assert!(stdout(&ddl).ends_with("\n"));
    for part in [
        "CREATE EXTERNAL TABLE",
        "'projection.enabled'",
        "012345678901",
        &dest,
    ] {
        assert!(stdout(&ddl).contains(part), "{part}: {}", stdout(&ddl));
    }

    // From S3 too: the table's own bucket, whose raw objects lie beside it.
    for (path, bytes) in crate::support::tree(&place.path("logs")) {
        let key = path
            .strip_prefix(place.path(""))
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        client
            .put_object()
            .bucket(&bucket)
            .key(key)
            .body(bytes.into())
            .send()
            .await
            .unwrap();
    }
    let output = place.run(&format!("convert s3://{bucket}/logs table --json"));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(json(&output)["rows"].as_u64(), Some(truth.rows));
    assert_eq!(
        crate::support::counts(&place.table()),
        crate::support::expected(&truth)
    );
}

#[tokio::test]
async fn one_object_in_s3_is_a_source_and_its_neighbours_are_not_read() {
    let Some((bucket, client)) = bucket().await else {
        return;
    };
    let key = "AWSLogs/111122223333/CloudTrail/eu-west-1/2024/05/01/111122223333_CloudTrail_eu-west-1_20240501T1005Z_a.json.gz";
    let log = |id: &str| {
        let event = event(id, "111122223333", "2024-05-01T10:00:00Z");
        gzip(&format!(r#"{{"Records":[{event}]}}"#))
    };
    for (key, id) in [
        (format!("raw/{key}"), "e1"),
        (format!("raw/{key}.json.gz"), "e2"),
        ("raw/dump.json.gz".to_owned(), "e3"),
        ("raw/dump.json.gz.json".to_owned(), "e4"),
    ] {
        let put = client.put_object().bucket(&bucket).key(key);
        put.body(log(id).into()).send().await.unwrap();
    }
    for (source, lane) in [
        (format!("raw/{key}"), "111122223333/eu-west-1"),
        ("raw/dump.json.gz".to_owned(), "111122223333/eu-west-1"),
    ] {
        let place = Place::new();
        let convert = || {
            let output = place.run(&format!("convert s3://{bucket}/{source} table --json"));
            assert_eq!(
                output.status.code(),
                Some(0),
                "{source}: {}",
                stderr(&output)
            );
            json(&output)
        };
        assert_eq!(convert()["rows"].as_u64(), Some(1), "{source}");
        assert_eq!(convert()["files"].as_u64(), Some(0), "{source}");
        let partitions = crate::support::counts(&place.table());
        let expected = [(format!("{lane}/2024-05-01"), 1)].into();
        assert_eq!(partitions, expected, "{source}");
        for words in ["verify", "status"] {
            let output = place.run(&format!("{words} s3://{bucket}/{source} table"));
            assert_eq!(
                output.status.code(),
                Some(0),
                "{words}: {}",
                stderr(&output)
            );
        }
    }
    // The folder's own run finds the others, and what is converted again under its own address.
    let place = Place::new();
    let summary = json(&place.run(&format!("convert s3://{bucket}/raw table --json")));
    assert_eq!(summary["rows"].as_u64(), Some(4));
    let missing = place.run(&format!("convert s3://{bucket}/raw/none.json.gz table"));
    assert_eq!(missing.status.code(), Some(3), "{}", stderr(&missing));
}
