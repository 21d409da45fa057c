//! How fast records are taken apart, sorted and encoded, in bytes of raw JSON.

#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::sync::Arc;

use cloudtrail2parquet::cloudtrail::{Document, Limits, read_document};
use cloudtrail2parquet::sample::{SampleOptions, generate};
use cloudtrail2parquet::table::{EncodeOptions, Objects, RowRef, Schema, encode, shred, sort_rows};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

/// Raw JSON of the corpus: about two row groups.
const RAW_BYTES: u64 = 50_000_000;

fn limits() -> Limits {
    Limits::of(1 << 30)
}

fn corpus() -> Vec<Document> {
    let options = SampleOptions {
        uncompressed_bytes: RAW_BYTES,
        accounts: 1,
        regions: 1,
        days: 1,
        ..SampleOptions::default()
    };
    let mut documents = Vec::new();
    let mut add = |_key: &str, bytes: &[u8]| {
        documents.extend(read_document(bytes, limits()).ok());
        Ok::<(), ()>(())
    };
    generate(&options, &mut add).unwrap();
    documents
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
    let documents = corpus();
    let raw_bytes = documents
        .iter()
        .map(|document| document.uncompressed_bytes)
        .sum();
    let mut group = criterion.benchmark_group("table");
    group
        .throughput(Throughput::Bytes(raw_bytes))
        .sample_size(10);
    group.bench_function("shred", |bencher| {
        bencher.iter_batched(
            || documents.clone(),
            |documents| shred_all(&schema, documents),
            BatchSize::PerIteration,
        );
    });
    let objects = shred_all(&schema, documents);
    let mut rows: Vec<RowRef> = objects.row_refs().collect();
    group.bench_function("sort", |bencher| {
        bencher.iter_batched(
            || rows.clone(),
            |mut rows| sort_rows(&objects, &mut rows),
            BatchSize::LargeInput,
        );
    });
    sort_rows(&objects, &mut rows);
    group.bench_function("build and encode", |bencher| {
        bencher.iter(|| {
            black_box(encode(&schema, &objects, &rows, &EncodeOptions::default()).unwrap())
        });
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
