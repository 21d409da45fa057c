//! Runs that are stopped, politely or not, and what the next run makes of them.

use crate::support::{Place, counts, expected, say, stderr};
use cloudtrail2parquet::sample::SampleOptions;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// Many lanes, so that there are many claims to be stopped between.
fn sample(uncompressed_bytes: u64) -> SampleOptions {
    SampleOptions {
        uncompressed_bytes,
        accounts: 8,
        regions: 5,
        ..SampleOptions::default()
    }
}

fn start(place: &Place, dest: &str) -> Child {
    Command::new(assert_cmd::cargo::cargo_bin("cloudtrail2parquet"))
        .current_dir(place.path(""))
        .args(["convert", "logs", dest, "--threads", "1"])
        .env_remove("AWS_BATCH_JOB_ARRAY_INDEX")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Starts a conversion and sends the signal when it has begun to write.
fn interrupt(place: &Place, signal: &str) -> Output {
    let child = start(place, "table");
    let begun = Instant::now();
    while !place.path("table/_ledger/format-2").exists() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "the conversion does not begin"
        );
        thread::sleep(Duration::from_millis(2));
    }
    let sent = Command::new("kill")
        .args([&format!("-{signal}"), &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    child.wait_with_output().unwrap()
}

fn is_stopped_cleanly_by(signal: &str, code: i32) {
    let (place, truth) = Place::with(&sample(20_000_000));
    let sent = Instant::now();
    let output = interrupt(&place, signal);
    assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
    assert!(sent.elapsed() < Duration::from_secs(60));
    assert!(stderr(&output).contains("stopping"), "{}", stderr(&output));
    let summary = place.convert("", 0);
    assert!(
        summary["objects"].as_u64().unwrap() > 0,
        "it was over before the signal came"
    );
    assert_eq!(counts(&place.table()), expected(&truth));
    assert!(place.table() == place.undisturbed());
}

#[test]
fn sigterm_ends_a_conversion_with_143_and_the_next_run_completes_it() {
    is_stopped_cleanly_by("TERM", 143);
}

#[test]
fn sigint_ends_a_conversion_with_130_and_the_next_run_completes_it() {
    is_stopped_cleanly_by("INT", 130);
}

/// `KILLS` sets how many; each table is killed at, five times, then finished.
#[test]
fn kill_9_at_random_times_loses_and_doubles_nothing() {
    let kills: u32 = env::var("KILLS").map_or(20, |kills| kills.parse().unwrap());
    let (place, truth) = Place::with(&sample(3_000_000));
    let begun = Instant::now();
    let undisturbed = place.undisturbed();
    let whole = begun.elapsed();
    let (mut landed, mut last) = (0, 0);
    for kill in 0..kills {
        let dest = format!("killed-{}", kill / 5);
        let mut child = start(&place, &dest);
        let random = getrandom::u32().unwrap();
        thread::sleep(whole.mul_f64(f64::from(random) / f64::from(u32::MAX)));
        landed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        last = kill / 5;
    }
    say(&format!(
        "{landed} of {kills} kills came before the run was over"
    ));
    for table in 0..=last {
        let dest = format!("killed-{table}");
        let output = place.run(&format!("convert logs {dest} --quiet"));
        assert!(output.status.success(), "{}", stderr(&output));
        let table = crate::support::table(&place.path(&dest));
        assert_eq!(counts(&table), expected(&truth), "{dest}");
        assert!(table == undisturbed, "{dest} holds other events");
        let again = place.run(&format!("convert logs {dest}"));
        assert!(crate::support::stdout(&again).contains("Nothing new"));
        fs::remove_dir_all(place.path(&dest)).unwrap();
    }
}
