//! The columns: one definition, printed as a table, as JSON, as the page `docs/columns.md`.

use crate::support::{Place, json, stdout};
use std::{fs, path::Path};

#[test]
fn docs_columns_md_is_what_the_program_prints() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/columns.md");
    let printed = stdout(&Place::new().run("table columns --markdown"));
    let update =
        "docs/columns.md is out of date: cargo run -- table columns --markdown > docs/columns.md";
    assert!(
        fs::read_to_string(page).unwrap_or_default() == printed,
        "{update}"
    );
}

#[test]
fn the_page_has_every_column_once_and_those_of_requests_by_service() {
    let place = Place::new();
    let page = stdout(&place.run("table columns --markdown"));
    for column in json(&place.run("table columns --json")).as_array().unwrap() {
        let row = format!("\n| `{}` |", column["name"].as_str().unwrap());
        assert_eq!(page.matches(&row).count(), 1, "{row}");
    }
    let (_, iam) = page.split_once("### iam\n").unwrap();
    let (iam, _) = iam.split_once("###").unwrap();
    assert!(iam.contains("| `requestparameters_policyarn` | `string` | `requestParameters.policyArn` | `AttachRolePolicy` |"), "{iam}");
}

#[test]
fn columns_of_a_file_come_last_with_their_paths() {
    let place = Place::new();
    place.write(
        "more.tsv",
        "requestparameters_tags_team\tstring\trequestParameters.tags.team\n",
    );
    let columns = json(&place.run("table columns --columns more.tsv --json"));
    let columns = columns.as_array().unwrap();
    assert_eq!(columns[0]["name"], "eventversion");
    let last = columns.last().unwrap();
    assert_eq!(last["name"], "requestparameters_tags_team");
    assert_eq!(last["type"], "string");
    assert_eq!(last["path"], "requestParameters.tags.team");
    let text = stdout(&place.run("table columns --columns more.tsv"));
    assert_eq!(text.lines().count(), columns.len() + 1);
    assert!(
        text.lines().all(|line| line.split('\t').count() == 4),
        "{text}"
    );
}
