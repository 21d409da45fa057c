//! The table that a destination's files make.

use jiff::civil::Date;

use super::account_projection::AccountProjection;
use super::name::TableName;
use super::table::{CatalogColumn, TableSpec};
use crate::files::Contents;
use crate::table::{Compression, Schema};

/// How a table is made, besides what its files hold.
#[derive(Debug, Clone)]
pub struct TableOptions {
    /// How accounts are projected.
    pub account_projection: AccountProjection,
    /// What files are written with from now on.
    pub compression: Compression,
    /// The account that owns the catalog, if not the caller's.
    pub catalog_id: Option<String>,
    /// Today in UTC.
    pub today: Date,
}

impl TableSpec {
    /// The table of what `contents` says that `location` holds.
    pub fn of(
        name: TableName,
        location: String,
        contents: &Contents,
        schema: &Schema,
        options: TableOptions,
    ) -> Self {
        Self {
            name,
            location,
            columns: CatalogColumn::of(schema),
            accounts: contents.accounts.iter().map(ToString::to_string).collect(),
            regions: contents.regions.iter().map(ToString::to_string).collect(),
            first_date: contents.first_date(),
            today: options.today,
            account_projection: options.account_projection,
            compression: hive_codec(options.compression).to_owned(),
            catalog_id: options.catalog_id,
        }
    }
}

impl CatalogColumn {
    /// The columns as the catalog has them.
    pub fn of(schema: &Schema) -> Vec<Self> {
        let columns = schema.columns().iter().map(|column| Self {
            name: column.name.clone(),
            glue_type: column.glue_type.clone(),
            comment: column.comment.clone(),
        });
        columns.collect()
    }
}

/// What Hive's table property calls it.
fn hive_codec(compression: Compression) -> &'static str {
    match compression {
        Compression::Snappy => "SNAPPY",
        Compression::Zstd => "ZSTD",
        Compression::Gzip => "GZIP",
        Compression::None => "UNCOMPRESSED",
    }
}
