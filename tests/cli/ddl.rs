//! SQL that the program prints for tables and views.

use crate::support::{Place, json, stderr, stdout};

#[test]
fn the_duckdb_view_of_a_folder_has_every_column() {
    let place = Place::new();
    place.write(
        "more.tsv",
        "requestparameters_x\tstring\trequestParameters.x\n",
    );
    let words = "--columns more.tsv";
    let sql = stdout(&place.run(&format!("table ddl table --dialect duckdb {words}")));
    for column in json(&place.run(&format!("table columns --json {words}")))
        .as_array()
        .unwrap()
    {
        let line = format!("'{}': {{name: ", column["name"].as_str().unwrap());
        assert!(sql.contains(&line), "{line} is not in:\n{sql}");
    }
    assert!(sql.contains("VIEW \"cloudtrail\""), "{sql}");
    let folder = place.path("table").canonicalize();
    let folder = folder.unwrap_or_else(|_| place.path("table"));
    let files = format!("'{}/account=*/", folder.display());
    assert!(sql.contains(&files), "{files} is not in:\n{sql}");
    let named = stdout(&place.run("table ddl table --dialect duckdb --table sec.trail"));
    assert!(named.contains("VIEW \"trail\""), "{named}");
}

#[test]
fn the_duckdb_view_of_a_bucket_asks_for_no_access() {
    let place = Place::new();
    let output = place
        .command("table ddl s3://bucket/lake --dialect duckdb --json")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let sql = json(&output)["ddl"].as_str().unwrap().to_owned();
    assert!(sql.contains("'s3://bucket/lake/account=*/"), "{sql}");
}

#[test]
fn the_view_with_raw_names_is_named_after_the_table_or_as_asked() {
    let place = Place::new();
    let sql = stdout(&place.run("table view --table sec.trail"));
    assert!(sql.contains("VIEW \"sec\".\"trail_raw_names\" AS"), "{sql}");
    assert!(sql.contains("FROM \"sec\".\"trail\"\n"), "{sql}");
    let sql = stdout(&place.run("table view --table sec.trail --view old.logs"));
    assert!(sql.contains("VIEW \"old\".\"logs\" AS"), "{sql}");
    let output = place.run("table view --table sec.trail --view sec.trail");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("name another"));
}
