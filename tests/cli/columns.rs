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
