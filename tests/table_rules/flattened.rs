//! The flattened columns.

use crate::support::Written;
use arrow::array::AsArray as _;
use arrow::datatypes::TimestampMillisecondType;
use cloudtrail2parquet::table::{FlattenedColumn, Schema};

#[test]
fn a_flattened_path_matches_keys_in_any_case_and_the_first_non_null_wins() {
    let row = Written::new(
        r#""requestParameters":{"BUCKETNAME":null,"bucketname":"a","bucketName":"b","imageId":{"IMAGEDIGEST":"d"},"size":12345678901234567890,"target":[ 1 ],"name":"","key":{},"policy":null}"#,
    );
    assert_eq!(
        row.get("requestparameters_bucketname").as_deref(),
        Some("a")
    );
    assert_eq!(
        row.get("requestparameters_imageid").as_deref(),
        Some(r#"{"IMAGEDIGEST":"d"}"#)
    );
    assert_eq!(
        row.get("requestparameters_imageid_imagedigest").as_deref(),
        Some("d")
    );
    assert_eq!(
        row.get("requestparameters_size").as_deref(),
        Some("12345678901234567890")
    );
    assert_eq!(
        row.get("requestparameters_target").as_deref(),
        Some("[ 1 ]")
    );
    assert_eq!(row.get("requestparameters_name").as_deref(), Some(""));
    assert_eq!(row.get("requestparameters_key").as_deref(), Some("{}"));
    assert!(!row.has("requestparameters_policy"));
}

#[test]
fn a_path_with_lists_concatenates_all_levels() {
    let row = Written::new(
        r#""requestParameters":{"ipPermissions":{"items":[{"fromPort":22,"ipRanges":{"items":[{"cidrIp":"a"},{"cidrIp":null},{}]}},{"FromPort":null,"ipRanges":{"items":{"cidrIp":"b"}}},{"fromPort":[80],"ipRanges":{"items":[]}},7]},"instanceIds":"i-1","names":[],"layers":[null,{"a":1},"x"]}"#,
    );
    let get = |name: &str| row.get(&format!("requestparameters_{name}"));
    assert_eq!(
        get("ippermissions_items_fromport").as_deref(),
        Some("[22, [80]]")
    );
    assert_eq!(
        get("ippermissions_items_ipranges_items_cidrip").as_deref(),
        Some("[a, b]")
    );
    assert_eq!(get("ippermissions_items_toport").as_deref(), Some("[]"));
    assert_eq!(get("instanceids").as_deref(), Some("[i-1]"));
    assert_eq!(get("names").as_deref(), Some("[]"));
    assert_eq!(get("layers").as_deref(), Some(r#"[{"a":1}, x]"#));
    assert!(!row.has("requestparameters_vpcsecuritygroupids"));
}

#[test]
fn further_paths_may_begin_at_any_member() {
    let row = Written::with(
        &[
            "new.list[][].x",
            "userIdentity.sessionContext.foo",
            "resources[].type",
            "requestParameters.a-b",
            "requestParameters.a_b",
        ],
        r#""New":{"list":[[{"x":1},{"X":2}],{"x":3}]},"userIdentity":{"sessionContext":{"foo":"bar"}},"resources":[{"type":"t"},{"type":"u"}],"requestParameters":{"a_b":"first","a-b":"second"}"#,
    );
    assert_eq!(row.get("new_list_x").as_deref(), Some("[1, 2, 3]"));
    assert_eq!(
        row.get("useridentity_sessioncontext_foo").as_deref(),
        Some("bar")
    );
    assert_eq!(row.get("resources_type").as_deref(), Some("[t, u]"));
    assert_eq!(row.get("requestparameters_a_b").as_deref(), Some("first"));
}

#[test]
fn a_name_used_already_with_another_type_is_an_error() {
    let error = |path: &str| {
        let column = FlattenedColumn::new(path).unwrap();
        Schema::new(&[column]).map(drop).unwrap_err().to_string()
    };
    assert!(error("requestParameters.bucketName[]").contains("`string`"));
    assert!(error("userIdentity").contains("struct<"));
    assert!(error("additionalFields").contains("leave the line out"));
    let same = FlattenedColumn::new("userIdentity.ARN").unwrap();
    let schema = Schema::new(&[same]).unwrap();
    assert_eq!(schema.columns(), Schema::new(&[]).unwrap().columns());
}

#[test]
fn flat_columns_hold_what_the_struct_holds() {
    let row = Written::new(
        r#""userIdentity":{"arn":"a","sessionContext":{"sessionIssuer":{"arn":"b"},"attributes":{"creationDate":5}}},"tlsDetails":{"tlsVersion":"v"}"#,
    );
    assert_eq!(row.get("useridentity_arn").as_deref(), Some("a"));
    assert_eq!(
        row.get("useridentity_sessioncontext_sessionissuer_arn")
            .as_deref(),
        Some("b")
    );
    assert_eq!(
        row.get("useridentity_sessioncontext_attributes_creationdate")
            .as_deref(),
        Some("5")
    );
    assert_eq!(row.get("tlsdetails_tlsversion").as_deref(), Some("v"));
    assert!(!row.has("tlsdetails_ciphersuite"));
}

#[test]
fn documented_columns_are_in_every_file_and_null_others_are_left_out() {
    let row = Written::new(r#""eventName":"a""#);
    for name in [
        "useridentity",
        "resources",
        "addendum",
        "edgedevicedetails",
        "tlsdetails",
        "eventtimestamp",
        "sourcefile",
    ] {
        assert!(row.has(name), "{name}");
    }
    for name in [
        "managementevent",
        "insightdetails",
        "additionalfields",
        "useridentity_arn",
        "resources_arn",
        "requestparameters_name",
    ] {
        assert!(!row.has(name), "{name}");
    }
    assert_eq!(row.get("sourcefile").as_deref(), Some("day/file.json"));
    let millis = row.array("eventtimestamp").unwrap();
    assert_eq!(
        millis.as_primitive::<TimestampMillisecondType>().value(0),
        1_714_564_800_000
    );
}
