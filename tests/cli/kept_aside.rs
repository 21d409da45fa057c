//! What is kept aside or waits: told with a code, and settled by options.

use crate::support::{Place, event, gzip, json, stderr, stdout};

const TIME: &str = "2024-05-01T00:00:00Z";

#[test]
fn an_unreadable_file_is_a_problem_with_a_code_until_it_is_accepted() {
    let place = Place::new();
    let whole = gzip(&event("e1", "111122223333", TIME));
    place.write("logs/cut.json.gz", &whole[..20]);
    let summary = place.convert("", 3);
    assert_eq!(summary["unread_objects"].as_u64(), Some(1));
    assert_eq!(summary["problems"].as_array().unwrap().len(), 1);
    assert_eq!(summary["problems_left_off"].as_u64(), Some(0));
    let problem = &summary["problems"][0];
    assert_eq!(problem["code"].as_str(), Some("truncated_gzip"));
    let text = problem["text"].as_str().unwrap();
    assert!(text.contains("cut.json.gz"), "{text}");

    let accepted = place.convert("--accept-unread cut.json.gz", 0);
    assert_eq!(accepted["accepted_objects"].as_u64(), Some(1));
    assert_eq!(place.convert("", 0)["unread_objects"].as_u64(), Some(0));
    let status = place.run("status logs table");
    let text = stdout(&status);
    assert!(
        text.contains("cut.json.gz (truncated_gzip) is accepted as unreadable."),
        "{text}"
    );
}

#[test]
fn all_that_is_unreadable_can_be_accepted_at_once() {
    let place = Place::new();
    for name in ["a", "b"] {
        place.write(&format!("logs/{name}.json.gz"), "no gzip");
    }
    let summary = place.convert("--accept-unread all", 0);
    assert_eq!(summary["accepted_objects"].as_u64(), Some(2));
}

#[test]
fn an_object_to_be_accepted_that_is_not_there_is_told() {
    let place = Place::new();
    place.write("logs/dump.json", event("e1", "111122223333", TIME));
    let summary = place.convert("--accept-unread nothing.json", 3);
    assert_eq!(summary["problems"][0]["code"].as_str(), Some("not_found"));
    assert_eq!(summary["unmet_arguments"].as_u64(), Some(1));
}

#[test]
fn what_no_open_claim_has_is_a_mistake_to_give_up() {
    let place = Place::new();
    place.write("logs/dump.json", event("e1", "111122223333", TIME));
    let output = place.run("convert logs table --give-up dump.json");
    assert_eq!(output.status.code(), Some(2));
    let told = stderr(&output);
    assert!(told.contains("no open claim has this object"), "{told}");
    place.convert("--give-up-missing", 0);
}

#[test]
fn a_lane_that_waits_ends_status_and_convert_alike_with_3() {
    let place = Place::new();
    place.write("logs/dump.json", event("e1", "111122223333", TIME));
    place.convert("", 0);
    place.write("table/_ledger/111122223333/eu-west-1/log/stray", "");

    let status = place.run("status logs table --json");
    assert_eq!(status.status.code(), Some(3), "{}", stderr(&status));
    let why = json(&status)["lanes"][0]["waits"].clone();
    let why = why.as_str().unwrap();
    let text = stdout(&place.run("status logs table"));
    assert!(
        text.contains(&format!("111122223333/eu-west-1 waits: {why}")),
        "{text}"
    );
    let plan = place.run("convert logs table --dry-run");
    assert_eq!(plan.status.code(), Some(3), "{}", stderr(&plan));
    let summary = place.convert("", 3);
    assert_eq!(summary["waiting_lanes"].as_u64(), Some(1));
    let problem = &summary["problems"][0];
    assert_eq!(problem["code"].as_str(), Some("ledger"));
    assert!(problem["text"].as_str().unwrap().ends_with(why));
}

#[test]
fn a_reject_that_still_is_none_stays_one_when_it_is_judged_again() {
    let place = Place::new();
    place.write("logs/odd.json", r#"{"Records":[{"eventID":"x"}]}"#);
    assert_eq!(place.convert("", 3)["rejects"].as_u64(), Some(1));
    let again = place.convert("--retry-rejects", 0);
    assert_eq!(again["retried_rejects"].as_u64(), Some(0));
    assert_eq!(again["files"].as_u64(), Some(0));
}
