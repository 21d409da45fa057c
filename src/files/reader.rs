//! A store's object as a Parquet file.

use crate::store::{Store, StoreError};
use bytes::Bytes;
use futures::future::{BoxFuture, try_join_all};
use futures::{FutureExt, TryFutureExt};
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use std::{ops::Range, sync::Arc};

/// A file up to this size is fetched in one piece: its footer and columns are so close that
/// one request is cheaper than several.
const WHOLE: u64 = 1 << 20;

/// The same for a look-up where a round trip takes long: one is a chain of six requests and more.
const WHOLE_FOR_LOOKUP: u64 = 8 << 20;

/// Ranges with at most so many bytes between them are fetched as one: a request takes longer than
/// these bytes do.
const GAP: u64 = 256 << 10;

/// Reads ranges of one Parquet object.
#[derive(Clone)]
pub(crate) struct FileReader {
    store: Store,
    key: String,
    size: u64,
    /// Up to this size the file is fetched in one piece.
    whole_up_to: u64,
    whole: Option<Bytes>,
}

impl FileReader {
    /// A reader of the object at `key`, which has `size` bytes.
    pub(crate) fn new(store: &Store, key: &str, size: u64) -> Self {
        Self {
            store: store.clone(),
            key: key.to_owned(),
            size,
            whole_up_to: WHOLE,
            whole: None,
        }
    }

    /// A reader for look-ups, whose clones fetch nothing again where the file is small enough.
    pub(crate) async fn for_lookup(store: &Store, key: &str, size: u64) -> Result<Self> {
        let mut reader = Self::new(store, key, size);
        if !store.is_local() {
            reader.whole_up_to = WHOLE_FOR_LOOKUP;
        }
        if size <= reader.whole_up_to {
            reader.fetch_whole().await?;
        }
        Ok(reader)
    }

    async fn fetch(&mut self, range: Range<u64>) -> Result<Bytes> {
        self.check(&range)?;
        if self.size > self.whole_up_to {
            return self.fetch_range(range).await;
        }
        part(&self.fetch_whole().await?, 0, &range)
    }

    async fn fetch_whole(&mut self) -> Result<Bytes> {
        let whole = match &self.whole {
            Some(whole) => whole.clone(),
            None => self.store.get(&self.key).await.map_err(failed)?,
        };
        self.whole = Some(whole.clone());
        Ok(whole)
    }

    /// A damaged footer may name any range: no store is asked for what cannot be there.
    fn check(&self, range: &Range<u64>) -> Result<()> {
        if range.start > range.end || range.end > self.size {
            return Err(too_short());
        }
        Ok(())
    }

    async fn fetch_range(&self, range: Range<u64>) -> Result<Bytes> {
        let fetched = self.store.get_range(&self.key, range).await;
        fetched.map_err(failed)
    }

    /// The ranges of a file that is not fetched whole: those that lie close together by one request,
    /// all requests at once.
    async fn fetch_ranges(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        ranges.iter().try_for_each(|range| self.check(range))?;
        let joined = joined(ranges);
        let pieces = joined.iter().map(|range| self.fetch_range(range.clone()));
        let pieces = try_join_all(pieces).await?;
        let parts = ranges.iter().map(|range| {
            let at = joined.partition_point(|piece| piece.start <= range.start) - 1;
            part(&pieces[at], joined[at].start, range)
        });
        parts.collect()
    }
}

/// A range of a file, of which the bytes from `start` on are here.
fn part(bytes: &Bytes, start: u64, range: &Range<u64>) -> Result<Bytes> {
    let (from, to) = ((range.start - start) as usize, (range.end - start) as usize);
    if to > bytes.len() {
        return Err(too_short());
    }
    Ok(bytes.slice(from..to))
}

/// The ranges in order, as one where they lie close together.
fn joined(ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable_by_key(|range| range.start);
    let mut joined: Vec<Range<u64>> = Vec::new();
    for range in sorted {
        match joined.last_mut() {
            Some(last) if range.start <= last.end + GAP => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

fn failed(error: StoreError) -> ParquetError {
    ParquetError::External(Box::new(error))
}

fn too_short() -> ParquetError {
    ParquetError::EOF("the file is shorter than its footer says".into())
}

impl AsyncFileReader for FileReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        self.fetch(range).boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        async move {
            if self.size > self.whole_up_to {
                return self.fetch_ranges(&ranges).await;
            }
            let mut parts = Vec::with_capacity(ranges.len());
            for range in ranges {
                parts.push(self.fetch(range).await?);
            }
            Ok(parts)
        }
        .boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        let size = self.size;
        ParquetMetaDataReader::new()
            .load_and_finish(self, size)
            .map_ok(Arc::new)
            .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ranges_of_a_large_file_come_in_the_order_asked_for_by_few_requests() {
        let store = Store::memory();
        let bytes: Bytes = (0..(3 << 20)).map(|at: u32| (at % 251) as u8).collect();
        let put = store.put_if_absent("file", bytes.clone()).await;
        assert!(put.is_ok());
        let mut reader = FileReader::new(&store, "file", bytes.len() as u64);
        let far = 2 << 20;
        let ranges = vec![
            far..far + 9,
            10..20,
            0..5,
            15..40,
            far + 100..far + 100,
            7..7,
        ];
        let before = store.calls().gets;
        let parts = reader.get_byte_ranges(ranges.clone()).await.unwrap();
        assert_eq!(store.calls().gets - before, 2);
        for (range, part) in ranges.iter().zip(parts) {
            assert_eq!(
                part,
                bytes[range.start as usize..range.end as usize],
                "{range:?}"
            );
        }
    }

    #[tokio::test]
    async fn no_store_is_asked_for_a_range_that_cannot_be_there() {
        let store = Store::memory();
        let mut reader = FileReader::new(&store, "file", 2 << 20);
        let outside = (2 << 20)..(2 << 20) + 1;
        let wrong = Range { start: 5, end: 4 };
        for range in [outside, wrong] {
            let refused = reader.get_byte_ranges(vec![0..1, range]).await;
            assert!(matches!(refused, Err(ParquetError::EOF(_))));
        }
    }
}
