//! What can go wrong with the table, and what its owner can do about it.

use super::name::TableName;

/// Why the table was not registered. Nothing was written when this is returned, except
/// by partitions, which are created in groups.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// Athena and Trino refuse an enum without values.
    #[error(
        "nothing to register as {table}: no {what} is known yet; convert something first, then register the table"
    )]
    NothingToProject {
        /// The table asked for.
        table: TableName,
        /// `account` or `region`.
        what: &'static str,
    },
    /// The location cannot be that of a table.
    #[error("the location {location:?} of {table} {reason}; name another s3://BUCKET/PREFIX")]
    Location {
        /// The table asked for.
        table: TableName,
        /// Where its files are.
        location: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A partition value that a comma-separated enum, or a path, cannot hold.
    #[error(
        "{value:?} cannot be a value of the partition key {key} of {table}; move what is so named out of the table"
    )]
    PartitionValue {
        /// The table asked for.
        table: TableName,
        /// `account`, `region` or `date`.
        key: &'static str,
        /// The value.
        value: String,
    },
    /// A column is there with a type that ours does not extend.
    #[error(
        "column {column} of {table} is {there} in the catalog but {ours} here; it is left alone: drop that column or choose another table name"
    )]
    ColumnType {
        /// The table.
        table: TableName,
        /// The column.
        column: String,
        /// Its type in Glue.
        there: String,
        /// Its type here.
        ours: String,
    },
    /// Glue has a limit that the table exceeds.
    #[error("{what} of {table} is {length} characters long, Glue's limit is {limit}: {advice}")]
    TooLong {
        /// The table.
        table: TableName,
        /// Which text.
        what: String,
        /// Its length.
        length: usize,
        /// The longest that Glue takes.
        limit: usize,
        /// What to do.
        advice: &'static str,
    },
    /// Somebody else's table has that name.
    #[error("{table} exists and is left alone, because {reason}: choose another name or drop it")]
    Foreign {
        /// The table.
        table: TableName,
        /// How it shows that it is not ours.
        reason: String,
    },
    /// The caller lacks a permission.
    #[error(
        "{action} was denied for {table} ({detail}); allow it on the catalog, database/{} and table/{}/{}, and in Lake Formation where that governs them",
        .table.database, .table.database, .table.table
    )]
    Denied {
        /// The IAM action, such as `glue:GetTable`.
        action: &'static str,
        /// The table.
        table: TableName,
        /// Glue's own words.
        detail: String,
    },
    /// Others changed the table each time that we were about to.
    #[error(
        "{table} was changed by others during each of {attempts} attempts to update it; run again"
    )]
    Contention {
        /// The table.
        table: TableName,
        /// How often it was tried.
        attempts: u32,
    },
    /// Partitions were to be added to a table that is not there.
    #[error("{table} does not exist; register the table before its partitions")]
    NoTable {
        /// The table.
        table: TableName,
    },
    /// Glue refused one partition.
    #[error(
        "partition {partition} of {table} was not created: {detail}; run `table register --register-partitions` again"
    )]
    Partition {
        /// The table.
        table: TableName,
        /// Its path, `account=…/region=…/date=…`.
        partition: String,
        /// Glue's own words.
        detail: String,
    },
    /// Any other failure of a call, after the client's own retries.
    #[error("{action} failed for {table}: {detail}; {advice}")]
    Glue {
        /// The IAM action, such as `glue:GetTable`.
        action: &'static str,
        /// The table.
        table: TableName,
        /// Glue's own words, or those of the connection.
        detail: String,
        /// What to do.
        advice: &'static str,
    },
}
