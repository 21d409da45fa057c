//! What the program says about itself.

use crate::support::{Place, stderr, stdout};
use std::collections::BTreeSet;

/// Each command and its own options. An option stands only where it does something: what a
/// command does not have it refuses.
const COMMANDS: &[(&str, &str)] = &[
    (
        "convert",
        "dry-run table keep-duplicates retry-rejects accept-unread give-up give-up-missing \
         allow-empty compact revive digests digest-keys max-object-size account-of-unknown unwrap columns compression threads memory json metrics from to last account region shard plan include exclude catalog-id projection-account register-partitions \
         endpoint-url path-style requester-pays source-bucket-owner dest-bucket-owner sse-kms-key-id",
    ),
    (
        "status",
        "all lag problems json from to last account region include exclude endpoint-url path-style requester-pays \
         source-bucket-owner dest-bucket-owner",
    ),
    (
        "verify",
        "level digests digest-keys threads memory json from to last account region include exclude endpoint-url path-style \
         requester-pays source-bucket-owner dest-bucket-owner",
    ),
    (
        "restore",
        "where-event-id where-access-key where-ip rejects threads memory json from to last account \
         region endpoint-url path-style dest-bucket-owner sse-kms-key-id",
    ),
    (
        "compact",
        "dry-run target-size columns compression threads memory shard json from to last account \
         region endpoint-url path-style dest-bucket-owner sse-kms-key-id",
    ),
    (
        "rewrite",
        "dry-run columns compression threads memory shard json from to last account region \
         endpoint-url path-style dest-bucket-owner sse-kms-key-id",
    ),
    (
        "expire",
        "before dry-run json account region endpoint-url path-style dest-bucket-owner \
         sse-kms-key-id",
    ),
    (
        "plan",
        "parts json from to last account region include exclude endpoint-url path-style requester-pays \
         source-bucket-owner sse-kms-key-id",
    ),
    ("table", ""),
    (
        "table register",
        "table columns compression json catalog-id projection-account register-partitions \
         endpoint-url path-style dest-bucket-owner",
    ),
    (
        "table ddl",
        "table dialect columns compression json projection-account endpoint-url path-style \
         dest-bucket-owner",
    ),
    ("table view", "table view json"),
    ("table columns", "columns markdown json"),
    (
        "queries",
        "all dialect table set examples json from to last account region",
    ),
    (
        "savings",
        "set columns json from to last account region endpoint-url path-style dest-bucket-owner",
    ),
    ("sample", "size seed accounts regions days tiny-lanes json"),
    ("completions", ""),
];

/// Those of every command.
const EVERYWHERE: &str = "quiet verbose log-format help version";

fn help(command: &str) -> String {
    let output = Place::new().run(&format!("{command} --help"));
    assert!(output.status.success(), "{command}");
    stdout(&output)
}

/// The commands that the help of a command lists, and theirs.
fn commands(of: &str) -> Vec<String> {
    let help = help(of);
    let Some((_, list)) = help.split_once("\nCommands:\n") else {
        return Vec::new();
    };
    let names = list
        .lines()
        .take_while(|line| line.starts_with("  "))
        .filter(|line| !line.starts_with("    "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help");
    names
        .flat_map(|name| {
            let path = format!("{of} {name}").trim_start().to_owned();
            let below = commands(&path);
            [path].into_iter().chain(below)
        })
        .collect()
}

/// The options of a command, as its help has them.
fn options(command: &str) -> BTreeSet<String> {
    let help = help(command);
    // A value of an option has a line of its own, as `- athena: …`.
    let lines = help.lines().map(str::trim_start);
    let options = lines
        .filter(|line| line.starts_with('-') && !line.starts_with("- "))
        .filter_map(|line| line.split_once("--"))
        .filter_map(|(_, name)| name.split([' ', ',']).next())
        .map(str::to_owned);
    options.collect()
}

#[test]
fn every_command_is_listed_here_and_has_the_options_that_act_on_it_alone() {
    let listed: Vec<&str> = COMMANDS.iter().map(|(command, _)| *command).collect();
    assert_eq!(commands(""), listed);
    for (command, own) in COMMANDS {
        let words = own.split_whitespace().chain(EVERYWHERE.split_whitespace());
        let expected: BTreeSet<String> = words.map(str::to_owned).collect();
        assert_eq!(options(command), expected, "{command}");
    }
}

#[test]
fn every_command_has_help_that_begins_with_what_it_does() {
    for command in commands("") {
        let help = help(&command);
        assert!(
            help.contains(&format!("Usage: cloudtrail2parquet {command} ")),
            "{command}: {help}"
        );
        let first = help.lines().next().unwrap();
        assert!(
            first.starts_with(char::is_uppercase) && !first.ends_with('.'),
            "{command}: {first}"
        );
    }
}

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let help = help("");
    for code in [
        "0 done",
        "1 failed",
        "2 wrong usage",
        "3 done",
        "130",
        "143",
    ] {
        assert!(help.contains(code), "{code}: {help}");
    }
}

#[test]
fn the_help_of_convert_puts_options_under_what_they_are_about() {
    let help = help("convert");
    let at = |word: &str| {
        help.find(word)
            .unwrap_or_else(|| panic!("{word} is not in:\n{help}"))
    };
    let order = [
        "\nOptions:",
        "--dry-run",
        "--columns",
        "--threads",
        "--memory",
        "\nRange:",
        "--last",
        "--shard",
        "\nGlue:",
        "--projection-account",
        "\nS3:",
        "--requester-pays",
    ];
    for pair in order.windows(2) {
        assert!(at(pair[0]) < at(pair[1]), "{pair:?}\n{help}");
    }
}

#[test]
fn completions_are_made_for_each_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = Place::new().run(&format!("completions {shell}"));
        assert!(output.status.success(), "{shell}");
        assert!(stdout(&output).contains("cloudtrail2parquet"), "{shell}");
    }
    let output = Place::new().run("completions bash");
    assert!(stdout(&output).contains(r#"compgen -W "snappy zstd gzip none""#));
}

#[test]
fn each_command_has_a_manual_page() {
    let place = Place::new();
    let output = place.run("man pages");
    assert!(output.status.success(), "{}", stderr(&output));
    for command in commands("") {
        let name = command.replace(' ', "-");
        let page = place.path(&format!("pages/cloudtrail2parquet-{name}.1"));
        let page = std::fs::read_to_string(&page).unwrap_or_else(|_| panic!("{command}"));
        assert!(page.contains("SYNOPSIS"), "{command}");
    }
    let page = std::fs::read_to_string(place.path("pages/cloudtrail2parquet.1")).unwrap();
    for section in [".SH EXAMPLES\n.nf\n", ".SH EXIT STATUS\n.nf\n"] {
        assert!(page.contains(section), "{section}");
    }
}
