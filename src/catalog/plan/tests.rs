use std::collections::BTreeSet;

use jiff::civil::{Date, date};

use super::*;
use crate::catalog::{AccountProjection, CatalogColumn};

fn column(name: &str, glue_type: &str) -> CatalogColumn {
    CatalogColumn {
        name: name.to_owned(),
        glue_type: glue_type.to_owned(),
        comment: format!("About {name}"),
    }
}

fn set(values: &[&str]) -> BTreeSet<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn spec() -> TableSpec {
    TableSpec {
        name: "sec.trail".parse().unwrap(),
        location: "s3://bucket/parquet/".to_owned(),
        columns: vec![
            column("eventname", "string"),
            column("tlsdetails", "struct<tlsversion:string>"),
        ],
        accounts: set(&["222222222222", "111111111111"]),
        regions: set(&["us-east-1", "eu-west-1"]),
        first_date: Some(date(2024, 5, 1)),
        today: date(2024, 6, 1),
        account_projection: AccountProjection::Enum,
        compression: "SNAPPY".to_owned(),
        catalog_id: None,
    }
}

/// What GetTable answers after `input` was written.
fn stored(input: &TableInput) -> Table {
    Table::builder()
        .name(input.name())
        .database_name("sec")
        .set_table_type(input.table_type.clone())
        .set_parameters(input.parameters.clone())
        .set_partition_keys(input.partition_keys.clone())
        .set_storage_descriptor(input.storage_descriptor.clone())
        .set_owner(input.owner.clone())
        .version_id("7")
        .build()
        .unwrap()
}

fn created(spec: &TableSpec) -> Table {
    match plan_table(spec, None).unwrap() {
        TableChange::Create(input) => stored(&input),
        other => panic!("{other:?}"),
    }
}

fn updated(spec: &TableSpec, table: &Table) -> (Table, Vec<String>) {
    match plan_table(spec, Some(table)).unwrap() {
        TableChange::Update {
            input,
            version_id,
            what,
        } => {
            assert_eq!(version_id.as_deref(), Some("7"));
            let table = stored(&input);
            assert_eq!(plan_table(spec, Some(&table)), Ok(TableChange::Unchanged));
            (table, what)
        }
        other => panic!("{other:?}"),
    }
}

fn property<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    table.parameters().unwrap().get(key).map(String::as_str)
}

fn put(table: &mut Table, key: &str, value: &str) {
    let parameters = table.parameters.get_or_insert_default();
    parameters.insert(key.to_owned(), value.to_owned());
}

fn names(table: &Table) -> Vec<&str> {
    let columns = table.storage_descriptor().unwrap().columns();
    columns.iter().map(Column::name).collect()
}

fn reason(spec: &TableSpec, table: &Table) -> String {
    match plan_table(spec, Some(table)).unwrap() {
        TableChange::Foreign { reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_new_table_has_every_property_that_athena_and_trino_need() {
    let table = created(&spec());
    let mut properties: Vec<String> = (table.parameters().unwrap().iter())
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    properties.sort();
    assert_eq!(
        properties,
        [
            "EXTERNAL=TRUE",
            "classification=parquet",
            "cloudtrail2parquet.format=1",
            "parquet.compression=SNAPPY",
            "projection.account.type=enum",
            "projection.account.values=111111111111,222222222222",
            "projection.date.format=yyyy-MM-dd",
            "projection.date.interval.unit=DAYS",
            "projection.date.interval=1",
            "projection.date.range=2024-05-01,NOW",
            "projection.date.type=date",
            "projection.enabled=true",
            "projection.region.type=enum",
            "projection.region.values=eu-west-1,us-east-1",
            "storage.location.template=s3://bucket/parquet/account=${account}/region=${region}/date=${date}/",
        ]
    );
    assert_eq!(table.table_type(), Some("EXTERNAL_TABLE"));
    let keys: Vec<(&str, Option<&str>)> = (table.partition_keys().iter())
        .map(|key| (key.name(), key.r#type()))
        .collect();
    let string = Some("string");
    assert_eq!(
        keys,
        [("account", string), ("region", string), ("date", string)]
    );
    let descriptor = table.storage_descriptor().unwrap();
    assert_eq!(descriptor.location(), Some("s3://bucket/parquet/"));
    assert_eq!(names(&table), ["eventname", "tlsdetails"]);
    let serde = descriptor.serde_info().unwrap();
    assert_eq!(
        serde.serialization_library(),
        Some("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe")
    );
    assert_eq!(serde.parameters().unwrap()["serialization.format"], "1");
}

#[test]
fn a_table_that_is_as_it_should_be_is_not_written_not_even_the_next_day() {
    let table = created(&spec());
    let mut later = spec();
    later.today = date(2024, 7, 1);
    later.first_date = None;
    later.accounts.clear();
    later.regions.clear();
    assert_eq!(
        plan_table(&spec(), Some(&table)),
        Ok(TableChange::Unchanged)
    );
    assert_eq!(plan_table(&later, Some(&table)), Ok(TableChange::Unchanged));
}

#[test]
fn new_accounts_and_regions_join_those_that_are_there() {
    let mut newer = spec();
    newer.accounts = set(&["000000000003"]);
    newer.regions = set(&["ap-south-1"]);
    let (table, what) = updated(&newer, &created(&spec()));
    assert_eq!(
        what,
        ["account 000000000003 added", "region ap-south-1 added"]
    );
    assert_eq!(
        property(&table, "projection.account.values"),
        Some("000000000003,111111111111,222222222222")
    );
}

#[test]
fn many_new_accounts_are_counted_instead_of_named() {
    let mut newer = spec();
    newer.accounts = (0..6).map(|n| format!("{n:012}")).collect();
    let (_, what) = updated(&newer, &created(&spec()));
    assert_eq!(what, ["6 accounts added"]);
}

#[test]
fn new_columns_go_to_the_end_and_wider_structs_replace_narrower_ones() {
    let mut newer = spec();
    newer.columns.insert(0, column("annotation", "string"));
    newer.columns[2].glue_type = "struct<tlsversion:string,keyexchange:string>".to_owned();
    let (table, what) = updated(&newer, &created(&spec()));
    assert_eq!(
        what,
        ["column annotation added", "column tlsdetails widened"]
    );
    assert_eq!(names(&table), ["eventname", "tlsdetails", "annotation"]);
    // The older program leaves all that alone.
    assert_eq!(
        plan_table(&spec(), Some(&table)),
        Ok(TableChange::Unchanged)
    );
}

#[test]
fn a_column_with_another_type_is_an_error_that_names_it() {
    let table = created(&spec());
    let mut other = spec();
    other.columns[0].glue_type = "array<string>".to_owned();
    assert_eq!(
        plan_table(&other, Some(&table)).unwrap_err().to_string(),
        "column eventname of sec.trail is string in the catalog but array<string> here; it is \
         left alone: drop that column or choose another table name"
    );
}

#[test]
fn what_others_set_stays_and_what_is_ours_is_put_right() {
    let mut table = created(&spec());
    put(&mut table, "has_encrypted_data", "false");
    put(&mut table, "trino.partition_projection.ignore", "true");
    table.owner = Some("soc".to_owned());
    let columns = table.storage_descriptor.as_mut().unwrap().columns.as_mut();
    columns.unwrap()[0].comment = Some("Our own words".to_owned());
    assert_eq!(
        plan_table(&spec(), Some(&table)),
        Ok(TableChange::Unchanged)
    );

    put(&mut table, "projection.enabled", "false");
    put(&mut table, "projection.date.interval.unit", "HOURS");
    let (table, what) = updated(&spec(), &table);
    assert_eq!(
        what,
        [
            "projection.date.interval.unit set to DAYS (was HOURS)",
            "projection.enabled set to true (was false)"
        ]
    );
    assert_eq!(property(&table, "has_encrypted_data"), Some("false"));
    assert_eq!(table.owner(), Some("soc"));
}

#[test]
fn the_range_begins_with_the_earliest_event_and_before_today_as_trino_demands() {
    let range = |first: Option<Date>, there: Option<&str>| {
        let mut table = created(&spec());
        put(&mut table, "projection.date.range", there.unwrap_or("?"));
        let mut spec = spec();
        spec.first_date = first;
        let (there, wanted) = (Some(&table), "projection.date.range");
        match plan_table(&spec, there).unwrap() {
            TableChange::Unchanged => property(&table, wanted).unwrap().to_owned(),
            TableChange::Update { input, .. } => input.parameters().unwrap()[wanted].clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(range(None, None), "2024-05-31,NOW");
    assert_eq!(range(Some(date(2024, 6, 1)), None), "2024-05-31,NOW");
    assert_eq!(range(Some(date(2020, 2, 29)), None), "2020-02-29,NOW");
    let there = Some("2021-01-01,NOW");
    assert_eq!(range(Some(date(2024, 1, 1)), there), "2021-01-01,NOW");
    assert_eq!(range(Some(date(2020, 1, 1)), there), "2020-01-01,NOW");
    assert_eq!(range(None, there), "2021-01-01,NOW");
    assert_eq!(range(None, Some("NOW-3YEARS,NOW")), "2024-05-31,NOW");
}

#[test]
fn accounts_are_injected_when_asked_for_and_listed_again_when_not() {
    let mut injected = spec();
    injected.account_projection = AccountProjection::Injected;
    let (table, what) = updated(&injected, &created(&spec()));
    assert_eq!(
        what,
        [
            "projection.account.type set to injected (was enum)",
            "projection.account.values removed"
        ]
    );
    assert_eq!(property(&table, "projection.region.type"), Some("enum"));
    let (table, _) = updated(&spec(), &table);
    assert_eq!(
        property(&table, "projection.account.values"),
        Some("111111111111,222222222222")
    );
}

#[test]
fn a_table_that_is_not_ours_is_foreign_and_the_reason_is_told() {
    let mut unmarked = created(&spec());
    unmarked.parameters = None;
    assert!(reason(&spec(), &unmarked).contains("lacks the property"));

    let mut newer = created(&spec());
    put(&mut newer, MARK, "2");
    assert!(reason(&spec(), &newer).contains("newer cloudtrail2parquet"));

    let mut elsewhere = spec();
    elsewhere.location = "s3://bucket/other/".to_owned();
    assert_eq!(
        reason(&elsewhere, &created(&spec())),
        r#"it reads "s3://bucket/parquet/" and not "s3://bucket/other/""#
    );

    let mut flat = created(&spec());
    flat.partition_keys = None;
    assert!(reason(&spec(), &flat).contains("partition keys"));
}

#[test]
fn a_location_without_its_slash_is_the_same_location() {
    let mut table = created(&spec());
    table.storage_descriptor.as_mut().unwrap().location = Some("s3://bucket/parquet".to_owned());
    assert_eq!(
        plan_table(&spec(), Some(&table)),
        Ok(TableChange::Unchanged)
    );
}

#[test]
fn what_glue_athena_or_trino_would_choke_on_is_refused_with_what_to_do() {
    let message = |change: &dyn Fn(&mut TableSpec)| {
        let mut spec = spec();
        change(&mut spec);
        plan_table(&spec, None).unwrap_err().to_string()
    };
    assert_eq!(
        message(&|spec| spec.accounts.clear()),
        "nothing to register as sec.trail: no account is known yet; convert something first, \
         then register the table"
    );
    assert!(message(&|spec| spec.regions.clear()).contains("no region is known yet"));
    assert!(message(&|spec| spec.accounts = set(&["1,2"])).contains(r#""1,2" cannot be"#));
    assert!(message(&|spec| spec.regions = set(&[" x"])).contains("partition key region"));
    let location = |text: &'static str| message(&|spec| spec.location = text.to_owned());
    assert!(location("/tmp/parquet/").contains("is not on S3"));
    assert!(location("s3://bucket/parquet").contains("does not end with a slash"));
    assert!(location("s3://bucket/${date}/").contains("holds ${"));
    assert!(message(&|spec| spec.columns[0].comment = "é".repeat(256)).contains("256"));
    let many = |spec: &mut TableSpec| {
        spec.accounts = (0..40_000).map(|n| format!("{n:012}")).collect();
    };
    assert!(message(&many).ends_with("use --projection-account injected"));
    let mut injected = spec();
    many(&mut injected);
    injected.account_projection = AccountProjection::Injected;
    assert!(plan_table(&injected, None).is_ok());
}
