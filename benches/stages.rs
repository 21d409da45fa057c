//! How fast each stage of a conversion is, in bytes of raw JSON: gunzip, scan, shred, sort, build,
//! encode.
//!
//! `cargo bench --bench stages` measures; `cargo test` runs each stage once on a small corpus and
//! measures nothing.

#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::sync::Arc;

use cloudtrail2parquet::cloudtrail::{Document, Limits, for_each_record, gunzip, read_document};
use cloudtrail2parquet::sample::{SampleOptions, generate};
use cloudtrail2parquet::table::{
    EncodeOptions, Objects, RowRef, Schema, arrays, encode, shred, sort_rows,
};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

/// Raw JSON that is measured: about two row groups.
const MEASURED_BYTES: u64 = 50_000_000;

/// Raw JSON of a run that only shows that the stages work.
const TESTED_BYTES: u64 = 1_000_000;

fn limits() -> Limits {
    Limits::of(1 << 30)
}

/// Delivered objects of one lane and day.
fn corpus() -> Vec<Vec<u8>> {
    let is_measured = std::env::args().any(|argument| argument == "--bench");
    let options = SampleOptions {
        uncompressed_bytes: if is_measured {
            MEASURED_BYTES
        } else {
            TESTED_BYTES
        },
        accounts: 1,
        regions: 1,
        days: 1,
        ..SampleOptions::default()
    };
    let mut objects = Vec::new();
    let mut add = |_key: &str, bytes: &[u8]| {
        objects.push(bytes.to_vec());
        Ok::<(), ()>(())
    };
    generate(&options, &mut add).unwrap();
    objects
}

fn shred_all(schema: &Schema, documents: Vec<Document>) -> Objects {
    let latest = jiff::Timestamp::MAX;
    let source = "s3://bucket/key.json.gz";
    let shred = |document| shred(schema, document, source, latest, limits());
    let logs = documents
        .into_iter()
        .filter_map(|document| shred(document).ok());
    Objects::new(logs.map(Arc::new))
}

fn benches(criterion: &mut Criterion) {
    let schema = Schema::new(&[]).unwrap();
    let delivered = corpus();
    let read = |bytes: &Vec<u8>| read_document(bytes, limits()).ok();
    let documents: Vec<Document> = delivered.iter().filter_map(read).collect();
    let raw_bytes = documents
        .iter()
        .map(|document| document.uncompressed_bytes)
        .sum();
    let mut group = criterion.benchmark_group("stages");
    group
        .throughput(Throughput::Bytes(raw_bytes))
        .sample_size(10);
    group.bench_function("gunzip", |bencher| {
        bencher.iter(|| {
            for bytes in &delivered {
                black_box(gunzip(bytes, limits()).unwrap());
            }
        });
    });
    group.bench_function("scan", |bencher| {
        bencher.iter(|| {
            for document in &documents {
                // A digest file has no records.
                let scanned =
                    for_each_record(document, |scanner| Ok(scanner.skip().map(|_| ())?));
                let _ =
                    black_box::<Result<u64, cloudtrail2parquet::cloudtrail::Unreadable>>(scanned);
            }
        });
    });
    group.bench_function("shred", |bencher| {
        bencher.iter_batched(
            || documents.clone(),
            |documents| shred_all(&schema, documents),
            BatchSize::PerIteration,
        );
    });
    let objects = shred_all(&schema, documents);
    let mut rows: Vec<RowRef> = objects.row_refs().collect();
    assert!(!rows.is_empty());
    group.bench_function("sort", |bencher| {
        bencher.iter_batched(
            || rows.clone(),
            |mut rows| sort_rows(&objects, &mut rows),
            BatchSize::LargeInput,
        );
    });
    sort_rows(&objects, &mut rows);
    group.bench_function("build", |bencher| {
        bencher.iter(|| black_box(arrays(&schema, &objects, &rows).unwrap()));
    });
    group.bench_function("build and encode", |bencher| {
        bencher.iter(|| {
            black_box(encode(&schema, &objects, &rows, &EncodeOptions::default()).unwrap())
        });
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
