//! The command `sample`.

use crate::cli::numbers::{count, parse_size, size};
use crate::cli::output::ResultArgs;
use crate::cli::text::Text;
use anyhow::Context as _;
use clap::Args;
use cloudtrail2parquet::sample::{SampleOptions, Truth, generate};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Arguments of `sample`.
#[derive(Debug, Args)]
pub(crate) struct SampleArgs {
    /// The folder to write into
    dest: PathBuf,
    /// About how much to write, uncompressed
    #[arg(long, value_name = "BYTES", default_value = "10MiB", value_parser = parse_size)]
    size: u64,
    /// The same number gives the same logs
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many accounts, 012345678901 first
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    accounts: u32,
    /// How many regions each has, us-east-1 first
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=MAX_REGIONS))]
    regions: u32,
    /// How many days, from 2024-05-01
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    days: u32,
    /// An organisation's shape: SIZE falls on one lane in ten; the others see 1 to 20 events a day
    #[arg(long)]
    tiny_lanes: bool,
    /// The form of the result
    #[command(flatten)]
    result: ResultArgs,
}

const MAX_REGIONS: i64 = SampleOptions::MAX_REGIONS as i64;

pub(crate) fn run(args: &SampleArgs) -> anyhow::Result<()> {
    let options = SampleOptions {
        seed: args.seed,
        uncompressed_bytes: args.size,
        accounts: args.accounts,
        regions: args.regions,
        days: args.days,
        tiny_lanes: args.tiny_lanes,
        ..SampleOptions::default()
    };
    let truth = generate(&options, |key, bytes| write_file(&args.dest, key, bytes))
        .with_context(|| format!("cannot write into {}", args.dest.display()))?;
    args.result
        .print(|| Ok(document(&truth)), || text(&truth, &args.dest))
}

fn write_file(root: &Path, key: &str, bytes: &[u8]) -> io::Result<()> {
    let path = root.join(key);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes)
}

fn text(truth: &Truth, folder: &Path) -> Text {
    let mut text = Text::default();
    text.line(format!(
        "{} files with {} records ({} of them repeats) in {}: {}, {} uncompressed",
        count(truth.objects),
        count(truth.records),
        count(truth.duplicates),
        folder.display(),
        size(truth.delivered_bytes),
        size(truth.uncompressed_bytes)
    ));
    text
}

fn document(truth: &Truth) -> Value {
    json!({
        "objects": truth.objects,
        "records": truth.records,
        "rows": truth.rows,
        "duplicates": truth.duplicates,
        "delivered_bytes": truth.delivered_bytes,
        "uncompressed_bytes": truth.uncompressed_bytes,
    })
}
