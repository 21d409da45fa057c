//! A record written into a file, and read back.

use arrow::array::{Array, ArrayRef, AsArray as _, RecordBatch};
use arrow::util::display::array_value_to_string;
use cloudtrail2parquet::cloudtrail::{Limits, read_document};
use cloudtrail2parquet::table::{
    EncodeOptions, FlattenedColumn, ObjectRows, Objects, Schema, encode, records, same_record,
    shred,
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::io::Cursor;
use std::sync::Arc;

pub(crate) const TIME: &str = r#""eventTime":"2024-05-01T12:00:00Z""#;

pub(crate) fn shred_text(schema: &Schema, text: &str) -> ObjectRows {
    let limits = Limits::of(1 << 20);
    let document = read_document(text.as_bytes(), limits).unwrap();
    let latest = "2024-06-01T00:00:00Z".parse().unwrap();
    shred(schema, document, "day/file.json", latest, limits).unwrap()
}

/// One record as a row of a file, and checked to be rebuilt from it.
pub(crate) struct Written {
    batch: RecordBatch,
}

impl Written {
    pub(crate) fn new(members: &str) -> Self {
        Self::with(&[], members)
    }

    pub(crate) fn with(extra: &[&str], members: &str) -> Self {
        let extra: Vec<_> = extra
            .iter()
            .map(|p| FlattenedColumn::new(p).unwrap())
            .collect();
        let schema = Schema::new(&extra).unwrap();
        let record = format!("{{{TIME},{members}}}").replace(",}", "}");
        let rows = shred_text(&schema, &record);
        assert_eq!(rows.rejects().len(), 0);
        let objects = Objects::new([Arc::new(rows)]);
        let refs = [objects.row_ref(0, 0)];
        let file = encode(&schema, &objects, &refs, &EncodeOptions::default()).unwrap();
        let rebuilt = futures::executor::block_on(records(Cursor::new(file.clone()))).unwrap();
        assert!(
            same_record(&record, &rebuilt[0]),
            "{record}\n{}",
            rebuilt[0]
        );
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let batch = reader.build().unwrap().next().unwrap().unwrap();
        Self { batch }
    }

    pub(crate) fn array(&self, path: &str) -> Option<ArrayRef> {
        let mut parts = path.split('.');
        let mut array = Arc::clone(self.batch.column_by_name(parts.next().unwrap())?);
        for part in parts {
            if array.is_null(0) {
                return None;
            }
            array = Arc::clone(array.as_struct().column_by_name(part).unwrap());
        }
        Some(array)
    }

    /// The value of a column, of which a path names a member; `None` for NULL, or if the
    /// file has no such column.
    pub(crate) fn get(&self, path: &str) -> Option<String> {
        let array = self.array(path)?;
        if array.is_null(0) {
            return None;
        }
        match array.as_string_opt::<i32>() {
            Some(texts) => Some(texts.value(0).to_owned()),
            None => Some(array_value_to_string(&array, 0).unwrap()),
        }
    }

    pub(crate) fn has(&self, column: &str) -> bool {
        self.batch.column_by_name(column).is_some()
    }

    pub(crate) fn additional(&self) -> Option<String> {
        self.get("additionalfields")
    }
}
