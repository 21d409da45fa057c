//! Real logs, where they are.

use crate::support::{Place, rows, shared, stderr, table};

#[test]
fn real_logs_give_a_row_for_each_event_once_and_a_second_run_writes_nothing() {
    let Some(real) = shared("real") else { return };
    let place = Place::new();
    let convert = || {
        let output = place
            .command("convert --json")
            .arg(&real)
            .arg("table")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        crate::support::json(&output)
    };
    let summary = convert();
    let number = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!(number("objects"), 356);
    assert_eq!(number("records"), 3_915);
    assert_eq!(number("duplicates"), 52);
    assert_eq!(number("rows"), 3_863);
    assert_eq!(number("rejects"), 0);
    assert_eq!(rows(&table(&place.path("table"))), 3_863);
    let before = crate::support::tree(&place.path("table"));
    assert_eq!(convert()["objects"].as_u64(), Some(0));
    assert!(before == crate::support::tree(&place.path("table")));
}
