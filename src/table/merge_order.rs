//! The order of the rows of several files.

use arrow::array::{Array, AsArray, StringArray, TimestampMillisecondArray};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;
use rustc_hash::FxHashMap;

use super::columns::EVENT_TIMESTAMP;
use super::read::{ReadError, mask};
use super::row_order::{RowOrder, may_be_missing};

/// A row of one of several files. Places sort by time first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// NULL is before all.
    time: i64,
    file: u32,
    row: u32,
}

impl Place {
    /// Its eventtimestamp.
    pub(super) fn time(self) -> i64 {
        self.time
    }

    /// The number of its file.
    pub(super) fn file(self) -> usize {
        self.file as usize
    }

    /// Its number in the file.
    pub(super) fn row(self) -> usize {
        self.row as usize
    }
}

/// Every row of every file in this order, then by file and place.
pub(super) fn places(files: &[Bytes], order: RowOrder) -> Result<Vec<Place>, ReadError> {
    let mut keys = KeyedRows::default();
    for (number, file) in (0..).zip(files) {
        keys.add(number, file, order.names())?;
    }
    Ok(keys.sorted())
}

/// Whether the rows of a file are taken one after another.
pub(super) fn is_ascending(places: &[Place], file: usize) -> bool {
    places
        .iter()
        .filter(|place| place.file() == file)
        .is_sorted_by_key(|place| place.row)
}

#[derive(Default)]
struct KeyedRows {
    /// Names of rows, numbered as they are met.
    names: FxHashMap<Box<[u8]>, u32>,
    /// With the number of their names.
    rows: Vec<(u32, Place)>,
}

impl KeyedRows {
    fn add(&mut self, number: u32, file: &Bytes, by: &[&str]) -> Result<(), ReadError> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file.clone())?;
        let is_key = |name: &str| by.contains(&name) || name == EVENT_TIMESTAMP.0;
        let columns = mask(builder.parquet_schema(), is_key);
        let mut row = 0;
        let mut names = Vec::new();
        for batch in builder.with_projection(columns).build()? {
            let batch = batch.map_err(ParquetError::from)?;
            let texts = by.iter().map(|name| match batch.column_by_name(name) {
                Some(texts) => Ok(Some(texts.as_string_opt().ok_or(ReadError::NoKey)?)),
                None if may_be_missing(name) => Ok(None),
                None => Err(ReadError::NoKey),
            });
            let texts: Vec<Option<&StringArray>> = texts.collect::<Result<_, ReadError>>()?;
            let times = batch.column_by_name(EVENT_TIMESTAMP.0);
            let times = times.and_then(|times| times.as_primitive_opt());
            let times: &TimestampMillisecondArray = times.ok_or(ReadError::NoKey)?;
            for at in 0..batch.num_rows() {
                spell(&texts, at, &mut names);
                let time = match times.is_valid(at) {
                    true => times.value(at),
                    false => i64::MIN,
                };
                let file = number;
                let place = Place { time, file, row };
                let number = self.number_of(&names);
                self.rows.push((number, place));
                row += 1;
            }
        }
        Ok(())
    }

    fn number_of(&mut self, names: &[u8]) -> u32 {
        let next = self.names.len() as u32;
        match self.names.get(names) {
            Some(number) => *number,
            None => *self.names.entry(names.into()).or_insert(next),
        }
    }

    fn sorted(mut self) -> Vec<Place> {
        // There are fewer names than rows: these are compared, the rows' are not.
        let mut names: Vec<(Box<[u8]>, u32)> = self.names.into_iter().collect();
        names.sort_unstable();
        let mut ranks = vec![0; names.len()];
        for (rank, (_, number)) in (0_u32..).zip(names) {
            ranks[number as usize] = rank;
        }
        for (number, _) in &mut self.rows {
            *number = ranks[*number as usize];
        }
        self.rows.sort_unstable();
        self.rows.into_iter().map(|(_, place)| place).collect()
    }
}

/// The names of a row as bytes that sort as they do; NULL comes first.
fn spell(texts: &[Option<&StringArray>], row: usize, names: &mut Vec<u8>) {
    names.clear();
    for text in texts {
        let text = text.filter(|text| text.is_valid(row));
        names.push(u8::from(text.is_some()));
        names.extend(text.map_or(&[][..], |text| text.value(row).as_bytes()));
        names.push(0);
    }
}
