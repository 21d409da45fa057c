//! The question pack as it is listed and filled in.

use crate::support::{Place, json, stderr, stdout};
use serde_json::Value;
use std::{fs, path::Path};

/// The listed questions.
fn listed() -> Vec<Value> {
    let list = json(&Place::new().run("queries --json"));
    list.as_array().unwrap().clone()
}

fn name(question: &Value) -> &str {
    question["name"].as_str().unwrap()
}

/// A question that has something to set.
fn with_parameter() -> Value {
    let has = |question: &Value| !question["parameters"].as_array().unwrap().is_empty();
    listed().into_iter().find(has).unwrap()
}

#[test]
fn the_list_has_every_question_with_what_it_answers() {
    let text = stdout(&Place::new().run("queries"));
    for question in listed() {
        let line = text
            .lines()
            .find(|line| line.split_whitespace().next() == Some(name(&question)))
            .unwrap();
        let (_, after) = line
            .split_once(question["question"].as_str().unwrap())
            .unwrap();
        let set: String = question["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|parameter| format!("  --set {}=…", parameter["name"].as_str().unwrap()))
            .collect();
        assert_eq!(after, set, "{question}");
        let theme = question["theme"].as_str().unwrap();
        assert!(text.lines().any(|line| line == theme), "{theme}");
    }
}

#[test]
fn docs_questions_md_has_every_question_under_its_theme() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/questions.md");
    let page = fs::read_to_string(page).unwrap();
    let mut written = Vec::new();
    for section in page.split("\n## ").skip(1) {
        let theme = section.lines().next().unwrap();
        let lines = section.lines().filter(|line| line.starts_with("- "));
        written.extend(lines.map(|line| format!("{theme} {line}")));
    }
    let expected = listed().into_iter().map(|question| {
        let parameters = question["parameters"].as_array().unwrap();
        let set: String = parameters
            .iter()
            .map(|parameter| format!(" *{}*", parameter["name"].as_str().unwrap()))
            .collect();
        let theme = question["theme"].as_str().unwrap();
        let what = question["question"].as_str().unwrap();
        format!("{theme} - `{}`{set}: {what}", name(&question))
    });
    assert_eq!(written, expected.collect::<Vec<_>>());
}

#[test]
fn a_theme_lists_its_questions_alone() {
    let of_theme = json(&Place::new().run("queries incident --json"));
    let expected: Vec<Value> = listed()
        .into_iter()
        .filter(|question| question["theme"] == "incident")
        .collect();
    assert!(expected.len() > 1);
    assert_eq!(of_theme.as_array().unwrap(), &expected);
}

#[test]
fn an_example_is_printed_only_when_it_is_asked_for() {
    let question = with_parameter();
    let set = question["parameters"][0]["name"].as_str().unwrap();
    for words in [
        format!("queries {}", name(&question)),
        "queries --all".to_owned(),
    ] {
        let output = Place::new().run(&words);
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(output.stdout.is_empty(), "{words}");
        let said = stderr(&output);
        assert!(said.contains("--examples"), "{said}");
    }
    let said = stderr(&Place::new().run(&format!("queries {}", name(&question))));
    assert!(said.contains(&format!("--set {set}=")), "{said}");
}

#[test]
fn duckdb_is_asked_through_the_view_of_the_table_for_all_dates_or_those_named() {
    let duckdb = "queries errors-by-code --dialect duckdb";
    let sql = stdout(&Place::new().run(duckdb));
    assert!(sql.contains("FROM cloudtrail\n"), "{sql}");
    assert!(!sql.contains("date >="), "{sql}");
    let sql = stdout(&Place::new().run(&format!("{duckdb} --table sec.trail --from 2024-05-01")));
    assert!(sql.contains("FROM \"trail\"\n"), "{sql}");
    assert!(sql.contains("date >= '2024-05-01'"), "{sql}");
}

#[test]
fn a_question_is_filled_in_with_table_dates_and_lanes() {
    let range = "--from 2024-05-01 --to 2024-05-02 --account 012345678901 --region eu-west-1";
    for question in listed() {
        let name = name(&question);
        let words = format!("queries {name} --table sec.trail --examples {range}");
        let document = json(&Place::new().run(&format!("{words} --json")));
        assert_eq!(document["name"], name);
        assert_eq!(document["theme"], question["theme"]);
        assert_eq!(document["question"], question["question"]);
        let sql = document["sql"].as_str().unwrap();
        assert_eq!(stdout(&Place::new().run(&words)), sql);
        assert!(!sql.contains("FROM cloudtrail"), "{sql}");
        assert!(!sql.contains("current_date - INTERVAL '7' DAY"), "{sql}");
        let scans = sql.matches("FROM \"sec\".\"trail\"").count();
        let filter = "WHERE date BETWEEN '2024-05-01' AND '2024-05-02' \
                      AND account IN ('012345678901') AND region IN ('eu-west-1')";
        assert!(scans > 0, "{sql}");
        assert_eq!(sql.matches(filter).count(), scans, "{sql}");
    }
}

#[test]
fn what_is_set_takes_the_place_of_the_example() {
    let question = with_parameter();
    let parameter = &question["parameters"][0];
    let (set, example) = (&parameter["name"], parameter["example"].as_str().unwrap());
    let set = set.as_str().unwrap();
    let unset = stdout(&Place::new().run(&format!("queries {} --examples", name(&question))));
    let told = format!("-- set {set}: this is an example\n");
    assert!(unset.contains(&told), "{unset}");
    assert!(unset.contains(example), "{unset}");
    let words = format!("queries {} --set {set}=o'brien", name(&question));
    let sql = stdout(&Place::new().run(&words));
    assert!(sql.contains(&format!("-- {set}: o'brien\n")), "{sql}");
    assert!(sql.contains("o''brien"), "{sql}");
    assert!(!sql.contains(example), "{sql}");
    assert!(!sql.contains(&told), "{sql}");
}

#[test]
fn all_questions_come_as_statements_of_one_script() {
    let count = listed().len();
    let script = stdout(&Place::new().run("queries --all --examples --last 3"));
    assert_eq!(script.matches(";\n").count(), count);
    let documents = json(&Place::new().run("queries --all --examples --json"));
    assert_eq!(documents.as_array().unwrap().len(), count);
}

#[test]
fn mistakes_say_what_there_is() {
    let question = with_parameter();
    let (name, set) = (name(&question), &question["parameters"][0]["name"]);
    let set = set.as_str().unwrap();
    let without_last = &name[..name.len() - 1];
    for (words, hint) in [
        (format!("queries {without_last}"), name),
        (format!("queries {name} --set {set}_x=1"), set),
        (format!("queries {name} --set {set}"), "NAME=VALUE"),
        (format!("queries {name} --all"), "cannot be used with"),
        (format!("queries {name} --account 1"), "12 digits"),
        ("queries --last 3".to_owned(), "--all"),
        ("queries --examples".to_owned(), "--all"),
        ("queries incidents".to_owned(), "incident,"),
        ("queries --all --set nothing=1".to_owned(), set),
    ] {
        let output = Place::new().run(&words);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{words}: {said}");
        assert!(said.contains(hint), "{words}: {said}");
        assert!(output.stdout.is_empty(), "{words}");
    }
}

#[test]
fn dates_of_a_question_are_those_of_events() {
    let help = stdout(&Place::new().run("queries --help"));
    assert!(help.contains("First date of events"), "{help}");
    assert!(!help.contains("delivery"), "{help}");
}
