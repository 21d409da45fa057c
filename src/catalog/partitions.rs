//! Partitions in the catalog itself, for engines that ignore projection: Redshift Spectrum,
//! EMR, Athena for Spark. Athena and Trino ignore them while projection is on.

use std::collections::BTreeSet;

use aws_sdk_glue::Client;
use aws_sdk_glue::types::{PartitionInput, StorageDescriptor, Table};

use super::error::CatalogError;
use super::glue::{failure, get_table};
use super::plan::foreign;
use super::projection::is_value;
use super::table::TableSpec;
use crate::lane::Partition;

/// Partitions that one `BatchCreatePartition` takes.
const BATCH: usize = 100;

/// One partition, ordered as its path is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartitionValues {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// `yyyy-MM-dd`
    pub date: String,
}

impl From<&Partition> for PartitionValues {
    fn from(partition: &Partition) -> Self {
        Self {
            account: partition.lane.account.to_string(),
            region: partition.lane.region.to_string(),
            date: partition.date.to_string(),
        }
    }
}

impl PartitionValues {
    /// The path of its files, below the table's place.
    pub(crate) fn path(&self) -> String {
        format!(
            "account={}/region={}/date={}/",
            self.account, self.region, self.date
        )
    }

    fn from_values(values: &[String]) -> Option<PartitionValues> {
        match values {
            [account, region, date] => Some(PartitionValues {
                account: account.clone(),
                region: region.clone(),
                date: date.clone(),
            }),
            _ => None,
        }
    }
}

/// Adds those of `partitions` that the table lacks and returns how many that were. A
/// partition carries the columns that the table has at that moment; engines read later
/// columns by the table's list.
///
/// # Errors
/// [`CatalogError`]. Partitions that were added before the error stay; a second call
/// adds the others.
pub async fn register_partitions(
    client: &Client,
    spec: &TableSpec,
    partitions: &[PartitionValues],
) -> Result<u64, CatalogError> {
    let mut wanted = BTreeSet::new();
    for values in partitions {
        wanted.insert(checked(spec, values)?);
    }
    if wanted.is_empty() {
        return Ok(0);
    }
    let table = get_table(client, spec)
        .await?
        .ok_or(CatalogError::NoTable {
            table: spec.name.clone(),
        })?;
    if let Some(reason) = foreign(spec, &table) {
        return Err(CatalogError::Foreign {
            table: spec.name.clone(),
            reason,
        });
    }
    for known in existing(client, spec).await? {
        wanted.remove(&known);
    }
    let descriptor = descriptor(&table);
    let wanted: Vec<&PartitionValues> = wanted.into_iter().collect();
    let mut created = 0;
    for batch in wanted.chunks(BATCH) {
        let inputs = batch.iter().map(|values| input(spec, &descriptor, values));
        created += create(client, spec, inputs.collect()).await?;
    }
    Ok(created)
}

async fn existing(client: &Client, spec: &TableSpec) -> Result<Vec<PartitionValues>, CatalogError> {
    let mut pages = client
        .get_partitions()
        .set_catalog_id(spec.catalog_id.clone())
        .database_name(&spec.name.database)
        .table_name(&spec.name.table)
        .exclude_column_schema(true)
        .into_paginator()
        .send();
    let mut known = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| failure("glue:GetPartitions", &spec.name, &error))?;
        known.extend(
            (page.partitions().iter())
                .filter_map(|partition| PartitionValues::from_values(partition.values())),
        );
    }
    Ok(known)
}

/// The number created; those that another program created meanwhile do not count.
async fn create(
    client: &Client,
    spec: &TableSpec,
    inputs: Vec<PartitionInput>,
) -> Result<u64, CatalogError> {
    let mut created = inputs.len() as u64;
    let output = client
        .batch_create_partition()
        .set_catalog_id(spec.catalog_id.clone())
        .database_name(&spec.name.database)
        .table_name(&spec.name.table)
        .set_partition_input_list(Some(inputs))
        .send()
        .await
        .map_err(|error| failure("glue:BatchCreatePartition", &spec.name, &error))?;
    for error in output.errors() {
        let detail = error.error_detail();
        let code = detail.and_then(|d| d.error_code()).unwrap_or_default();
        if code == "AlreadyExistsException" {
            created = created.saturating_sub(1);
            continue;
        }
        let message = detail.and_then(|d| d.error_message()).unwrap_or_default();
        return Err(CatalogError::Partition {
            table: spec.name.clone(),
            partition: error.partition_values().join("/"),
            detail: format!("{code}: {message}"),
        });
    }
    Ok(created)
}

/// The table's storage without comments, which would be repeated in each partition.
fn descriptor(table: &Table) -> StorageDescriptor {
    let mut descriptor = (table.storage_descriptor().cloned())
        .unwrap_or_else(|| StorageDescriptor::builder().build());
    for column in descriptor.columns.iter_mut().flatten() {
        column.comment = None;
    }
    descriptor
}

fn input(
    spec: &TableSpec,
    descriptor: &StorageDescriptor,
    values: &PartitionValues,
) -> PartitionInput {
    let mut descriptor = descriptor.clone();
    descriptor.location = Some(format!("{}{}", spec.location, values.path()));
    PartitionInput::builder()
        .values(&values.account)
        .values(&values.region)
        .values(&values.date)
        .storage_descriptor(descriptor)
        .build()
}

fn checked<'a>(
    spec: &TableSpec,
    values: &'a PartitionValues,
) -> Result<&'a PartitionValues, CatalogError> {
    let keys = [
        ("account", &values.account),
        ("region", &values.region),
        ("date", &values.date),
    ];
    match keys.into_iter().find(|(_, value)| !is_value(value)) {
        None => Ok(values),
        Some((key, value)) => Err(CatalogError::PartitionValue {
            table: spec.name.clone(),
            key,
            value: value.clone(),
        }),
    }
}
