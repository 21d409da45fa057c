//! The order of the rows of several files.

use arrow::array::{Array, AsArray, StringArray};
use arrow::datatypes::TimestampMillisecondType;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;
use rustc_hash::FxHashMap;

use super::columns::EVENT_TIMESTAMP;
use super::read::{ReadError, mask};

/// What rows are sorted by, but for their time.
const NAMES: [&str; 2] = ["eventsource", "eventname"];

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

/// Every row of every file, by eventsource, eventname and eventtimestamp, then by file and place.
pub(super) fn order(files: &[Bytes]) -> Result<Vec<Place>, ReadError> {
    let mut keys = KeyedRows::default();
    for (number, file) in (0..).zip(files) {
        keys.add(number, file)?;
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
    /// Pairs of names, numbered as they are met.
    names: FxHashMap<Box<[u8]>, u32>,
    /// With the number of their names.
    rows: Vec<(u32, Place)>,
}

impl KeyedRows {
    fn add(&mut self, number: u32, file: &Bytes) -> Result<(), ReadError> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file.clone())?;
        let is_key = |name: &str| NAMES.contains(&name) || name == EVENT_TIMESTAMP.0;
        let columns = mask(builder.parquet_schema(), is_key);
        let mut row = 0;
        let mut pair = Vec::new();
        for batch in builder.with_projection(columns).build()? {
            let batch = batch.map_err(ParquetError::from)?;
            let column = |name| batch.column_by_name(name).ok_or(ReadError::NoKey);
            let text = |name| column(name)?.as_string_opt::<i32>().ok_or(ReadError::NoKey);
            let names = [text(NAMES[0])?, text(NAMES[1])?];
            let times = column(EVENT_TIMESTAMP.0)?.as_primitive_opt::<TimestampMillisecondType>();
            let times = times.ok_or(ReadError::NoKey)?;
            for at in 0..batch.num_rows() {
                spell(&names, at, &mut pair);
                let time = match times.is_valid(at) {
                    true => times.value(at),
                    false => i64::MIN,
                };
                let file = number;
                let place = Place { time, file, row };
                let names = self.number_of(&pair);
                self.rows.push((names, place));
                row += 1;
            }
        }
        Ok(())
    }

    fn number_of(&mut self, pair: &[u8]) -> u32 {
        let next = self.names.len() as u32;
        match self.names.get(pair) {
            Some(number) => *number,
            None => *self.names.entry(pair.into()).or_insert(next),
        }
    }

    fn sorted(mut self) -> Vec<Place> {
        // There are few pairs of names: these are compared, the rows' are not.
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

/// Both names of a row as bytes that sort as they do; NULL comes first.
fn spell(names: &[&StringArray; 2], row: usize, pair: &mut Vec<u8>) {
    pair.clear();
    for name in names {
        pair.push(u8::from(name.is_valid(row)));
        if name.is_valid(row) {
            pair.extend(name.value(row).as_bytes());
        }
        pair.push(0);
    }
}
