//! The documented members, their types and their absence.

use crate::support::{Written, shred_text};
use arrow::array::AsArray as _;
use cloudtrail2parquet::table::{Schema, same_record};

#[test]
fn a_value_of_another_type_is_text_in_its_column_and_kept_verbatim() {
    let row = Written::new(
        r#""errorCode":404,"apiVersion":1.50e1,"userAgent":true,"eventName":{"a": 1},"readOnly":"true","managementEvent":false"#,
    );
    assert_eq!(row.get("errorcode").as_deref(), Some("404"));
    assert_eq!(row.get("apiversion").as_deref(), Some("1.50e1"));
    assert_eq!(row.get("useragent").as_deref(), Some("true"));
    assert_eq!(row.get("eventname").as_deref(), Some(r#"{"a": 1}"#));
    assert_eq!(row.get("readonly").as_deref(), Some("true"));
    assert_eq!(row.get("managementevent").as_deref(), Some("false"));
    let kept = row.additional().unwrap();
    assert!(same_record(
        &kept,
        r#"{"errorCode":404,"apiVersion":1.50e1,"userAgent":true,"eventName":{"a":1},"readOnly":"true"}"#
    ));
}

#[test]
fn a_struct_of_another_type_is_null_and_kept() {
    let row = Written::new(r#""userIdentity":"root","tlsDetails":[],"resources":{"ARN":"a"}"#);
    assert_eq!(row.get("useridentity"), None);
    assert_eq!(row.get("resources"), None);
    assert!(same_record(
        &row.additional().unwrap(),
        r#"{"userIdentity":"root","tlsDetails":[],"resources":{"ARN":"a"}}"#
    ));
}

#[test]
fn json_text_columns_hold_the_delivered_bytes_of_any_type() {
    let row = Written::new(
        r#""requestParameters":{ "a" : 1.0 , "b":"\u00e9" },"responseElements":"x","additionalEventData":[ ],"serviceEventDetails":null,"edgeDeviceDetails":false"#,
    );
    assert_eq!(
        row.get("requestparameters").as_deref(),
        Some(r#"{ "a" : 1.0 , "b":"\u00e9" }"#)
    );
    assert_eq!(row.get("responseelements").as_deref(), Some(r#""x""#));
    assert_eq!(row.get("additionaleventdata").as_deref(), Some("[ ]"));
    assert_eq!(row.get("serviceeventdetails"), None);
    assert_eq!(row.get("edgedevicedetails").as_deref(), Some("false"));
    assert_eq!(row.additional(), None);
}

#[test]
fn additionalfields_mirrors_the_record_at_every_depth() {
    let row = Written::new(
        r#""new":[1,{"x":null}],"userIdentity":{"type":"Role","sessionContext":{"sessionIssuer":{"username":"x"},"attributes":{"mfaAuthenticated":false}}}"#,
    );
    assert!(same_record(
        &row.additional().unwrap(),
        r#"{"new":[1,{"x":null}],"userIdentity":{"sessionContext":{"sessionIssuer":{"username":"x"},"attributes":{"mfaAuthenticated":false}}}}"#
    ));
    let session = "useridentity.sessioncontext";
    assert_eq!(
        row.get(&format!("{session}.attributes.mfaauthenticated"))
            .as_deref(),
        Some("false")
    );
    assert_eq!(
        row.get(&format!("{session}.sessionissuer.username"))
            .as_deref(),
        Some("x")
    );
}

#[test]
fn a_case_variant_fills_the_column_when_the_exact_name_is_absent() {
    let row = Written::new(
        r#""eventId":"a","eventName":null,"EventName":"b","USERIDENTITY":{"ARN":"c"}"#,
    );
    assert_eq!(row.get("eventid").as_deref(), Some("a"));
    assert_eq!(row.get("eventname").as_deref(), Some("b"));
    assert_eq!(row.get("useridentity.arn").as_deref(), Some("c"));
    assert_eq!(row.get("useridentity_arn").as_deref(), Some("c"));
    assert!(same_record(
        &row.additional().unwrap(),
        r#"{"eventId":"a","EventName":"b","USERIDENTITY":{"ARN":"c"}}"#
    ));
    for both in [
        r#""eventId":"x","eventID":"a""#,
        r#""eventID":"a","eventId":"a""#,
        r#""eventID":"a","eventId":null"#,
        r#""userIdentity":{"arn":"a","ARN":"a"},"UserIdentity":{"arn":"a"},"eventID":"a""#,
    ] {
        assert_eq!(Written::new(both).get("eventid").as_deref(), Some("a"));
    }
}

#[test]
fn a_time_under_another_spelling_is_a_time() {
    let rows = shred_text(
        &Schema::new(&[]).unwrap(),
        r#"{"eventtime":"2024-05-01T12:00:00Z"}"#,
    );
    assert_eq!(rows.len(), 1);
}

#[test]
fn present_but_empty_is_not_null_and_absent_is() {
    let row = Written::new(
        r#""userIdentity":{"sessionContext":{"webIdFederationData":{"attributes":{}}}},"resources":[],"tlsDetails":{},"addendum":null"#,
    );
    let federation = "useridentity.sessioncontext.webidfederationdata";
    assert_eq!(
        row.array(&format!("{federation}.attributes"))
            .unwrap()
            .as_map()
            .value_length(0),
        0
    );
    assert!(
        row.array(&format!("{federation}.attributes"))
            .unwrap()
            .is_valid(0)
    );
    assert!(row.array("resources").unwrap().is_valid(0));
    assert!(row.array("resources_arn").unwrap().is_valid(0));
    assert!(row.array("tlsdetails").unwrap().is_valid(0));
    assert!(row.array("addendum").unwrap().is_null(0));
    assert!(row.array("useridentity.onbehalfof").unwrap().is_null(0));
    let text = "useridentity_sessioncontext_webidfederationdata_attributes";
    assert_eq!(row.get(text).as_deref(), Some("{}"));
}

#[test]
fn a_map_keeps_what_is_no_string() {
    let row = Written::new(
        r#""userIdentity":{"sessionContext":{"webIdFederationData":{"attributes":{"a":"1","b":2,"a":"3","c":null,"\ud800":"x"}}}}"#,
    );
    let map = row
        .array("useridentity.sessioncontext.webidfederationdata.attributes")
        .unwrap();
    let entries = map.as_map().value(0);
    let texts = |column: usize| -> Vec<Option<String>> {
        let texts = entries.column(column).as_string::<i32>().iter();
        texts.map(|text| text.map(str::to_owned)).collect()
    };
    assert_eq!(texts(0), ["b", "a", "c"].map(|key| Some(key.to_owned())));
    assert_eq!(texts(1), [Some("2".to_owned()), Some("3".to_owned()), None]);
}

#[test]
fn of_duplicate_keys_the_last_counts_except_inside_json_text() {
    let row = Written::new(
        r#""eventName":"a","eventName":"b","userIdentity":{"arn":"a","arn":"b"},"userIdentity":{"type":"x","type":null},"requestParameters":{"name":"a","name":"b"},"awsRegion":"x","awsRegion":null"#,
    );
    assert_eq!(row.get("eventname").as_deref(), Some("b"));
    assert_eq!(row.get("useridentity.arn"), None);
    assert_eq!(row.get("useridentity.type"), None);
    assert_eq!(row.get("awsregion"), None);
    assert_eq!(row.get("requestparameters_name").as_deref(), Some("a"));
    assert_eq!(row.additional(), None);
    let row = Written::with(
        &["userIdentity.new"],
        r#""resources":[{"ARN":"a","ARN":"b"}],"userIdentity":{"new":"a","new":"b"},"requestParameters":{"name":"a","name":"b"}"#,
    );
    assert_eq!(row.get("resources_arn").as_deref(), Some("[b]"));
    assert_eq!(row.get("useridentity_new").as_deref(), Some("b"));
    assert_eq!(row.get("requestparameters_name").as_deref(), Some("a"));
}

#[test]
fn an_escaped_name_is_the_name() {
    let row = Written::new(r#""event\u004eame":"a","userIdentity":{"\u0061rn":"b"}"#);
    assert_eq!(row.get("eventname").as_deref(), Some("a"));
    assert_eq!(row.get("useridentity.arn").as_deref(), Some("b"));
    assert_eq!(row.additional(), None);
}

#[test]
fn a_lone_surrogate_is_replaced_in_its_column_and_kept() {
    let row =
        Written::new(r#""userAgent":"a\ud800b","\udc00":1,"requestParameters":{"name":"\ud800"}"#);
    assert_eq!(row.get("useragent").as_deref(), Some("a\u{fffd}b"));
    assert_eq!(
        row.get("requestparameters_name").as_deref(),
        Some("\u{fffd}")
    );
    assert!(same_record(
        &row.additional().unwrap(),
        r#"{"userAgent":"a\ud800b","\udc00":1}"#
    ));
}

#[test]
fn resources_are_kept_whole_when_one_element_does_not_fit() {
    let fits =
        Written::new(r#""resources":[{"ARN":"a"},null,{"type":"t","ARNPrefix":"p"},{"ARN":"b"}]"#);
    assert_eq!(fits.additional(), None);
    assert_eq!(fits.get("resources_arn").as_deref(), Some("[a, b]"));
    for misfit in [
        r#"[{"ARN":"a"},{"arn":"b"}]"#,
        r#"[{"ARN":"a","new":1}]"#,
        r#"[{"ARN":5}]"#,
        r#"[1,{"ARN":"a"}]"#,
    ] {
        let row = Written::new(&format!(r#""resources":{misfit}"#));
        let expected = format!(r#"{{"resources":{misfit}}}"#);
        assert_eq!(row.additional(), Some(expected));
        assert!(row.array("resources").unwrap().is_valid(0));
    }
}

#[test]
fn the_arns_of_resources_of_any_shape_are_found() {
    for (resources, arns) in [
        (r#"{"ARN":"a"}"#, "[a]"),
        (
            r#"[{"Arn":"a"},5,{"ARN":7,"arn":"b"},{"ARN":null}]"#,
            "[a, 7]",
        ),
        (r#""a""#, "[]"),
    ] {
        let row = Written::new(&format!(r#""resources":{resources}"#));
        assert_eq!(row.get("resources_arn").as_deref(), Some(arns));
    }
}
