//! Running the program, and reading what it wrote.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::chunks::check_chunks;
use arrow::array::{Array, StringArray, TimestampMillisecondArray};
use assert_cmd::Command;
use cloudtrail2parquet::sample::{SampleOptions, Truth, generate};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use tempfile::TempDir;

/// `account/region/date` → the event ids of its rows, in order, and their number.
pub(crate) type Table = BTreeMap<String, Vec<String>>;

/// The program, without what this environment would change.
pub(crate) fn program() -> Command {
    let mut command = Command::cargo_bin("cloudtrail2parquet").unwrap();
    for name in [
        "AWS_BATCH_JOB_ARRAY_INDEX",
        "AWS_BATCH_JOB_ARRAY_SIZE",
        "RUST_LOG",
    ] {
        command.env_remove(name);
    }
    command
}

/// A folder that goes with the test: raw logs in `logs`, the table in `table`.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A place with a sample of a megabyte.
    pub(crate) fn with_sample() -> (Self, Truth) {
        Self::with(&SampleOptions {
            uncompressed_bytes: 1_000_000,
            ..SampleOptions::default()
        })
    }

    pub(crate) fn with(options: &SampleOptions) -> (Self, Truth) {
        let place = Self::new();
        let truth = generate(options, |key, bytes| {
            place.write(&format!("logs/{key}"), bytes);
            Ok::<_, std::io::Error>(())
        });
        (place, truth.unwrap())
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub(crate) fn write(&self, below: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The program, run in this folder with these words.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = program();
        command
            .current_dir(self.folder.path())
            .args(words.split_whitespace());
        command
    }

    pub(crate) fn run(&self, words: &str) -> Output {
        self.command(words).output().unwrap()
    }

    /// Runs `convert logs table --json` with further words; the exit code must be this one.
    pub(crate) fn convert(&self, words: &str, code: i32) -> Value {
        let output = self.run(&format!("convert logs table --json {words}"));
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        json(&output)
    }

    pub(crate) fn table(&self) -> Table {
        table(&self.path("table"))
    }

    /// What a conversion that nothing disturbs makes of the logs.
    pub(crate) fn undisturbed(&self) -> Table {
        let output = self.run("convert logs undisturbed --quiet");
        assert!(output.status.success(), "{}", stderr(&output));
        table(&self.path("undisturbed"))
    }
}

pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("standard output is one JSON document")
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Each file below a folder, with its bytes.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.clone(), fs::read(path).unwrap());
            }
        }
    }
    files
}

/// Reads the Parquet files below a folder, and sees that each row lies under its own date, and
/// each column is compressed as the folder's name says, or else Snappy.
pub(crate) fn table(folder: &Path) -> Table {
    let name = folder.file_name().unwrap().to_str().unwrap();
    let compression = name.parse().unwrap_or_default();
    let mut table = Table::new();
    for path in tree(folder).into_keys() {
        if path
            .extension()
            .is_none_or(|extension| extension != "parquet")
        {
            continue;
        }
        let partition = partition(path.strip_prefix(folder).unwrap());
        let date: Date = partition.rsplit('/').next().unwrap().parse().unwrap();
        let ids = table.entry(partition).or_default();
        check_chunks(std::fs::read(&path).unwrap().into(), compression);
        let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap();
        let columns = ["eventid", "eventtimestamp"];
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns);
        for batch in builder.with_projection(mask).build().unwrap() {
            let batch = batch.unwrap();
            let text = |name: &str| batch.column_by_name(name).unwrap().clone();
            let (id, time) = (text("eventid"), text("eventtimestamp"));
            let id: &StringArray = id.as_any().downcast_ref().unwrap();
            let time: &TimestampMillisecondArray = time.as_any().downcast_ref().unwrap();
            for row in 0..batch.num_rows() {
                let time = Timestamp::from_millisecond(time.value(row)).unwrap();
                assert_eq!(
                    time.to_zoned(TimeZone::UTC).date(),
                    date,
                    "{}",
                    path.display()
                );
                ids.push(if id.is_null(row) {
                    String::new()
                } else {
                    id.value(row).to_owned()
                });
            }
        }
    }
    table.values_mut().for_each(|ids| ids.sort());
    table
}

/// `account=…/region=…/date=…/name` → `account/region/date`.
fn partition(path: &Path) -> String {
    let parts = path.parent().unwrap().to_str().unwrap().split('/');
    let values = parts.zip(["account=", "region=", "date="]);
    let values: Vec<&str> = values
        .map(|(part, key)| part.strip_prefix(key).unwrap())
        .collect();
    values.join("/")
}

pub(crate) fn rows(table: &Table) -> u64 {
    table.values().map(|ids| ids.len() as u64).sum()
}

/// Rows by partition, as [`Truth`] counts them.
pub(crate) fn counts(table: &Table) -> BTreeMap<String, u64> {
    table
        .iter()
        .map(|(partition, ids)| (partition.clone(), ids.len() as u64))
        .collect()
}

pub(crate) fn expected(truth: &Truth) -> BTreeMap<String, u64> {
    let rows = truth.partitions.iter();
    rows.map(|((account, region, date), rows)| (format!("{account}/{region}/{date}"), *rows))
        .collect()
}

/// An event of an account, with a usable id and time.
pub(crate) fn event(id: &str, account: &str, time: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.08","eventID":"{id}","eventTime":"{time}","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1","recipientAccountId":"{account}"}}"#
    )
}

pub(crate) fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// A file or folder of real input, or none where it is not: then the test says that it was
/// skipped.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data")
        .join(name);
    if path.exists() {
        return Some(path);
    }
    say(&format!("SKIPPED: there is no ../shared/data/{name}"));
    None
}

/// Tells something that the test harness would keep to itself when a test passes.
pub(crate) fn say(what: &str) {
    let _ = writeln!(std::io::stderr(), "{what}");
}
