//! The table in a Glue server: `eval "$(scripts/servers)"` starts one and says where.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::io::Write as _;

use aws_sdk_glue::Client;
use aws_sdk_glue::types::{Table, TableInput};
use cloudtrail2parquet::aws::aws_config;
use cloudtrail2parquet::catalog::{
    self, AccountProjection, CatalogColumn, CatalogError, Outcome, PartitionValues, TableSpec,
    register, register_partitions,
};
use jiff::civil::date;

/// A client whose endpoint comes from the environment alone, as the program's does.
async fn server() -> Option<Client> {
    if std::env::var_os("AWS_ENDPOINT_URL_GLUE").is_none() {
        // Not eprintln!, which the test harness keeps to itself when a test passes.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: AWS_ENDPOINT_URL_GLUE is not set; run: eval \"$(scripts/servers)\""
        );
        return None;
    }
    Some(catalog::client(&aws_config().await))
}

fn column(name: &str, glue_type: &str) -> CatalogColumn {
    CatalogColumn {
        name: name.to_owned(),
        glue_type: glue_type.to_owned(),
        comment: format!("About {name}"),
    }
}

/// A table whose name no other test, and no earlier run of it, has.
fn spec(test: &str) -> TableSpec {
    let nanos = jiff::Timestamp::now().as_nanosecond();
    TableSpec {
        name: format!("ct2p_{test}_{nanos}.trail").parse().unwrap(),
        location: "s3://bucket/parquet/".to_owned(),
        columns: vec![
            column("eventname", "string"),
            column("tlsdetails", "struct<tlsversion:string>"),
        ],
        accounts: BTreeSet::from(["111111111111".to_owned()]),
        regions: BTreeSet::from(["us-east-1".to_owned()]),
        first_date: Some(date(2024, 5, 1)),
        today: date(2024, 6, 1),
        account_projection: AccountProjection::Enum,
        compression: "SNAPPY".to_owned(),
        catalog_id: None,
    }
}

async fn read(client: &Client, spec: &TableSpec) -> Table {
    let answer = client
        .get_table()
        .database_name(&spec.name.database)
        .name(&spec.name.table)
        .send()
        .await;
    answer.unwrap().table.unwrap()
}

#[tokio::test]
async fn a_table_is_created_left_alone_and_extended() {
    let Some(client) = server().await else { return };
    let mut spec = spec("extended");
    let outcome = async |spec: &TableSpec| register(&client, spec).await.unwrap().outcome;

    assert_eq!(outcome(&spec).await, Outcome::Created);
    let created = read(&client, &spec).await;
    assert_eq!(outcome(&spec).await, Outcome::Unchanged);
    assert_eq!(read(&client, &spec).await, created);

    spec.accounts = BTreeSet::from(["222222222222".to_owned()]);
    spec.columns.insert(0, column("annotation", "string"));
    spec.first_date = Some(date(2023, 1, 1));
    let what = [
        "account 222222222222 added",
        "projection.date.range set to 2023-01-01,NOW (was 2024-05-01,NOW)",
        "column annotation added",
    ];
    let what = what.map(str::to_owned).to_vec();
    assert_eq!(outcome(&spec).await, Outcome::Updated { what });
    assert_eq!(outcome(&spec).await, Outcome::Unchanged);

    let table = read(&client, &spec).await;
    let accounts = &table.parameters().unwrap()["projection.account.values"];
    assert_eq!(accounts, "111111111111,222222222222");
    let columns = table.storage_descriptor().unwrap().columns();
    let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
    assert_eq!(names, ["eventname", "tlsdetails", "annotation"]);
}

#[tokio::test]
async fn a_foreign_table_is_left_as_it_is() {
    let Some(client) = server().await else { return };
    let spec = spec("foreign");
    let database = aws_sdk_glue::types::DatabaseInput::builder().name(&spec.name.database);
    let database = database.build().unwrap();
    client
        .create_database()
        .database_input(database)
        .send()
        .await
        .unwrap();
    let theirs = TableInput::builder()
        .name("trail")
        .owner("them")
        .build()
        .unwrap();
    let create = client.create_table().database_name(&spec.name.database);
    create.table_input(theirs).send().await.unwrap();

    let before = read(&client, &spec).await;
    let error = register(&client, &spec).await.unwrap_err();
    assert!(matches!(error, CatalogError::Foreign { .. }), "{error}");
    assert_eq!(read(&client, &spec).await, before);
}

#[tokio::test]
async fn programs_that_create_one_table_at_once_all_succeed() {
    let Some(client) = server().await else { return };
    let spec = spec("race");
    let runs = (0..8).map(|_| register(&client, &spec));
    for registered in futures::future::join_all(runs).await {
        let outcome = registered.unwrap().outcome;
        assert!(matches!(outcome, Outcome::Created | Outcome::Unchanged));
    }
}

#[tokio::test]
async fn partitions_are_registered_once() {
    let Some(client) = server().await else { return };
    let spec = spec("partitions");
    register(&client, &spec).await.unwrap();
    let mut partitions: Vec<PartitionValues> = (0..150)
        .map(|day| PartitionValues {
            account: "111111111111".to_owned(),
            region: "us-east-1".to_owned(),
            date: date(2024, 1, 1)
                .saturating_add(jiff::Span::new().days(day))
                .to_string(),
        })
        .collect();
    assert_eq!(
        register_partitions(&client, &spec, &partitions).await,
        Ok(150)
    );
    assert_eq!(
        register_partitions(&client, &spec, &partitions).await,
        Ok(0)
    );
    partitions[0].account = "222222222222".to_owned();
    assert_eq!(
        register_partitions(&client, &spec, &partitions).await,
        Ok(1)
    );
}
