//! The Glue table: what Athena and Trino need to know about the Parquet files.

mod contents;
pub mod ddl;
pub mod error;
pub mod glue;
mod hive_type;
pub mod name;
pub mod partitions;
pub mod plan;
pub mod projection;
pub mod table;

pub use contents::Contents;
pub use ddl::ddl;
pub use error::CatalogError;
pub use glue::{Outcome, Registered, client, register};
pub use name::{NameError, TableName};
pub use partitions::{PartitionValues, register_partitions};
pub use plan::{TableChange, plan_table};
pub use projection::{AccountProjection, projected_partitions};
pub use table::{CatalogColumn, TableSpec};
