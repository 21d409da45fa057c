//! What one Parquet object costs a scan.

use std::ops::Range;

use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::page_index::offset_index::OffsetIndexMetaData;

use super::fetch::{footer_bytes, is_read_whole, merged_bytes};
use super::filter::Filter;
use super::prune::{Known, Lookups, Rows, both, touches};
use super::scan::Scan;
use crate::files::Footer;
use crate::lane::Partition;

/// A Parquet object of the table, as far as its footer tells.
pub(super) struct File<'a> {
    /// The partition columns and their values.
    partition: [(&'static str, String); 3],
    size: u64,
    footer: &'a Footer,
    /// One a row group.
    lookups: &'a [Lookups],
    /// The path of each column.
    paths: Vec<String>,
}

/// Bytes that a scan reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// Chunks of its columns in the row groups that min/max leaves.
    pub(super) chunks: u64,
    /// The same, if bloom filters are heeded too.
    pub(super) with_bloom: u64,
    /// The same, if the page index is heeded too: pages instead of chunks.
    pub(super) with_pages: u64,
    /// What a Trino reader fetches.
    pub(super) fetched: u64,
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.chunks += other.chunks;
        self.with_bloom += other.with_bloom;
        self.with_pages += other.with_pages;
        self.fetched += other.fetched;
    }
}

impl<'a> File<'a> {
    /// The file of `size` bytes in `partition`, with what was looked up of each row group.
    pub(super) fn new(
        partition: &Partition,
        size: u64,
        footer: &'a Footer,
        lookups: &'a [Lookups],
    ) -> Self {
        let columns = footer.metadata.file_metadata().schema_descr().columns();
        Self {
            partition: [
                ("account", partition.lane.account.to_string()),
                ("region", partition.lane.region.to_string()),
                ("date", partition.date.to_string()),
            ],
            size,
            footer,
            lookups,
            paths: columns
                .iter()
                .map(|column| column.path().string())
                .collect(),
        }
    }

    /// What the scan reads of the file.
    pub(super) fn cost(&self, scan: &Scan) -> Cost {
        let mut cost = Cost::default();
        if !self.is_asked(scan) {
            return cost;
        }
        let columns: Vec<usize> = self.columns(scan).collect();
        let mut fetched = Vec::new();
        for (number, group) in self.footer.metadata.row_groups().iter().enumerate() {
            if !self.min_max_leave(group, scan) {
                continue;
            }
            let chunks = || {
                columns
                    .iter()
                    .filter_map(|&at| Some((at, group.columns().get(at)?)))
            };
            let bytes: u64 = chunks().map(|(_, chunk)| chunk.byte_range().1).sum();
            cost.chunks += bytes;
            let lookups = self.lookups.get(number);
            if !lookups.is_none_or(|lookups| lookups.blooms_leave(&scan.filters)) {
                continue;
            }
            cost.with_bloom += bytes;
            let rows = self.rows_left(number, group, scan);
            if rows.is_empty() {
                continue;
            }
            let is_fetched =
                lookups.is_none_or(|lookups| lookups.dictionaries_leave(&scan.filters));
            for (at, chunk) in chunks() {
                let ranges = self.page_ranges(number, at, group, chunk, &rows);
                let bytes = ranges.iter().map(|range| range.end - range.start);
                cost.with_pages += bytes.sum::<u64>();
                if is_fetched {
                    fetched.extend(ranges);
                }
            }
        }
        cost.fetched = if is_read_whole(self.size) {
            self.size
        } else {
            footer_bytes(self.size, self.footer.bytes) + merged_bytes(fetched)
        };
        cost
    }

    /// Whether the file is in a partition that the scan asks for.
    fn is_asked(&self, scan: &Scan) -> bool {
        scan.filters.iter().all(|filter| {
            let value = self
                .partition
                .iter()
                .find(|(name, _)| *name == filter.column);
            value.is_none_or(|(_, value)| Known::exactly(value).may_pass(&filter.any))
        })
    }

    /// The columns that the scan reads: those that it names, and all inside of those.
    fn columns(&self, scan: &Scan) -> impl Iterator<Item = usize> {
        let is_read = |path: &str| {
            scan.columns.iter().any(|column| {
                let rest = path.strip_prefix(column.as_str());
                let within = |rest: &str| rest.is_empty() || rest.starts_with('.');
                column.is_empty() || rest.is_some_and(within)
            })
        };
        let paths = self.paths.iter().enumerate();
        paths
            .filter(move |(_, path)| is_read(path))
            .map(|(at, _)| at)
    }

    /// The place of a filter's column.
    fn position(&self, filter: &Filter) -> Option<usize> {
        self.paths.iter().position(|path| *path == filter.column)
    }

    fn min_max_leave(&self, group: &RowGroupMetaData, scan: &Scan) -> bool {
        scan.filters.iter().all(|filter| {
            let chunk = self.position(filter).and_then(|at| group.columns().get(at));
            chunk.is_none_or(|chunk| {
                let values = u64::try_from(chunk.num_values()).unwrap_or_default();
                Known::of_chunk(chunk.statistics(), values).may_pass(&filter.any)
            })
        })
    }

    /// The rows that the page index leaves.
    fn rows_left(&self, number: usize, group: &RowGroupMetaData, scan: &Scan) -> Rows {
        let all = u64::try_from(group.num_rows()).unwrap_or_default();
        let mut left: Rows = std::iter::once(0..all).collect();
        for filter in &scan.filters {
            let rows = self.position(filter).and_then(|at| {
                let metadata = &self.footer.metadata;
                let index = metadata.page_index()?.column_index(number, at)?;
                let pages = self.offsets(number, at)?;
                // The index of a chunk without statistics of its pages is empty.
                if index.num_pages() != pages.page_locations().len() as u64 {
                    return None;
                }
                let pages = page_rows(pages, all).into_iter().enumerate();
                let left = pages.filter(|(page, rows)| {
                    Known::of_page(index, *page, rows.end - rows.start).may_pass(&filter.any)
                });
                Some(left.map(|(_, rows)| rows).collect::<Rows>())
            });
            if let Some(rows) = rows {
                left = both(&left, &rows);
            }
        }
        left
    }

    fn offsets(&self, group: usize, column: usize) -> Option<&OffsetIndexMetaData> {
        self.footer
            .metadata
            .page_index()?
            .offset_index(group, column)
    }

    /// The bytes of a chunk that hold some of the rows: its dictionary and those pages, or all
    /// of it if every page has some.
    fn page_ranges(
        &self,
        number: usize,
        at: usize,
        group: &RowGroupMetaData,
        chunk: &ColumnChunkMetaData,
        rows: &Rows,
    ) -> Vec<Range<u64>> {
        let (start, length) = chunk.byte_range();
        let whole = std::iter::once(start..start + length).collect();
        let Some(offsets) = self.offsets(number, at) else {
            return whole;
        };
        let all = u64::try_from(group.num_rows()).unwrap_or_default();
        let locations = offsets.page_locations();
        let needed: Vec<Range<u64>> = page_rows(offsets, all)
            .into_iter()
            .zip(locations)
            .filter(|(page, _)| touches(page, rows))
            .map(|(_, page)| {
                let start = u64::try_from(page.offset).unwrap_or_default();
                start..start + u64::try_from(page.compressed_page_size).unwrap_or_default()
            })
            .collect();
        if needed.len() == locations.len() {
            return whole;
        }
        let first_page = locations
            .first()
            .and_then(|page| u64::try_from(page.offset).ok());
        let dictionary = first_page
            .map(|end| start..end)
            .filter(|range| !range.is_empty());
        dictionary.into_iter().chain(needed).collect()
    }
}

/// The rows of each page.
fn page_rows(offsets: &OffsetIndexMetaData, all: u64) -> Rows {
    let first = |page: usize| {
        let page = offsets.page_locations().get(page);
        page.map_or(all, |page| {
            u64::try_from(page.first_row_index).unwrap_or_default()
        })
    };
    let pages = 0..offsets.page_locations().len();
    pages.map(|page| first(page)..first(page + 1)).collect()
}
