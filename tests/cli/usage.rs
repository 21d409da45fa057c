//! Mistakes on the command line: each ends with 2, says what to write, and touches nothing.

use crate::support::{Place, event, stderr};

#[test]
fn each_usage_mistake_ends_with_2_and_says_what_to_write() {
    let place = Place::new();
    place.write(
        "logs/a.json",
        event("e1", "111122223333", "2024-05-01T00:00:00Z"),
    );
    place.write("file", "a file");
    place.write("spaces.tsv", "eventname string requestParameters.x");
    place.write(
        "taken.tsv",
        "eventname\tarray<string>\trequestParameters.x\n",
    );
    let mistakes = [
        ("", "Usage:"),
        ("frobnicate", "unrecognized subcommand"),
        ("convert", "<SOURCE>"),
        ("convert logs", "<DEST>"),
        ("convert logs table more", "unexpected argument"),
        (
            "convert nowhere table",
            "name a folder, a file or s3://BUCKET/PREFIX",
        ),
        ("convert logs table --unwrap a..b", "_source.event.original"),
        ("convert logs table --include [", "is no pattern"),
        (
            "convert http://host/logs table",
            "name a folder or s3://BUCKET/PREFIX",
        ),
        ("convert s3:// table", "write s3://BUCKET/PREFIX"),
        (
            "convert logs gs://bucket/table",
            "name a folder or s3://BUCKET/PREFIX",
        ),
        ("convert logs file", "is a file"),
        ("convert logs logs", "name another"),
        ("convert logs table --frobnicate", "--frobnicate"),
        ("convert logs table --from yesterday", "--from"),
        ("convert logs table --from 2024-02-30", "--from"),
        (
            "convert logs table --from 2024-05-03 --to 2024-05-01",
            "is after --to",
        ),
        ("convert logs table --last 0", "--last"),
        (
            "convert logs table --last 3 --to 2024-05-01",
            "cannot be used with",
        ),
        ("convert logs table --account 1111-2222-3333", "12 digits"),
        ("convert logs table --region US-East", "us-east-1"),
        ("convert logs table --shard 0/3", "K/N"),
        ("convert logs table --shard 4/3", "K/N"),
        ("convert logs table --threads 0", "--threads"),
        ("convert logs table --memory lots", "512MiB"),
        ("convert logs table --max-object-size 0", "out of range"),
        (
            "convert logs table --compression lz4",
            "snappy, zstd, gzip, none",
        ),
        (
            "convert logs table --columns nowhere.tsv",
            "--columns nowhere.tsv",
        ),
        (
            "convert logs table --columns spaces.tsv",
            "separated by tabs",
        ),
        ("convert logs table --columns taken.tsv", "eventname"),
        ("convert logs table --table cloudtrail", "DATABASE.TABLE"),
        (
            "convert logs table --table security.cloudtrail",
            "s3://BUCKET/PREFIX",
        ),
        ("convert logs table --log-format xml", "--log-format"),
        ("convert logs table --register-partitions", "--table"),
        ("convert logs table --catalog-id 111122223333", "--table"),
        (
            "convert logs table --projection-account injected",
            "--table",
        ),
        ("status logs", "<DEST>"),
        (
            "status nowhere table",
            "name a folder, a file or s3://BUCKET/PREFIX",
        ),
        ("table", "Usage:"),
        (
            "table register table --table security.cloudtrail",
            "s3://BUCKET/PREFIX",
        ),
        ("table ddl table", "--table"),
        ("table ddl table --dialect hive", "athena, duckdb"),
        (
            "table ddl table --dialect duckdb --compression zstd",
            "--compression does nothing with --dialect duckdb",
        ),
        (
            "table ddl table --dialect duckdb --table a.b --projection-account enum",
            "--projection-account does nothing",
        ),
        (
            "table ddl table --dialect duckdb --path-style",
            "--path-style does nothing",
        ),
        ("table view", "--table"),
        ("table columns --json --markdown", "cannot be used with"),
        ("sample", "<DEST>"),
        ("sample more --size big", "512MiB"),
        ("completions tcsh", "bash"),
    ];
    for (words, hint) in mistakes {
        let output = place.run(words);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{words}: {said}");
        assert!(said.contains(hint), "{words}: {said}");
        assert!(output.stdout.is_empty(), "{words}");
        assert!(!place.path("table").exists(), "{words}");
    }
}

#[test]
fn an_array_job_of_batch_that_makes_no_sense_ends_with_2() {
    let place = Place::new();
    place.write(
        "logs/a.json",
        event("e1", "111122223333", "2024-05-01T00:00:00Z"),
    );
    for (index, size) in [
        ("3", Some("3")),
        ("x", Some("3")),
        ("0", Some("")),
        ("0", None),
    ] {
        let mut command = place.command("convert logs table");
        command.env("AWS_BATCH_JOB_ARRAY_INDEX", index);
        if let Some(size) = size {
            command.env("AWS_BATCH_JOB_ARRAY_SIZE", size);
        }
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{index} of {size:?}");
        assert!(
            stderr(&output).contains("--shard K/N"),
            "{}",
            stderr(&output)
        );
    }
}
