//! What each rule of the table makes of a record, read back from Parquet by column name.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, RecordBatch};
use arrow::datatypes::TimestampMillisecondType;
use arrow::util::display::array_value_to_string;
use cloudtrail2parquet::cloudtrail::{Limits, Unreadable, read_document};
use cloudtrail2parquet::table::{
    EncodeOptions, FlattenedColumn, ObjectRows, Objects, RejectReason, Schema, encode, records,
    same_record, shred,
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

const TIME: &str = r#""eventTime":"2024-05-01T12:00:00Z""#;

fn shred_text(schema: &Schema, text: &str) -> ObjectRows {
    let limits = Limits::of(1 << 20);
    let document = read_document(text.as_bytes(), limits).unwrap();
    let latest = "2024-06-01T00:00:00Z".parse().unwrap();
    shred(schema, document, "day/file.json", latest, limits).unwrap()
}

/// One record as a row of a file, and checked to be rebuilt from it.
struct Written {
    batch: RecordBatch,
}

impl Written {
    fn new(members: &str) -> Self {
        Self::with(&[], members)
    }

    fn with(extra: &[&str], members: &str) -> Self {
        let extra: Vec<_> = extra
            .iter()
            .map(|p| FlattenedColumn::new(p).unwrap())
            .collect();
        let schema = Schema::new(&extra).unwrap();
        let record = format!("{{{TIME},{members}}}").replace(",}", "}");
        let rows = shred_text(&schema, &record);
        assert_eq!(rows.rejects().len(), 0);
        let objects = Objects::new([Arc::new(rows)]);
        let refs = [objects.row_ref(0, 0)];
        let file = encode(&schema, &objects, &refs, &EncodeOptions::default()).unwrap();
        let rebuilt = futures::executor::block_on(records(Cursor::new(file.clone()))).unwrap();
        assert!(
            same_record(&record, &rebuilt[0]),
            "{record}\n{}",
            rebuilt[0]
        );
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let batch = reader.build().unwrap().next().unwrap().unwrap();
        Self { batch }
    }

    fn array(&self, path: &str) -> Option<ArrayRef> {
        let mut parts = path.split('.');
        let mut array = Arc::clone(self.batch.column_by_name(parts.next().unwrap())?);
        for part in parts {
            if array.is_null(0) {
                return None;
            }
            array = Arc::clone(array.as_struct().column_by_name(part).unwrap());
        }
        Some(array)
    }

    /// The value of a column, of which a path names a member; `None` for NULL, or if the
    /// file has no such column.
    fn get(&self, path: &str) -> Option<String> {
        let array = self.array(path)?;
        if array.is_null(0) {
            return None;
        }
        match array.as_string_opt::<i32>() {
            Some(texts) => Some(texts.value(0).to_owned()),
            None => Some(array_value_to_string(&array, 0).unwrap()),
        }
    }

    fn has(&self, column: &str) -> bool {
        self.batch.column_by_name(column).is_some()
    }

    fn additional(&self) -> Option<String> {
        self.get("additionalfields")
    }
}

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

#[test]
fn what_cannot_be_a_row_is_kept_verbatim_with_its_reason_and_lane() {
    let text = concat!(
        "[5, {\"eventName\": \"a\", \"awsRegion\":\"eu-west-1\"},\n",
        r#"{"eventTime":"yesterday","recipientAccountId":"123456789012"},"#,
        r#"{"eventTime":1714564800,"userIdentity":{"accountId":"123456789012"}},"#,
        r#"{"eventTime":"2012-12-31T23:59:59Z"},{"eventTime":"2024-06-01T00:00:01Z"},"#,
        r#"{"eventTime":"2013-01-01T01:00:00+01:00"},{"eventTime":null}]"#,
    );
    let rows = shred_text(&Schema::new(&[]).unwrap(), text);
    let found: Vec<_> = rows.rejects().map(|r| (r.index(), r.reason())).collect();
    assert_eq!(
        found,
        [
            (0, RejectReason::NotAnObject),
            (1, RejectReason::NoEventTime),
            (2, RejectReason::BadEventTime),
            (3, RejectReason::BadEventTime),
            (4, RejectReason::TooEarly),
            (5, RejectReason::TooLate),
            (7, RejectReason::NoEventTime),
        ]
    );
    assert_eq!(
        rows.reject(1).bytes(),
        br#"{"eventName": "a", "awsRegion":"eu-west-1"}"#
    );
    let lane = |at| rows.reject(at).lane().to_string();
    assert_eq!(lane(0), "000000000000/unknown");
    assert_eq!(lane(1), "000000000000/eu-west-1");
    assert_eq!(lane(2), "123456789012/unknown");
    assert_eq!(lane(3), "123456789012/unknown");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows.row(0).index(), 6);
}

#[test]
fn a_record_with_invalid_utf8_is_a_reject_as_bytes_and_its_neighbours_are_rows() {
    let mut bytes = format!(r#"{{"Records":[{{{TIME}}},{{{TIME},"eventName":"#).into_bytes();
    let damaged_from = bytes.len() - format!(r#"{{{TIME},"eventName":"#).len();
    bytes.extend_from_slice(b"\"\xff\xfe\",\"awsRegion\":\"eu-west-1\"}");
    let damaged = bytes[damaged_from..].to_vec();
    bytes.extend_from_slice(format!(r#",{{{TIME}}}]}}"#).as_bytes());
    let limits = Limits::of(1 << 20);
    let document = read_document(&bytes, limits).unwrap();
    let schema = Schema::new(&[]).unwrap();
    let rows = shred(&schema, document, "", jiff::Timestamp::MAX, limits).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows.rejects().len(), 1);
    let reject = rows.reject(0);
    assert_eq!(reject.reason(), RejectReason::InvalidUtf8);
    assert_eq!(reject.bytes(), damaged);
    assert_eq!(reject.lane().to_string(), "000000000000/eu-west-1");
}

fn repeated(record: &str, count: usize) -> String {
    let others = format!(",{record}").repeat(count - 1);
    format!(r#"{{"Records":[{record}{others}]}}"#)
}

#[test]
fn an_object_takes_no_more_memory_than_it_may_or_is_refused() {
    let bytes = 8 << 20;
    let limits = Limits::of(bytes);
    let schema = Schema::new(&[]).unwrap();
    let taken = |record: &str| {
        let count = bytes as usize / (record.len() + 1) - 20;
        let text = repeated(record, count);
        let document = read_document(text.as_bytes(), limits).unwrap();
        let rows = shred(&schema, document, "", jiff::Timestamp::MAX, limits)?;
        assert!(rows.heap_bytes() as u64 <= limits.heap, "{record}");
        assert_eq!(rows.len() + rows.rejects().len(), count);
        Ok::<_, Unreadable>(())
    };
    let row = format!("{{{TIME}}}");
    let long = "x".repeat(1_500);
    let irregular = format!(r#"{{{TIME},"eventname":1,"userIdentity":{{"x":"{long}"}}}}"#);
    let reject = format!(r#"{{"requestParameters":"{long}"}}"#);
    for usual in [&row, &irregular, &reject] {
        assert_eq!(taken(usual), Ok(()), "{usual}");
    }
    let values = vec!["null"; 5_000].join(",");
    let values = format!(r#"{{{TIME},"resources":[{values}]}}"#);
    for dense in ["{}", "1", "[]", &values] {
        assert_eq!(taken(dense), Err(Unreadable::TooMuchMemory), "{dense}");
    }
}

#[test]
fn a_reject_counts_with_its_record_and_what_names_it() {
    let record = r#"{"a":"b"}"#;
    let text = repeated(record, 1_000);
    let schema = Schema::new(&[]).unwrap();
    let with = |heap: usize| {
        let limits = Limits {
            heap: heap as u64,
            ..Limits::of(1 << 20)
        };
        let document = read_document(text.as_bytes(), limits)?;
        shred(&schema, document, "", jiff::Timestamp::MAX, limits).map(|_| ())
    };
    let written = 1_000 * (256 + record.len());
    assert_eq!(with(written), Err(Unreadable::TooMuchMemory));
    assert_eq!(with(2 * written), Ok(()));
}
