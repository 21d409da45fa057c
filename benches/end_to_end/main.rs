//! Whole processes against each other on generated CloudTrail: this program with all
//! threads, with one, and the naive converter of `naive.rs`.
//!
//! ```text
//! cargo bench --bench end_to_end                              # 100 MB of raw JSON
//! cargo bench --bench end_to_end -- --size 1GB --rounds 5
//! cargo bench --bench end_to_end -- --only naive
//! ```
//!
//! The set is generated once and kept under Cargo's target folder (`--fresh` makes it anew).
//! Runs alternate, medians are reported, and every output is counted against the
//! generator's truth, partition by partition. Megabytes are of uncompressed JSON. Files are
//! in the page cache; on a busy machine only the CPU columns mean something, and user time
//! more than their sum, since writing back the cache is billed to whoever writes.
//!
//! What is unfair, in favour of the naive converter:
//! - it knows one layout and one form of file, stops at the first bad one, and keeps no
//!   rejects, no ledger and no claim: it can be neither interrupted nor run again;
//! - its duplicates are those with a known eventID in memory, never compared or looked up in
//!   what is there already;
//! - it hashes no input, writes nulls for `additionalfields`, and its JSON text is
//!   re-serialised, so that a record cannot be rebuilt;
//! - it has no bloom filters and no small pages;
//! - it unpacks with zlib-rs like the whole build; with miniz_oxide, which `flate2` takes by
//!   default, it is slower.
//!
//! In favour of this program: it leaves flattened columns out of a file that has no value
//! for them, and packs a day of a lane into as few files as it can, where the naive one
//! writes one a lane, day of delivery and date.

// A benchmark is a program with a terminal.
#![allow(clippy::print_stdout)]

mod columns;
mod measure;
mod naive;
mod set;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand, ValueEnum};

use measure::{Usage, measure};
use set::Set;

/// The folder for generated input and for output; Cargo's, so that `cargo clean` ends it.
const FOLDER: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/end_to_end");

#[derive(Parser)]
struct Args {
    /// Passed by `cargo bench`; without it, as under `cargo test`, nothing is run
    #[arg(long, hide = true)]
    bench: bool,
    /// Raw JSON to convert, such as 100MB or 1GB
    #[arg(long, default_value = "100MB", value_parser = parse_size, env = "BENCH_SIZE")]
    size: u64,
    /// Runs of each tool
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Threads of each tool; the machine's by default
    #[arg(long)]
    threads: Option<usize>,
    /// Generate the input anew
    #[arg(long)]
    fresh: bool,
    /// Run one of the tools alone
    #[arg(long)]
    only: Option<Tool>,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What this program does when it starts itself.
#[derive(Subcommand)]
enum Role {
    #[command(hide = true)]
    Measure {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    #[command(hide = true)]
    Naive {
        source: PathBuf,
        dest: PathBuf,
        threads: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Tool {
    Cloudtrail2parquet,
    Naive,
}

/// One tool with a number of threads, and what its runs took.
struct Contestant {
    tool: Tool,
    threads: usize,
    runs: Vec<Usage>,
    output_bytes: u64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    match args.role {
        Some(Role::Measure { command }) => {
            println!("{}", serde_json::to_string(&measure::run(&command)?)?);
            Ok(())
        }
        Some(Role::Naive {
            source,
            dest,
            threads,
        }) => naive::convert(&source, &dest, threads),
        None if args.bench => compare(&args),
        None => Ok(()),
    }
}

fn compare(args: &Args) -> Result<()> {
    let folder = Path::new(FOLDER);
    let set = Set::of(args.size, folder, args.fresh)?;
    println!(
        "{} raw objects, {:.1} MB of JSON, {:.1} MB of gzip, {} rounds",
        set.facts.objects,
        megabytes(set.facts.uncompressed_bytes),
        megabytes(set.facts.delivered_bytes),
        args.rounds
    );
    let threads = args
        .threads
        .unwrap_or(std::thread::available_parallelism()?.get());
    let mut contestants: Vec<Contestant> = [
        (Tool::Naive, threads),
        (Tool::Cloudtrail2parquet, threads),
        (Tool::Cloudtrail2parquet, 1),
    ]
    .into_iter()
    .filter(|(tool, _)| args.only.is_none_or(|only| only == *tool))
    .map(|(tool, threads)| Contestant {
        tool,
        threads,
        runs: Vec::new(),
        output_bytes: 0,
    })
    .collect();
    let dest = folder.join("out");
    for _ in 0..args.rounds.max(1) {
        for contestant in &mut contestants {
            if dest.exists() {
                fs::remove_dir_all(&dest)?;
            }
            contestant
                .runs
                .push(measure(&contestant.command(&set.source, &dest)?)?);
            contestant.output_bytes = set.check(&dest)?;
        }
    }
    report(&contestants, &set);
    Ok(())
}

impl Contestant {
    fn command(&self, source: &Path, dest: &Path) -> Result<Vec<String>> {
        let text = |path: &Path| path.display().to_string();
        let threads = self.threads.to_string();
        Ok(match self.tool {
            Tool::Cloudtrail2parquet => vec![
                env!("CARGO_BIN_EXE_cloudtrail2parquet").to_owned(),
                "convert".to_owned(),
                text(source),
                text(dest),
                "--threads".to_owned(),
                threads,
            ],
            Tool::Naive => vec![
                text(&std::env::current_exe()?),
                "naive".to_owned(),
                text(source),
                text(dest),
                threads,
            ],
        })
    }

    fn median<T: Ord + Copy>(&self, of: impl Fn(&Usage) -> T) -> Option<T> {
        let mut values: Vec<T> = self.runs.iter().map(of).collect();
        values.sort();
        values.get(values.len() / 2).copied()
    }

    fn seconds(&self, of: impl Fn(&Usage) -> Duration) -> f64 {
        self.median(of).unwrap_or_default().as_secs_f64()
    }
}

fn report(contestants: &[Contestant], set: &Set) {
    let raw = megabytes(set.facts.uncompressed_bytes);
    println!(
        "{:<20}{:>8}{:>9}{:>9}{:>9}{:>12}{:>10}{:>11}{:>9}",
        "tool",
        "threads",
        "wall s",
        "user s",
        "CPU s",
        "MB/CPU-s",
        "peak MiB",
        "output MB",
        "of gzip"
    );
    for contestant in contestants {
        let cpu = contestant.seconds(Usage::cpu);
        println!(
            "{:<20}{:>8}{:>9.2}{:>9.2}{:>9.2}{:>12.1}{:>10.0}{:>11.1}{:>9.2}",
            format!("{:?}", contestant.tool).to_lowercase(),
            contestant.threads,
            contestant.seconds(|run| run.wall),
            contestant.seconds(|run| run.user),
            cpu,
            raw / cpu,
            contestant.median(|run| run.peak).unwrap_or_default() as f64 / (1 << 20) as f64,
            megabytes(contestant.output_bytes),
            contestant.output_bytes as f64 / set.facts.delivered_bytes as f64,
        );
    }
    if let [naive, ours, ours_alone] = contestants {
        println!(
            "MB per CPU-second: {:.2} x the naive converter's; {} threads: {:.2} x one",
            naive.seconds(Usage::cpu) / ours.seconds(Usage::cpu),
            ours.threads,
            ours_alone.seconds(|run| run.wall) / ours.seconds(|run| run.wall),
        );
    }
}

/// The files under `folder` whose name ends in `.extension`, in order.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with(&format!(".{extension}")) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn parse_size(text: &str) -> Result<u64> {
    let digits = text.trim_end_matches(|unit: char| unit.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..).unwrap_or_default() {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        unit => bail!("unknown unit: {unit}"),
    };
    Ok(digits.parse::<u64>()? * unit)
}
