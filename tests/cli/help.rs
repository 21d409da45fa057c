//! What the program says about itself.

use crate::support::{Place, stdout};

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let help = stdout(&Place::new().run("--help"));
    for word in [
        "convert",
        "status",
        "table",
        "queries",
        "sample",
        "completions",
        "Exit codes:",
        "143",
    ] {
        assert!(help.contains(word), "{word}: {help}");
    }
}

#[test]
fn the_help_of_convert_puts_options_under_what_they_are_about() {
    let help = stdout(&Place::new().run("convert --help"));
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
fn every_command_has_help() {
    for words in [
        "convert",
        "status",
        "table",
        "table register",
        "table ddl",
        "table view",
        "table columns",
        "queries",
        "sample",
        "completions",
    ] {
        let output = Place::new().run(&format!("{words} --help"));
        assert!(output.status.success(), "{words}");
        assert!(
            stdout(&output).contains("Usage: cloudtrail2parquet"),
            "{words}"
        );
    }
}

#[test]
fn completions_are_made_for_each_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = Place::new().run(&format!("completions {shell}"));
        assert!(output.status.success(), "{shell}");
        assert!(stdout(&output).contains("cloudtrail2parquet"), "{shell}");
    }
}
