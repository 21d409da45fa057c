//! Records through the table and back: what goes in comes out, in files that are small.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use cloudtrail2parquet::cloudtrail::{Document, read_document};
use cloudtrail2parquet::table::{
    EncodeOptions, RowRef, Rows, Schema, encode, lane_of, records, same_record, shred, sort_rows,
};

fn schema() -> Schema {
    Schema::new(&[]).unwrap()
}

fn document(bytes: &[u8]) -> Document {
    read_document(bytes, 1 << 30).unwrap()
}

fn rows_of(schema: &Schema, bytes: &[u8]) -> Arc<Rows> {
    Arc::new(shred(schema, document(bytes), "file.json", jiff::Timestamp::MAX).unwrap())
}

fn all_rows(objects: &[Arc<Rows>]) -> Vec<RowRef> {
    let mut refs = Vec::new();
    for (object, rows) in (0..).zip(objects) {
        refs.extend((0..rows.len() as u32).map(|row| RowRef { object, row }));
    }
    refs
}

fn round_trip(schema: &Schema, objects: &[Arc<Rows>]) -> (Bytes, Vec<RowRef>, Vec<String>) {
    let mut rows = all_rows(objects);
    sort_rows(objects, &mut rows);
    let file = encode(schema, objects, &rows, &EncodeOptions::default()).unwrap();
    let rebuilt = futures::executor::block_on(records(Cursor::new(file.clone()))).unwrap();
    (file, rows, rebuilt)
}

fn assert_rebuilt(objects: &[Arc<Rows>], rows: &[RowRef], rebuilt: &[String]) {
    assert_eq!(rows.len(), rebuilt.len());
    for (row, rebuilt) in rows.iter().zip(rebuilt) {
        let delivered = objects[row.object as usize].record_text(row.row as usize);
        assert!(
            same_record(delivered, rebuilt),
            "delivered {delivered}\nrebuilt {rebuilt}"
        );
    }
}

fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if path.exists() {
        return Some(path);
    }
    println!("skipped: ../shared/data is absent");
    None
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.to_string_lossy().ends_with(".json.gz") {
            found.push(path);
        }
    }
}

#[test]
fn every_shape_is_rebuilt_from_its_row() {
    let Some(data) = shared() else { return };
    let schema = schema();
    let bytes = std::fs::read(data.join("shapes.ndjson.gz")).unwrap();
    let objects = [rows_of(&schema, &bytes)];
    let rejects: Vec<_> = objects[0]
        .rejects()
        .iter()
        .map(|r| (r.index, &r.reason))
        .collect();
    println!("{} rows, rejects {rejects:?}", objects[0].len());
    let (_, rows, rebuilt) = round_trip(&schema, &objects);
    assert_rebuilt(&objects, &rows, &rebuilt);
}

#[test]
fn real_data_is_rebuilt_and_small_in_partitions_of_a_day() {
    let Some(data) = shared() else { return };
    let schema = schema();
    let mut paths = Vec::new();
    files(&data.join("real"), &mut paths);
    let mut gzip_bytes = 0;
    let mut objects = Vec::new();
    for path in &paths {
        let bytes = std::fs::read(path).unwrap();
        gzip_bytes += bytes.len();
        objects.push(rows_of(&schema, &bytes));
    }
    let mut partitions: BTreeMap<_, Vec<RowRef>> = BTreeMap::new();
    for row in all_rows(&objects) {
        let (rows, at) = (&objects[row.object as usize], row.row as usize);
        let lane = lane_of(
            rows.recipient_account(at),
            rows.identity_account(at),
            rows.aws_region(at),
        );
        let date = rows.row(at).unwrap().date;
        partitions.entry((lane, date)).or_default().push(row);
    }
    let mut parquet_bytes = 0;
    for rows in partitions.values_mut() {
        sort_rows(&objects, rows);
        let file = encode(&schema, &objects, rows, &EncodeOptions::default()).unwrap();
        parquet_bytes += file.len();
        if std::env::var("SIZES").is_ok() {
            let gz: usize = rows.len();
            println!("{gz} rows {} bytes", file.len());
        }
        let rebuilt = futures::executor::block_on(records(Cursor::new(file))).unwrap();
        assert_rebuilt(&objects, rows, &rebuilt);
    }
    let ratio = parquet_bytes as f64 / gzip_bytes as f64;
    println!(
        "{} files, {} partitions, {gzip_bytes} bytes gzip, {parquet_bytes} bytes Parquet: {ratio:.3}",
        paths.len(),
        partitions.len()
    );
    assert!(ratio <= 1.25, "{ratio}");
}

fn size_of(schema: &Schema, objects: &[Arc<Rows>], rows: std::ops::Range<usize>) -> usize {
    let rows = rows.map(|row| RowRef {
        object: 0,
        row: row as u32,
    });
    let mut rows: Vec<RowRef> = rows.collect();
    sort_rows(objects, &mut rows);
    encode(schema, objects, &rows, &EncodeOptions::default())
        .unwrap()
        .len()
}

#[test]
fn a_file_of_one_small_event_is_at_most_12_kb_and_of_five_18_kb() {
    let Some(data) = shared() else { return };
    let schema = schema();
    let bytes = std::fs::read(data.join("shapes.ndjson.gz")).unwrap();
    let objects = [rows_of(&schema, &bytes)];
    let mut largest = 0;
    let is_small = |row: usize| objects[0].record_text(row).len() <= 1_500;
    for row in (0..objects[0].len()).filter(|row| is_small(*row)) {
        largest = largest.max(size_of(&schema, &objects, row..row + 1));
    }
    let mut largest_of_five = 0;
    for first in (0..objects[0].len() - 5).step_by(5) {
        if (first..first + 5).all(is_small) {
            largest_of_five = largest_of_five.max(size_of(&schema, &objects, first..first + 5));
        }
    }
    println!("one event: {largest}; five: {largest_of_five}");
    assert!(largest <= 12_000, "{largest}");
    assert!(largest_of_five <= 18_000, "{largest_of_five}");
}
