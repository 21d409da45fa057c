use proptest::prelude::*;

use super::*;

const NAME: &str = "123456789012_CloudTrail_us-east-1_20230710T1240Z_C1qUFaqvZS64BcIN.json.gz";

fn raw(key: &str) -> RawKey {
    match parse_key(key) {
        KeyKind::Raw(raw) => raw,
        other => panic!("{key}: {other:?}"),
    }
}

#[test]
fn any_prefix_may_stand_before_the_account() {
    let prefixes = [
        "",
        "/",
        "AWSLogs/",
        "AWSLogs/o-abc123/",
        "logs/2024/AWSLogs/",
        "o-abc123/AWSLogs/o-abc123/",
        "AWSLogs/old/AWSLogs/",
        "AWSLogs/999999999999/CloudTrail/us-west-2/2020/01/01/AWSLogs/",
        "/home/someone/a//b/AWSLogs/",
    ];
    for prefix in prefixes {
        let key = format!("{prefix}123456789012/CloudTrail/us-east-1/2023/07/10/{NAME}");
        let raw = raw(&key);
        assert_eq!(raw.lane.account.as_str(), "123456789012", "{key}");
        assert_eq!(raw.lane.region.as_str(), "us-east-1", "{key}");
        assert_eq!(raw.folder, Folder::CloudTrail, "{key}");
        assert_eq!(raw.day, jiff::civil::date(2023, 7, 10), "{key}");
        assert_eq!(raw.time, "2023-07-10T12:40:00Z".parse().ok(), "{key}");
    }
}

#[test]
fn the_regions_of_every_partition_are_regions() {
    let regions = [
        "us-gov-west-1",
        "cn-northwest-1",
        "us-iso-east-1",
        "us-isob-east-1",
        "us-isof-south-1",
        "eu-isoe-west-1",
        "eusc-de-east-1",
        "global",
    ];
    for region in regions {
        let key = format!("AWSLogs/123456789012/CloudTrail/{region}/2023/07/10/{NAME}");
        assert_eq!(raw(&key).lane.region.as_str(), region);
    }
}

#[test]
fn digest_and_aggregated_folders_are_left() {
    for folder in ["CloudTrail-Digest", "CloudTrail-Aggregated"] {
        let key = format!("p/AWSLogs/123456789012/{folder}/us-east-1/2023/07/10/{NAME}");
        assert_eq!(parse_key(&key), KeyKind::Left(folder));
    }
}

#[test]
fn the_delivery_time_is_read_from_any_name_that_has_one() {
    let times = [
        (NAME, Some("2023-07-10T12:40:00Z")),
        (
            "1_CloudTrail_us-east-1_20140620T1255ZHdkvFTXOA3Vnhbc.json.gz",
            Some("2014-06-20T12:55:00Z"),
        ),
        (
            "1_CloudTrail-Insight_us-east-1_trail_20230710T124059Z.json.gz",
            Some("2023-07-10T12:40:59Z"),
        ),
        ("file_name.json.gz", None),
        ("1_CloudTrail_us-east-1_20230732T1240Z_x.json.gz", None),
        ("1_CloudTrail_us-east-1_20230710T2460Z_x.json.gz", None),
        ("1_CloudTrail_us-east-1_20230710T12Z_x.json.gz", None),
        ("é_20230710T1é40Z_€", None),
        ("_", None),
    ];
    for (name, time) in times {
        let key = format!("123456789012/CloudTrail/us-east-1/2023/07/10/{name}");
        let expected = time.map(|time| time.parse().unwrap());
        assert_eq!(raw(&key).time, expected, "{name}");
    }
}

#[test]
fn a_key_that_names_no_lane_is_other() {
    let keys = [
        "",
        "/",
        NAME,
        "AWSLogs/123456789012/CloudTrail/us-east-1/2023/07/10/",
        "AWSLogs/123456789012/CloudTrail/us-east-1/2023/07/10/.hidden.json.gz",
        "AWSLogs/123456789012/CloudTrail/us-east-1/2023/07/10/deeper/x.json.gz",
        "AWSLogs/123456789012/CloudTrail/us-east-1/2023/07/x.json.gz",
        "AWSLogs/123456789012/CloudTrail/us-east-1/2023/7/10/x.json.gz",
        "AWSLogs/123456789012/CloudTrail/us-east-1/2023/02/29/x.json.gz",
        "AWSLogs/12345678901/CloudTrail/us-east-1/2023/07/10/x.json.gz",
        "AWSLogs/12345678901x/CloudTrail/us-east-1/2023/07/10/x.json.gz",
        "AWSLogs/123456789012/cloudtrail/us-east-1/2023/07/10/x.json.gz",
        "AWSLogs/123456789012/vpcflowlogs/us-east-1/2023/07/10/x.log.gz",
        "AWSLogs/123456789012/CloudTrail/2023/2023/07/10/x.json.gz",
        "AWSLogs/123456789012/CloudTrail/us-east-1/٢٠٢٣/07/10/x.json.gz",
    ];
    for key in keys {
        assert_eq!(parse_key(key), KeyKind::Other, "{key:?}");
    }
}

#[test]
fn a_readable_name_is_json_in_any_of_its_forms() {
    for key in [
        "a.json",
        "x/y.json.gz",
        "events.jsonl",
        "A.NDJSON.GZ",
        "a.jsonl.gz",
        "a.ndjson",
        "a.json.zst",
    ] {
        assert!(is_readable_name(key), "{key}");
    }
    for key in [
        "",
        "x.json/",
        "a.gz",
        "a.txt",
        "json",
        ".a.json",
        "x/._a.json.gz",
        "a.json.zip",
    ] {
        assert!(!is_readable_name(key), "{key}");
    }
}

#[test]
fn a_name_of_an_export_a_shipper_or_a_rotation_is_worth_a_look() {
    for key in [
        "a.json.zst",
        "trail.log",
        "TRAIL.LOG.GZ",
        "x/trail.txt.zst",
        "000000.gz",
        "dump.zst",
        "case/firehose-1-2024-05-01-10-00-00-abc",
        "trail.log.1",
        "trail.json.20240501.gz",
    ] {
        assert!(may_hold_records(key), "{key}");
    }
    for key in [
        "",
        "x/",
        ".gz",
        "a.csv",
        "a.csv.gz",
        "a.tar.gz",
        "a.",
        ".DS_Store",
        "a.7z",
    ] {
        assert!(!may_hold_records(key), "{key}");
    }
}

#[test]
fn a_prefix_is_a_lane_or_leads_to_one() {
    let lane = LanePrefix {
        lane: Lane::parse("123456789012", "us-gov-west-1").unwrap(),
        folder: Folder::Insight,
    };
    let root = "o-a/AWSLogs/o-a/123456789012/CloudTrail-Insight/us-gov-west-1";
    assert_eq!(level_of_prefix(root), Level::Lane(lane.clone()));
    assert_eq!(
        level_of_prefix(&format!("{root}/")),
        Level::Lane(lane.clone())
    );
    for below in ["2023/", "2023/07/", "2023/07/10/", "2023/07/10"] {
        let prefix = format!("{root}/{below}");
        assert_eq!(
            level_of_prefix(&prefix),
            Level::InLane(lane.clone()),
            "{prefix}"
        );
    }
    for above in [
        "",
        "/",
        "AWSLogs/",
        "AWSLogs/o-a/",
        "AWSLogs/123456789012/",
        "AWSLogs/123456789012/CloudTrail/",
        "AWSLogs/123456789012/CloudTrail/US/",
        "AWSLogs/123456789012/Config/us-east-1/",
        "AWSLogs/123456789012/CloudTrail/us-east-1/other/",
        "AWSLogs/123456789012/CloudTrail/us-east-1/2023/13/",
        "AWSLogs/123456789012/CloudTrail/us-east-1/2023/07/10/deeper/",
    ] {
        assert_eq!(level_of_prefix(above), Level::Above, "{above}");
    }
    for left in ["", "us-east-1/", "us-east-1/2023/07/10/"] {
        let prefix = format!("AWSLogs/123456789012/CloudTrail-Digest/{left}");
        assert_eq!(
            level_of_prefix(&prefix),
            Level::Left("CloudTrail-Digest"),
            "{prefix}"
        );
    }
}

proptest! {
    #[test]
    fn a_key_written_from_its_parts_reads_as_those_parts(
        prefix in "([a-zA-Z0-9._-]{1,12}/){0,4}",
        account in "[0-9]{12}",
        folder in prop::sample::select(Folder::ALL.to_vec()),
        region in "[a-z]{2,4}-[a-z]{3,9}-[0-9]",
        minute in 0..4_000_000i64,
        unique in "[a-zA-Z0-9]{16}",
    ) {
        let time = Timestamp::new(1_400_000_000 / 60 * 60 + minute * 60, 0).unwrap();
        let day = TimeZone::UTC.to_datetime(time).date();
        let above = format!("{prefix}{account}/{}/{region}/", folder.name());
        let key = format!(
            "{above}{}/{account}_CloudTrail_{region}_{}_{unique}.json.gz",
            day.strftime("%Y/%m/%d"),
            time.strftime("%Y%m%dT%H%MZ"),
        );
        prop_assert_eq!(
            level_of_prefix(&above),
            Level::Lane(LanePrefix { lane: Lane::parse(&account, &region).unwrap(), folder })
        );
        let lane = Lane::parse(&account, &region).unwrap();
        let raw = RawKey { lane, folder, day, time: Some(time) };
        prop_assert_eq!(parse_key(&key), KeyKind::Raw(raw));
    }

    #[test]
    fn any_text_is_a_key_of_some_kind(text in "[0-9a-zA-Z/_.TZé-]{0,80}", any in any::<String>()) {
        for text in [text, any] {
            parse_key(&text);
            level_of_prefix(&text);
            is_readable_name(&text);
        }
    }
}
