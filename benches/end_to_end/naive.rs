//! The yardstick: the converter that a competent engineer writes in a day.
//!
//! One `serde_json::Value` a record, one look along each column's path, Arrow arrays,
//! `ArrowWriter` with its defaults and Snappy, `rayon` over files and over lane-days. It
//! writes the same columns into the same partitions in the same order, but see the main
//! file for what it leaves out.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use arrow::array::RecordBatch;
use arrow::compute::{SortColumn, concat_batches, lexsort_to_indices, take_record_batch};
use arrow::datatypes::SchemaRef;
use flate2::bufread::MultiGzDecoder;
use jiff::Timestamp;
use jiff::civil::Date;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use rayon::prelude::*;
use serde_json::Value;

use crate::columns::Columns;

/// The raw objects that one lane got on one day.
struct LaneDay {
    account: String,
    region: String,
    delivered: String,
    paths: Vec<PathBuf>,
}

/// Converts the folder `source` into Parquet under `dest`.
pub(crate) fn convert(source: &Path, dest: &Path, threads: usize) -> Result<()> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()?;
    let columns = Columns::new()?;
    let lanes = lanes(source)?;
    pool.install(|| {
        lanes.par_iter().try_for_each(|days| {
            let seen = Mutex::new(HashSet::new());
            days.par_iter()
                .try_for_each(|day| convert_day(day, source, dest, &columns, &seen))
        })
    })
}

/// The lanes under `source`, each day by day.
fn lanes(source: &Path) -> Result<Vec<Vec<LaneDay>>> {
    let mut lanes: BTreeMap<(String, String), BTreeMap<String, Vec<PathBuf>>> = BTreeMap::new();
    for path in crate::files(source, "json.gz")? {
        let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
        let [.., account, folder, region, year, month, day, _] = parts.as_slice() else {
            continue;
        };
        if matches!(*folder, "CloudTrail-Digest" | "CloudTrail-Aggregated") {
            continue;
        }
        let lane = ((*account).to_owned(), (*region).to_owned());
        let days = lanes.entry(lane).or_default();
        days.entry(format!("{year}-{month}-{day}"))
            .or_default()
            .push(path.clone());
    }
    let days_of = |((account, region), days): ((String, String), BTreeMap<_, _>)| {
        let day = |(delivered, paths)| LaneDay {
            account: account.clone(),
            region: region.clone(),
            delivered,
            paths,
        };
        days.into_iter().map(day).collect()
    };
    Ok(lanes.into_iter().map(days_of).collect())
}

fn convert_day(
    day: &LaneDay,
    source: &Path,
    dest: &Path,
    columns: &Columns,
    seen: &Mutex<HashSet<String>>,
) -> Result<()> {
    let batches: Vec<Vec<(Date, RecordBatch)>> = day
        .paths
        .par_iter()
        .map(|path| read(path, source, columns, seen).with_context(|| path.display().to_string()))
        .collect::<Result<_>>()?;
    let mut dates: BTreeMap<Date, Vec<RecordBatch>> = BTreeMap::new();
    for (date, batch) in batches.into_iter().flatten() {
        dates.entry(date).or_default().push(batch);
    }
    for (date, batches) in dates {
        let (account, region) = (&day.account, &day.region);
        let folder = dest.join(format!("account={account}/region={region}/date={date}"));
        fs::create_dir_all(&folder)?;
        write(
            &folder.join(format!("{}.parquet", day.delivered)),
            columns.schema(),
            &batches,
        )?;
    }
    Ok(())
}

/// The rows of one raw object by the date of the event, without those seen before.
fn read(
    path: &Path,
    source: &Path,
    columns: &Columns,
    seen: &Mutex<HashSet<String>>,
) -> Result<Vec<(Date, RecordBatch)>> {
    let mut text = Vec::new();
    MultiGzDecoder::new(BufReader::new(File::open(path)?)).read_to_end(&mut text)?;
    let mut document: Value = serde_json::from_slice(&text)?;
    let Some(Value::Array(records)) = document.get_mut("Records").map(Value::take) else {
        anyhow::bail!("no Records");
    };
    let mut dates: BTreeMap<Date, (Vec<Value>, Vec<i64>)> = BTreeMap::new();
    for record in records {
        if let Some(id) = record["eventID"].as_str()
            && !seen.lock().is_ok_and(|mut seen| seen.insert(id.to_owned()))
        {
            continue;
        }
        let time: Timestamp = record["eventTime"]
            .as_str()
            .context("no eventTime")?
            .parse()?;
        let date = time.to_zoned(jiff::tz::TimeZone::UTC).date();
        let (records, times) = dates.entry(date).or_default();
        records.push(record);
        times.push(time.as_millisecond());
    }
    let source_file = path.strip_prefix(source)?.to_string_lossy();
    dates
        .into_iter()
        .map(|(date, (records, times))| Ok((date, columns.batch(&records, times, &source_file)?)))
        .collect()
}

fn write(path: &Path, schema: SchemaRef, batches: &[RecordBatch]) -> Result<()> {
    let batch = concat_batches(&schema, batches)?;
    let keys = ["eventsource", "eventname", "eventtime"].map(|name| {
        let values = Arc::clone(batch.column_by_name(name)?);
        Some(SortColumn {
            values,
            options: None,
        })
    });
    let keys: Vec<SortColumn> = keys.into_iter().flatten().collect();
    let sorted = take_record_batch(&batch, &lexsort_to_indices(&keys, None)?)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    let mut writer = ArrowWriter::try_new(File::create(path)?, schema, Some(properties))?;
    writer.write(&sorted)?;
    writer.close()?;
    Ok(())
}
