//! A store's object as a Parquet file.

use crate::store::{Store, StoreError};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, TryFutureExt};
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use std::{ops::Range, sync::Arc};

/// A file up to this size is fetched in one piece: its footer and columns are so close that
/// one request is cheaper than several.
const WHOLE: u64 = 1 << 20;

/// Reads ranges of one Parquet object.
pub(crate) struct FileReader {
    store: Store,
    key: String,
    size: u64,
    whole: Option<Bytes>,
}

impl FileReader {
    /// A reader of the object at `key`, which has `size` bytes.
    pub(crate) fn new(store: &Store, key: &str, size: u64) -> Self {
        Self {
            store: store.clone(),
            key: key.to_owned(),
            size,
            whole: None,
        }
    }

    async fn fetch(&mut self, range: Range<u64>) -> Result<Bytes> {
        let failed = |error: StoreError| ParquetError::External(Box::new(error));
        let too_short = || ParquetError::EOF("the file is shorter than its footer says".into());
        // A damaged footer may name any range: no store is asked for what cannot be there.
        if range.start > range.end || range.end > self.size {
            return Err(too_short());
        }
        if self.size > WHOLE {
            return self.store.get_range(&self.key, range).await.map_err(failed);
        }
        let whole = match &self.whole {
            Some(whole) => whole.clone(),
            None => self.store.get(&self.key).await.map_err(failed)?,
        };
        self.whole = Some(whole.clone());
        let (start, end) = (range.start as usize, range.end as usize);
        if end > whole.len() {
            return Err(too_short());
        }
        Ok(whole.slice(start..end))
    }
}

impl AsyncFileReader for FileReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        self.fetch(range).boxed()
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
