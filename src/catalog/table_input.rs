//! The table as Glue's `TableInput`.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_glue::error::BuildError;
use aws_sdk_glue::types::{Column, SerDeInfo, StorageDescriptor, Table, TableInput};

use super::error::CatalogError;
use super::hive_type;
use super::projection::Projection;
use super::table::{
    CatalogColumn, EXTERNAL, FORMAT, INPUT_FORMAT, MARK, OUTPUT_FORMAT, SERDE, SERDE_PARAMETER,
    TABLE_TYPE, TableSpec,
};

impl TableSpec {
    /// All table properties, over those of the table that is there.
    pub(super) fn parameters(
        &self,
        there: &HashMap<String, String>,
    ) -> Result<BTreeMap<String, String>, CatalogError> {
        self.check_location()?;
        let ours = |key: &str| {
            let key = key.strip_prefix("projection.").unwrap_or_default();
            let (column, _) = key.split_once('.').unwrap_or_default();
            ["account", "region", "date"].contains(&column)
        };
        let mut parameters: BTreeMap<String, String> = there
            .iter()
            .filter(|(key, _)| !ours(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        parameters.extend(Projection::new(self, there)?.parameters());
        let mut set = |key: &str, value: String| parameters.insert(key.to_owned(), value);
        set(EXTERNAL, "TRUE".to_owned());
        set("classification", "parquet".to_owned());
        set("parquet.compression", self.compression.clone());
        set(MARK, FORMAT.to_string());
        // The engines' default is the same path, but only stated is it certain that they add
        // no second slash to the location's own: `a//b` is another key than `a/b`.
        set(
            "storage.location.template",
            format!(
                "{}account=${{account}}/region=${{region}}/date=${{date}}/",
                self.location
            ),
        );
        Ok(parameters)
    }

    /// The table to write: ours, together with what others added to the one that is there.
    pub(super) fn input(&self, there: Option<&Table>) -> Result<TableInput, CatalogError> {
        let none = HashMap::new();
        let parameters = self.parameters(there.and_then(|t| t.parameters()).unwrap_or(&none))?;
        let descriptor = there.and_then(|t| t.storage_descriptor());
        let columns = self.merged(
            &self.columns,
            descriptor.map_or(&[][..], StorageDescriptor::columns),
        )?;
        let keys = self.merged(
            &TableSpec::partition_keys(),
            there.map_or(&[][..], Table::partition_keys),
        )?;
        self.check_lengths(&columns, &parameters)?;

        let mut descriptor = descriptor
            .cloned()
            .unwrap_or_else(|| StorageDescriptor::builder().build());
        let serde = descriptor.serde_info.take();
        let mut serde = serde.unwrap_or_else(|| SerDeInfo::builder().build());
        serde.serialization_library = Some(SERDE.to_owned());
        serde
            .parameters
            .get_or_insert_default()
            .insert(SERDE_PARAMETER.0.to_owned(), SERDE_PARAMETER.1.to_owned());
        descriptor.serde_info = Some(serde);
        descriptor.columns = Some(columns);
        descriptor.input_format = Some(INPUT_FORMAT.to_owned());
        descriptor.output_format = Some(OUTPUT_FORMAT.to_owned());
        descriptor.location.get_or_insert(self.location.clone());

        TableInput::builder()
            .name(&self.name.table)
            .table_type(TABLE_TYPE)
            .set_description(there.and_then(|t| t.description.clone()))
            .set_owner(there.and_then(|t| t.owner.clone()))
            .set_last_access_time(there.and_then(|t| t.last_access_time))
            .set_last_analyzed_time(there.and_then(|t| t.last_analyzed_time))
            .set_retention(there.map(|t| t.retention))
            .set_parameters(Some(parameters.into_iter().collect()))
            .set_partition_keys(Some(keys))
            .storage_descriptor(descriptor)
            .build()
            .map_err(|error| self.unbuildable(error))
    }

    /// Columns that are there in their order, then ours that are not.
    fn merged(
        &self,
        ours: &[CatalogColumn],
        there: &[Column],
    ) -> Result<Vec<Column>, CatalogError> {
        let mut columns = there.to_vec();
        for column in ours {
            let known = (columns.iter_mut()).find(|c| c.name.eq_ignore_ascii_case(&column.name));
            match known {
                Some(known) => self.widen(known, column)?,
                None => columns.push(
                    Column::builder()
                        .name(&column.name)
                        .r#type(&column.glue_type)
                        .comment(&column.comment)
                        .build()
                        .map_err(|error| self.unbuildable(error))?,
                ),
            }
        }
        Ok(columns)
    }

    /// A comment that is there stays: it may be the owner's, or a newer program's.
    fn widen(&self, known: &mut Column, ours: &CatalogColumn) -> Result<(), CatalogError> {
        let there = known.r#type().unwrap_or_default();
        let merged =
            hive_type::merge(there, &ours.glue_type).ok_or_else(|| CatalogError::ColumnType {
                table: self.name.clone(),
                column: ours.name.clone(),
                there: there.to_owned(),
                ours: ours.glue_type.clone(),
            })?;
        known.r#type = Some(merged);
        if known.comment().unwrap_or_default().is_empty() {
            known.comment = Some(ours.comment.clone());
        }
        Ok(())
    }

    fn check_location(&self) -> Result<(), CatalogError> {
        let reason = if !self.location.starts_with("s3://") {
            "is not on S3, where Athena reads"
        } else if !self.location.ends_with('/') {
            "does not end with a slash"
        } else if self.location.contains("${") {
            "holds ${, which Athena and Trino take for a partition key"
        } else {
            return Ok(());
        };
        Err(CatalogError::Location {
            table: self.name.clone(),
            location: self.location.clone(),
            reason,
        })
    }

    /// Glue's limits, which it reports less clearly itself.
    fn check_lengths(
        &self,
        columns: &[Column],
        parameters: &BTreeMap<String, String>,
    ) -> Result<(), CatalogError> {
        let check = |what: String, text: &str, limit, advice| {
            let length = text.chars().count();
            if length <= limit {
                return Ok(());
            }
            Err(CatalogError::TooLong {
                table: self.name.clone(),
                what,
                length,
                limit,
                advice,
            })
        };
        let shorten = "shorten it";
        check("the location".to_owned(), &self.location, 2_056, shorten)?;
        for (key, value) in parameters {
            let advice = match key.as_str() {
                "projection.account.values" => "use --projection-account injected",
                _ => shorten,
            };
            check(format!("property {key}"), value, 512_000, advice)?;
        }
        for column in columns {
            let what = |which: &str| format!("the {which} of column {}", column.name());
            check(what("name"), column.name(), 255, shorten)?;
            check(
                what("comment"),
                column.comment().unwrap_or_default(),
                255,
                shorten,
            )?;
            check(
                what("type"),
                column.r#type().unwrap_or_default(),
                131_072,
                "split the column",
            )?;
        }
        Ok(())
    }

    fn unbuildable(&self, error: BuildError) -> CatalogError {
        CatalogError::Glue {
            action: "building the request",
            table: self.name.clone(),
            detail: error.to_string(),
            advice: "please report this",
        }
    }
}
