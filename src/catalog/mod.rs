//! The Glue table: what Athena and Trino need to know about the Parquet files.

mod account_projection;
mod ddl;
mod difference;
mod duckdb;
mod error;
mod glue;
mod hive_type;
mod name;
mod partitions;
mod plan;
mod projection;
mod spec;
mod table;
mod table_input;
mod view;

pub use account_projection::AccountProjection;
pub use ddl::ddl;
pub use duckdb::duckdb_view;
pub use error::CatalogError;
pub use glue::{Outcome, Registered, check, client, register};
pub use name::{NameError, TableName};
pub use partitions::{PartitionValues, register_partitions};
pub use plan::{TableChange, plan_table};
pub use projection::projected_partitions;
pub use spec::TableOptions;
pub use table::{CatalogColumn, FORMAT, MARK, TableSpec};
pub use view::{RAW_NAMES, raw_names_view};
