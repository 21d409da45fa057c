//! Which calls the registration makes, and what it makes of Glue's refusals.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_sdk_glue::Client;
use aws_sdk_glue::config::retry::RetryConfig;
use aws_sdk_glue::operation::batch_create_partition::BatchCreatePartitionOutput;
use aws_sdk_glue::operation::create_database::{CreateDatabaseError, CreateDatabaseOutput};
use aws_sdk_glue::operation::create_table::{CreateTableError, CreateTableOutput};
use aws_sdk_glue::operation::get_partitions::GetPartitionsOutput;
use aws_sdk_glue::operation::get_table::{GetTableError, GetTableOutput};
use aws_sdk_glue::operation::update_table::{UpdateTableError, UpdateTableOutput};
use aws_sdk_glue::types::error::{
    AlreadyExistsException, ConcurrentModificationException, EntityNotFoundException,
};
use aws_sdk_glue::types::{ErrorDetail, Partition, PartitionError, Table};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use cloudtrail2parquet::catalog::{
    AccountProjection, CatalogColumn, CatalogError, Outcome, PartitionValues, TableChange,
    TableSpec, plan_table, register, register_partitions,
};
use jiff::civil::date;

fn spec(accounts: &[&str]) -> TableSpec {
    TableSpec {
        name: "sec.trail".parse().unwrap(),
        location: "s3://bucket/parquet/".to_owned(),
        columns: vec![CatalogColumn {
            name: "eventname".to_owned(),
            glue_type: "string".to_owned(),
            comment: "What was called".to_owned(),
        }],
        accounts: accounts
            .iter()
            .map(|account| (*account).to_owned())
            .collect(),
        regions: BTreeSet::from(["us-east-1".to_owned()]),
        first_date: Some(date(2024, 5, 1)),
        today: date(2024, 6, 1),
        account_projection: AccountProjection::Enum,
        compression: "SNAPPY".to_owned(),
        catalog_id: Some("999999999999".to_owned()),
    }
}

/// The table after a run that knew `accounts`, at version `version`.
fn table(accounts: &[&str], version: &str) -> GetTableOutput {
    let TableChange::Create(input) = plan_table(&spec(accounts), None).unwrap() else {
        panic!("a table that is not there is created");
    };
    let table = Table::builder()
        .name(input.name())
        .set_table_type(input.table_type.clone())
        .set_parameters(input.parameters.clone())
        .set_partition_keys(input.partition_keys.clone())
        .set_storage_descriptor(input.storage_descriptor.clone())
        .version_id(version)
        .build()
        .unwrap();
    GetTableOutput::builder().table(table).build()
}

fn no_table() -> Rule {
    mock!(Client::get_table)
        .match_requests(|request| request.catalog_id() == Some("999999999999"))
        .then_error(|| GetTableError::EntityNotFoundException(absent()))
}

fn has_table(accounts: &'static [&'static str], version: &'static str) -> Rule {
    mock!(Client::get_table).then_output(move || table(accounts, version))
}

fn absent() -> EntityNotFoundException {
    EntityNotFoundException::builder()
        .meta(code("EntityNotFoundException"))
        .build()
}

fn code(code: &str) -> aws_sdk_glue::error::ErrorMetadata {
    aws_sdk_glue::error::ErrorMetadata::builder()
        .code(code)
        .build()
}

fn refused(status: u16, code: &str) -> (u16, Option<String>) {
    let body = format!(r#"{{"__type":"{code}","Message":"User: x is not authorized"}}"#);
    (status, Some(body))
}

fn client(rules: &[&Rule]) -> Client {
    mock_client!(aws_sdk_glue, RuleMode::Sequential, rules, |config| {
        config.retry_config(
            RetryConfig::standard().with_initial_backoff(std::time::Duration::from_millis(1)),
        )
    })
}

#[tokio::test]
async fn an_unchanged_table_costs_one_read_and_no_write() {
    let read = has_table(&["111111111111"], "3");
    let registered = register(&client(&[&read]), &spec(&["111111111111"]))
        .await
        .unwrap();
    assert_eq!(registered.outcome, Outcome::Unchanged);
    assert_eq!(registered.partitions_30_days, 30);
    assert_eq!(registered.partitions_all, 32);
    assert_eq!(registered.advice, None);
    assert_eq!(read.num_calls(), 1);
}

#[tokio::test]
async fn a_missing_database_is_created_only_when_the_table_cannot_be() {
    let refused = mock!(Client::create_table)
        .then_error(|| CreateTableError::EntityNotFoundException(absent()));
    let created = mock!(Client::create_table).then_output(|| CreateTableOutput::builder().build());
    let database = mock!(Client::create_database)
        .match_requests(|request| request.database_input().is_some_and(|d| d.name() == "sec"))
        .then_output(|| CreateDatabaseOutput::builder().build());
    let rules = [no_table(), refused, database, no_table(), created];
    let rules: Vec<&Rule> = rules.iter().collect();
    let registered = register(&client(&rules), &spec(&["1"])).await.unwrap();
    assert_eq!(registered.outcome, Outcome::Created);
    assert!(rules.iter().all(|rule| rule.num_calls() == 1));
}

#[tokio::test]
async fn a_table_and_a_database_that_others_create_meanwhile_are_read_again() {
    let taken = || {
        AlreadyExistsException::builder()
            .meta(code("AlreadyExistsException"))
            .build()
    };
    let no_database = mock!(Client::create_table)
        .then_error(|| CreateTableError::EntityNotFoundException(absent()));
    let database = mock!(Client::create_database)
        .then_error(move || CreateDatabaseError::AlreadyExistsException(taken()));
    let create = mock!(Client::create_table)
        .then_error(move || CreateTableError::AlreadyExistsException(taken()));
    let read = has_table(&["1"], "0");
    let update = mock!(Client::update_table).then_output(|| UpdateTableOutput::builder().build());
    let rules = [
        no_table(),
        no_database,
        database,
        no_table(),
        create,
        read,
        update,
    ];
    let rules: Vec<&Rule> = rules.iter().collect();
    let registered = register(&client(&rules), &spec(&["2"])).await.unwrap();
    let what = vec!["account 2 added".to_owned()];
    assert_eq!(registered.outcome, Outcome::Updated { what });
    assert_eq!(registered.partitions_30_days, 60);
}

#[tokio::test]
async fn a_concurrent_modification_is_planned_again_over_the_new_version() {
    let conflict = mock!(Client::update_table)
        .match_requests(|request| {
            request.version_id() == Some("3") && request.skip_archive() == Some(true)
        })
        .then_error(|| {
            UpdateTableError::ConcurrentModificationException(
                ConcurrentModificationException::builder()
                    .meta(code("ConcurrentModificationException"))
                    .build(),
            )
        });
    let written = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&written);
    let update = mock!(Client::update_table)
        .match_requests(move |request| {
            let parameters = request.table_input().and_then(|input| input.parameters());
            let accounts = parameters.and_then(|all| all.get("projection.account.values"));
            *seen.lock().unwrap() = accounts.cloned().unwrap_or_default();
            request.version_id() == Some("4")
        })
        .then_output(|| UpdateTableOutput::builder().build());
    let rules = [
        has_table(&["1"], "3"),
        conflict,
        has_table(&["1", "2"], "4"),
        update,
    ];
    let rules: Vec<&Rule> = rules.iter().collect();
    let registered = register(&client(&rules), &spec(&["3"])).await.unwrap();
    let what = vec!["account 3 added".to_owned()];
    assert_eq!(registered.outcome, Outcome::Updated { what });
    assert_eq!(*written.lock().unwrap(), "1,2,3");
}

#[tokio::test]
async fn a_table_that_vanishes_before_its_update_is_created() {
    let vanished = mock!(Client::update_table)
        .then_error(|| UpdateTableError::EntityNotFoundException(absent()));
    let create = mock!(Client::create_table).then_output(|| CreateTableOutput::builder().build());
    let rules = [has_table(&["1"], "3"), vanished, no_table(), create];
    let rules: Vec<&Rule> = rules.iter().collect();
    let registered = register(&client(&rules), &spec(&["2"])).await.unwrap();
    assert_eq!(registered.outcome, Outcome::Created);
}

#[tokio::test]
async fn a_foreign_table_is_not_written_and_the_error_says_what_to_do() {
    let read = mock!(Client::get_table).then_output(|| {
        let table = Table::builder().name("trail").build().unwrap();
        GetTableOutput::builder().table(table).build()
    });
    let error = register(&client(&[&read]), &spec(&["1"]))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "sec.trail exists and is left alone, because it lacks the property \
         cloudtrail2parquet.format, so it was not made by cloudtrail2parquet: choose another name \
         or drop it"
    );
}

#[tokio::test]
async fn throttling_is_waited_out() {
    let (status, body) = refused(400, "ThrottlingException");
    let read = mock!(Client::get_table)
        .sequence()
        .http_status(status, body)
        .times(2)
        .output(|| table(&["1"], "3"))
        .build();
    let registered = register(&client(&[&read]), &spec(&["1"])).await.unwrap();
    assert_eq!(registered.outcome, Outcome::Unchanged);
    assert_eq!(read.num_calls(), 3);
}

#[tokio::test]
async fn a_denied_call_names_the_permission_and_the_resources() {
    let (status, body) = refused(400, "AccessDeniedException");
    let create = mock!(Client::create_table)
        .sequence()
        .http_status(status, body)
        .build();
    let absent = no_table();
    let client = client(&[&absent, &create]);
    let error = register(&client, &spec(&["1"])).await.unwrap_err();
    assert!(matches!(
        error,
        CatalogError::Denied {
            action: "glue:CreateTable",
            ..
        }
    ));
    assert_eq!(
        error.to_string(),
        "glue:CreateTable was denied for sec.trail (AccessDeniedException: User: x is not \
         authorized); allow it on the catalog, database/sec and table/sec/trail, and in Lake \
         Formation where that governs them"
    );
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_is_named_with_its_cause() {
    let config = aws_sdk_glue::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_glue::config::Region::new("us-east-1"))
        .credentials_provider(aws_sdk_glue::config::Credentials::for_tests())
        .retry_config(RetryConfig::disabled())
        .endpoint_url("http://127.0.0.1:1")
        .build();
    let error = register(&Client::from_conf(config), &spec(&["1"]))
        .await
        .unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with("glue:GetTable failed for sec.trail: "),
        "{message}"
    );
    assert!(message.to_lowercase().contains("connect"), "{message}");
    assert!(
        message.ends_with("AWS_REGION, and the network"),
        "{message}"
    );
}

fn partition(day: u32) -> PartitionValues {
    PartitionValues {
        account: "111111111111".to_owned(),
        region: "us-east-1".to_owned(),
        date: format!("day-{day:03}"),
    }
}

#[tokio::test]
async fn only_missing_partitions_are_created_a_hundred_at_a_time() {
    let known = mock!(Client::get_partitions)
        .match_requests(|request| request.exclude_column_schema() == Some(true))
        .then_output(|| {
            let values = ["111111111111", "us-east-1", "day-000"].map(str::to_owned);
            let known = Partition::builder()
                .set_values(Some(values.to_vec()))
                .build();
            GetPartitionsOutput::builder().partitions(known).build()
        });
    let batch = |size: usize, last: &'static str| {
        mock!(Client::batch_create_partition)
            .match_requests(move |request| {
                let inputs = request.partition_input_list();
                let location = (inputs.last())
                    .and_then(|input| input.storage_descriptor())
                    .and_then(|descriptor| descriptor.location());
                inputs.len() == size && location == Some(last)
            })
            .then_output(|| {
                let detail = ErrorDetail::builder()
                    .error_code("AlreadyExistsException")
                    .build();
                let error = PartitionError::builder().error_detail(detail).build();
                BatchCreatePartitionOutput::builder().errors(error).build()
            })
    };
    let path = "s3://bucket/parquet/account=111111111111/region=us-east-1/date=";
    let hundred: &'static str = format!("{path}day-100/").leak();
    let last: &'static str = format!("{path}day-149/").leak();
    let rules = [
        has_table(&["1"], "3"),
        known,
        batch(100, hundred),
        batch(49, last),
    ];
    let rules: Vec<&Rule> = rules.iter().collect();
    let mut partitions: Vec<PartitionValues> = (0..150).map(partition).collect();
    partitions.push(partition(7));
    let created = register_partitions(&client(&rules), &spec(&["1"]), &partitions).await;
    // In each batch another program created one meanwhile.
    assert_eq!(created, Ok(147));
}

#[tokio::test]
async fn partitions_of_a_table_that_is_not_there_are_refused() {
    let absent = no_table();
    let client = client(&[&absent]);
    let error = register_partitions(&client, &spec(&["1"]), &[partition(1)])
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "sec.trail does not exist; register the table before its partitions"
    );
    assert_eq!(
        register_partitions(&client, &spec(&["1"]), &[]).await,
        Ok(0)
    );
    let mut odd = partition(1);
    odd.region = "a/b".to_owned();
    let error = register_partitions(&client, &spec(&["1"]), &[odd])
        .await
        .unwrap_err();
    assert!(error.to_string().contains("partition key region"));
}
