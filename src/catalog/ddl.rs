//! The table as Athena SQL, for those who keep their tables in code.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::error::CatalogError;
use super::table::{
    CatalogColumn, EXTERNAL, INPUT_FORMAT, OUTPUT_FORMAT, SERDE, SERDE_PARAMETER, TableSpec,
};

/// `CREATE EXTERNAL TABLE` for Athena, which makes the table that
/// [`register`](super::register) makes where none is; `register` then takes it for its own.
///
/// # Errors
/// As [`plan_table`](super::plan_table).
pub fn ddl(spec: &TableSpec) -> Result<String, CatalogError> {
    let parameters = spec.parameters(&HashMap::new())?;
    let properties: Vec<String> = parameters
        .iter()
        .filter(|(key, _)| *key != EXTERNAL)
        .map(|(key, value)| format!("  {}={}", quoted(key), quoted(value)))
        .collect();
    let mut sql = String::new();
    // Writing to a String does not fail.
    let _ = write!(
        sql,
        "CREATE EXTERNAL TABLE {}.{} (\n{}\n)\nPARTITIONED BY (\n{}\n)\n\
         ROW FORMAT SERDE {}\nWITH SERDEPROPERTIES ({}={})\n\
         STORED AS INPUTFORMAT {}\nOUTPUTFORMAT {}\nLOCATION {}\nTBLPROPERTIES (\n{}\n)",
        identifier(&spec.name.database),
        identifier(&spec.name.table),
        definitions(&spec.columns),
        definitions(&TableSpec::partition_keys()),
        quoted(SERDE),
        quoted(SERDE_PARAMETER.0),
        quoted(SERDE_PARAMETER.1),
        quoted(INPUT_FORMAT),
        quoted(OUTPUT_FORMAT),
        quoted(&spec.location),
        properties.join(",\n"),
    );
    Ok(sql)
}

fn definitions(columns: &[CatalogColumn]) -> String {
    let lines: Vec<String> = columns
        .iter()
        .map(|column| {
            let mut line = format!("  {} {}", identifier(&column.name), column.glue_type);
            if !column.comment.is_empty() {
                let _ = write!(line, " COMMENT {}", quoted(&column.comment));
            }
            line
        })
        .collect();
    lines.join(",\n")
}

/// Always in backticks: `date` and `timestamp` need them, and lists of reserved words age.
fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A string as Hive's grammar has it, which Athena uses for DDL.
fn quoted(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('\'', "\\'")
        .replace(['\n', '\r'], " ");
    format!("'{escaped}'")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::catalog::AccountProjection;

    fn spec() -> TableSpec {
        TableSpec {
            name: "sec.trail".parse().unwrap(),
            location: "s3://bucket/it's/".to_owned(),
            columns: vec![
                CatalogColumn {
                    name: "eventtime".to_owned(),
                    glue_type: "string".to_owned(),
                    comment: "The caller's \\ text\nas delivered".to_owned(),
                },
                CatalogColumn {
                    name: "timestamp".to_owned(),
                    glue_type: "struct<a:string>".to_owned(),
                    comment: String::new(),
                },
            ],
            accounts: ["111111111111".to_owned()].into(),
            regions: ["us-east-1".to_owned(), "eu-west-1".to_owned()].into(),
            first_date: Some(date(2024, 5, 1)),
            today: date(2024, 6, 1),
            account_projection: AccountProjection::Enum,
            compression: "SNAPPY".to_owned(),
            catalog_id: None,
        }
    }

    #[test]
    fn the_statement_quotes_names_and_escapes_text() {
        insta::assert_snapshot!(ddl(&spec()).unwrap());
    }

    #[test]
    fn the_statement_sets_the_properties_that_register_sets() {
        let sql = ddl(&spec()).unwrap();
        let parameters = spec().parameters(&HashMap::new()).unwrap();
        for (key, value) in parameters.iter().filter(|(key, _)| *key != EXTERNAL) {
            let line = format!("  {}={}", quoted(key), quoted(value));
            assert!(sql.contains(&line), "{line}");
        }
        assert_eq!(sql.matches("'=").count(), parameters.len());
    }

    #[test]
    fn without_partitions_there_is_no_statement() {
        let mut spec = spec();
        spec.regions.clear();
        assert!(matches!(
            ddl(&spec),
            Err(CatalogError::NothingToProject { .. })
        ));
    }
}
