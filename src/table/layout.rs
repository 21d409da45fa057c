//! How a file is laid out: encodings, statistics, indexes and filters, each where it pays
//! for its bytes.

use parquet::basic::{Compression as Codec, Encoding, GzipLevel, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::{ColumnPath, SchemaDescriptor};

use super::columns::{EVENT_TIMESTAMP, json_columns};
use super::compression::Compression;
use super::row_order::{RowOrder, may_be_missing};

/// Rows of a row group, at most: engines that read min/max of row groups alone prune at this
/// grain.
pub(super) const GROUP_ROWS: usize = 16_000;

/// JSON bytes of a row group: no column of it can reach the 2 GiB of an Arrow array.
pub(super) const GROUP_BYTES: usize = 256 << 20;

/// How finely a reader can skip what is in a file, by its page index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pages {
    /// From this many rows a file has a page index.
    index_rows: usize,
    /// Rows of a page, at most: with few, what 200 columns have of pages outweighs what is skipped.
    rows: usize,
    /// Rows of a page in the columns that queries filter by.
    filtered_rows: usize,
    /// Bytes of a page, before they are compressed.
    bytes: usize,
}

/// Pages of a file that is merged one day.
pub(super) const PASSING_PAGES: Pages = Pages {
    index_rows: INDEX_ROWS,
    rows: 4_000,
    filtered_rows: 4_000,
    bytes: 1 << 20,
};

/// Pages of a file that is to stay: it is read often, and written once.
pub(super) const LASTING_PAGES: Pages = Pages {
    index_rows: 4_000,
    rows: GROUP_ROWS,
    filtered_rows: 1_000,
    bytes: 64 << 10,
};

/// From this many rows a file has dictionaries.
const DICTIONARY_ROWS: usize = 16;

/// From this many rows a file has statistics of its row groups.
const STATISTICS_ROWS: usize = 200;

/// From this many rows a file has a bloom filter of its event ids, which spare the search
/// for duplicates the column itself.
const EVENT_ID_ROWS: usize = 1_000;

/// From this many rows a file has all bloom filters. It has about three megabytes then, and Trino
/// reads smaller ones whole.
const INDEX_ROWS: usize = 16_000;

/// Columns whose values seldom repeat: a dictionary of them would only be built to be dropped.
const UNIQUE: [&str; 5] = [
    "eventid",
    "requestid",
    "sharedeventid",
    "requestparameters_key",
    "responseelements_credentials_accesskeyid",
];

/// The time of a row as text, and as a number.
const TIMES: [&str; 2] = ["eventtime", EVENT_TIMESTAMP.0];

/// The one JSON text of which whole values repeat often enough for a dictionary.
const REPEATED_JSON: &str = "requestparameters";

/// Columns where a needle is sought.
const NEEDLES: [&str; 4] = [
    "eventid",
    "useridentity_accesskeyid",
    "useridentity_arn",
    "sourceipaddress",
];

/// Columns with statistics of each page: what queries filter by, and the sort clusters. Pages
/// of the other columns are skipped by the rows that these leave.
const PAGED: [&str; 11] = [
    "eventsource",
    "eventname",
    "eventtime",
    "eventtimestamp",
    "errorcode",
    "sourceipaddress",
    "useridentity_arn",
    "useridentity_accesskeyid",
    "useridentity_principalid",
    "useridentity_username",
    "useridentity_sessioncontext_sessionissuer_arn",
];

/// The share of row groups that a bloom filter lets through in vain.
const FALSE_POSITIVES: f64 = 0.01;

/// The properties of a file whose rows have these times, in its order.
pub(super) fn properties(
    schema: &SchemaDescriptor,
    times: Vec<i64>,
    order: RowOrder,
    compression: Compression,
    pages: Pages,
) -> WriterProperties {
    let rows = times.len();
    let has_index = rows >= pages.index_rows;
    let statistics = if rows < STATISTICS_ROWS {
        EnabledStatistics::None
    } else {
        EnabledStatistics::Chunk
    };
    let mut properties = WriterProperties::builder()
        .set_compression(codec(compression))
        .set_dictionary_enabled(rows >= DICTIONARY_ROWS)
        .set_statistics_enabled(statistics)
        .set_offset_index_disabled(!has_index)
        .set_data_page_row_count_limit(if has_index { pages.rows } else { GROUP_ROWS })
        .set_data_page_size_limit(pages.bytes)
        .set_column_index_truncate_length(Some(32))
        .set_statistics_truncate_length(Some(64));
    for name in UNIQUE {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(name), false);
    }
    if !repeat(times) {
        for name in TIMES {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(name), false);
        }
    }
    // Least and greatest say nothing of what is in a JSON text.
    for name in json_columns() {
        let none = EnabledStatistics::None;
        properties = properties.set_column_statistics_enabled(ColumnPath::from(&*name), none);
        if name != REPEATED_JSON {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(name), false);
        }
    }
    if has_index {
        for name in PAGED {
            let (page, name) = (EnabledStatistics::Page, ColumnPath::from(name));
            properties = properties
                .set_column_statistics_enabled(name.clone(), page)
                .set_column_data_page_row_count_limit(name, pages.filtered_rows);
        }
    }
    for name in NEEDLES {
        if rows >= INDEX_ROWS || (rows >= EVENT_ID_ROWS && name == "eventid") {
            let values = GROUP_ROWS.min(rows) as u64;
            properties = properties
                .set_column_bloom_filter_fpp(ColumnPath::from(name), FALSE_POSITIVES)
                .set_column_bloom_filter_max_ndv(ColumnPath::from(name), values);
        }
    }
    if compression == Compression::Zstd {
        properties = delta_encoded(properties);
    }
    if rows > 1 {
        properties = properties.set_sorting_columns(Some(sorting(schema, order)));
    }
    properties.build()
}

/// Whether a third of the values repeats another of its row group: with fewer, a dictionary and the
/// numbers of its entries are larger than the values.
fn repeat(mut values: Vec<i64>) -> bool {
    let rows = values.len();
    let different = values.chunks_mut(GROUP_ROWS).map(|group| {
        group.sort_unstable();
        group.chunk_by(|one, next| one == next).count()
    });
    different.sum::<usize>() * 3 <= rows * 2
}

/// Times by their differences: sorted, they are close together. Readers that know Zstandard know
/// this too; with the other codecs a file has only what every reader has.
fn delta_encoded(properties: WriterPropertiesBuilder) -> WriterPropertiesBuilder {
    let times = ColumnPath::from(EVENT_TIMESTAMP.0);
    properties
        .set_column_dictionary_enabled(times.clone(), false)
        .set_column_encoding(times, Encoding::DELTA_BINARY_PACKED)
}

fn sorting(schema: &SchemaDescriptor, order: RowOrder) -> Vec<SortingColumn> {
    let position = |name| {
        let mut columns = schema.columns().iter();
        let position = columns.position(|column| column.path().string() == name);
        assert!(
            position.is_some() || may_be_missing(name),
            "{name} is in every file"
        );
        position
    };
    let columns = order.columns().filter_map(position);
    columns
        .map(|index| SortingColumn {
            column_idx: index as i32,
            descending: false,
            nulls_first: true,
        })
        .collect()
}

fn codec(compression: Compression) -> Codec {
    match compression {
        Compression::Snappy => Codec::SNAPPY,
        Compression::Zstd => Codec::ZSTD(ZstdLevel::default()),
        Compression::Gzip => Codec::GZIP(GzipLevel::default()),
        Compression::None => Codec::UNCOMPRESSED,
    }
}
