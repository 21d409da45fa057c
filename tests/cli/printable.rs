//! Names that would forge log lines, colour a terminal or turn text around: shown, not obeyed.

use crate::support::{Place, event, json, stderr, stdout};
use std::process::Output;

/// A file name that is a line of its own, red, and reads backwards.
const NAME: &str = "x\nERROR forged \u{1b}[31mred\u{202e}\u{9b}\u{2028}.json.gz";
const SHOWN: &str = r"x\u{a}ERROR forged \u{1b}[31mred\u{202e}\u{9b}\u{2028}.json.gz";

fn is_unprintable(c: char) -> bool {
    c.is_control()
        || "\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}"
            .contains(c)
}

/// Sees that nothing but newlines acts on a terminal, and gives the lines of both outputs.
fn lines(output: &Output) -> Vec<String> {
    let text = stdout(output) + &stderr(output);
    let acting = text.chars().find(|c| *c != '\n' && is_unprintable(*c));
    assert_eq!(acting, None, "{text:?}");
    text.lines().map(str::to_owned).collect()
}

fn with_unreadable_object() -> Place {
    let place = Place::new();
    place.write(&format!("logs/{NAME}"), [0x1f, 0x8b, 0, 0]);
    place
}

#[test]
fn an_unread_object_of_a_forging_name_is_one_escaped_line() {
    let output = with_unreadable_object().run("convert logs table");
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let lines = lines(&output);
    let naming = lines.iter().filter(|line| line.contains("ERROR forged"));
    let naming: Vec<_> = naming.collect();
    assert_eq!(naming.len(), 1, "{lines:#?}");
    assert!(naming[0].contains(SHOWN), "{naming:?}");
    assert!(naming[0].contains("WARN"), "{naming:?}");
}

#[test]
fn a_forging_name_in_json_log_lines_is_escaped_and_reads_back() {
    let output = with_unreadable_object().run("convert logs table --log-format json --json");
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    lines(&output);
    let said = stderr(&output);
    let objects = said.lines().map(serde_json::from_str::<serde_json::Value>);
    let messages = objects.map(|line| line.unwrap()["message"].to_string());
    let naming = messages.filter(|message| message.contains("ERROR forged"));
    let naming: Vec<_> = naming.collect();
    assert_eq!(naming.len(), 1, "{said}");
    let message: String = serde_json::from_str(&naming[0]).unwrap();
    assert!(message.contains(NAME), "{message:?}");
}

#[test]
fn a_forging_folder_is_escaped_in_the_summary_the_status_and_their_documents() {
    let place = Place::new();
    let folder = "CloudTrail-\u{1b}[2J\u{202e}\nrows        9";
    let key = format!("logs/AWSLogs/012345678901/{folder}/us-east-1/2024/05/01/a.json.gz");
    place.write(&key, "{}");
    let good = event("e1", "111122223333", "2024-05-01T00:00:00Z");
    place.write("logs/a.json", good);
    for words in [
        "status logs table",
        "convert logs table --dry-run",
        "convert logs table",
    ] {
        let text = lines(&place.run(words));
        assert!(
            !text.iter().any(|line| line == "rows        9"),
            "{text:#?}"
        );
        let output = place.run(&format!("{words} --json"));
        lines(&output);
        assert!(json(&output).is_object(), "{words}");
    }
}

#[test]
fn a_forging_argument_is_escaped_in_what_is_said_of_it() {
    let place = Place::new();
    for arguments in [
        vec!["convert", NAME, "table"],
        vec!["convert", "logs", "table", "--account", NAME],
        vec!["convert", "logs", "table", "--shard", NAME],
        vec![NAME],
        vec!["queries", NAME],
    ] {
        let output = place.command("").args(&arguments).output().unwrap();
        assert_ne!(output.status.code(), Some(0), "{arguments:?}");
        let lines = lines(&output);
        assert!(
            !lines.iter().any(|line| line.starts_with("ERROR forged")),
            "{lines:#?}"
        );
    }
}

#[test]
fn sql_is_never_printed_other_than_it_is_meant() {
    let place = Place::new();
    let output = place
        .command("queries user-activity --set")
        .arg("user=a\u{202e}b")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
    let ddl = |form: &str| {
        let mut command = place.command("table ddl --dialect duckdb");
        command.arg("lake\u{202e}").args(form.split_whitespace());
        command.output().unwrap()
    };
    let text = ddl("");
    assert_eq!(text.status.code(), Some(2), "{}", stdout(&text));
    assert!(stderr(&text).contains("--json"), "{}", stderr(&text));
    let sql = json(&ddl("--json"))["ddl"].as_str().unwrap().to_owned();
    assert!(sql.contains("lake\u{202e}"), "{sql}");
}
