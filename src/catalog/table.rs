//! The table of a run: what it is to be, and what every one of ours has in common.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::account_projection::AccountProjection;
use super::name::TableName;

/// The property that marks a table as ours, and the version of what these modules write:
/// a program that meets a higher one leaves the table alone.
pub const MARK: &str = "cloudtrail2parquet.format";
/// The value of [`MARK`] that this program writes. It is no program version, so that two
/// releases over one table do not overwrite each other's mark every night.
pub const FORMAT: u32 = 1;

pub(super) const TABLE_TYPE: &str = "EXTERNAL_TABLE";
pub(super) const INPUT_FORMAT: &str =
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat";
pub(super) const OUTPUT_FORMAT: &str =
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat";
pub(super) const SERDE: &str = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe";
pub(super) const SERDE_PARAMETER: (&str, &str) = ("serialization.format", "1");
/// Athena's DDL sets this one by itself.
pub(super) const EXTERNAL: &str = "EXTERNAL";

/// A column of the table, without the partition keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogColumn {
    /// Lower case.
    pub name: String,
    /// Hive's type, such as `array<string>`.
    pub glue_type: String,
    /// Shown by the catalog; 255 characters at most.
    pub comment: String,
}

/// What the table is to be, by what one run knows.
#[derive(Debug, Clone)]
pub struct TableSpec {
    /// Database and table.
    pub name: TableName,
    /// `s3://bucket/prefix/`
    pub location: String,
    /// In table order.
    pub columns: Vec<CatalogColumn>,
    /// Accounts that have files.
    pub accounts: BTreeSet<String>,
    /// Regions that have files.
    pub regions: BTreeSet<String>,
    /// The date of the first event, if there is any.
    pub first_date: Option<Date>,
    /// Today in UTC.
    pub today: Date,
    /// How accounts are projected.
    pub account_projection: AccountProjection,
    /// What `parquet.compression` says: SNAPPY, ZSTD, GZIP or UNCOMPRESSED. It informs;
    /// readers go by the files, which may differ from each other.
    pub compression: String,
    /// The account that owns the catalog, if not the caller's.
    pub catalog_id: Option<String>,
}

impl TableSpec {
    /// The partition keys, outermost first.
    pub fn partition_keys() -> [CatalogColumn; 3] {
        let key = |name: &str, comment: &str| CatalogColumn {
            name: name.to_owned(),
            glue_type: "string".to_owned(),
            comment: comment.to_owned(),
        };
        [
            key("account", "Account that the log was delivered for"),
            key("region", "Region that the log was delivered for"),
            key("date", "UTC date of the event, yyyy-MM-dd"),
        ]
    }
}
