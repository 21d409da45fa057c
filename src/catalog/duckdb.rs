//! The table as a DuckDB view, for a laptop.

use std::fmt::Write as _;

use super::hive_type::{self, HiveType};
use super::table::{CatalogColumn, TableSpec};

/// What stands between the table's place and a file, with the partition keys in groups.
const PATH: &str = "/account=([^/]*)/region=([^/]*)/date=([^/]*)/[^/]*$";

/// What the question pack writes as Athena and Trino do: functions that DuckDB has under another
/// name, or with another answer where there is nothing to give (a JSON object is no scalar, a
/// text has no third part of two). Times are shown in UTC, as Athena shows them.
const AS_IN_TRINO: &str = r#"SET TimeZone = 'UTC';
CREATE OR REPLACE MACRO array_join(list, separator) AS
  CASE len(list) WHEN 0 THEN '' ELSE list_aggregate(list, 'string_agg', separator) END;
CREATE OR REPLACE MACRO cardinality(list) AS len(list);
CREATE OR REPLACE MACRO date_format(moment, format) AS strftime(moment, format);
CREATE OR REPLACE MACRO element_at(list, index) AS list_extract(list, index);
CREATE OR REPLACE MACRO json_path(path) AS replace(replace(path, '["', '."'), '"]', '"');
CREATE OR REPLACE MACRO json_extract_scalar(text, path) AS
  CASE WHEN json_type(text, json_path(path)) NOT IN ('OBJECT', 'ARRAY')
       THEN json_extract_string(text, json_path(path)) END;
CREATE OR REPLACE MACRO regexp_like(text, pattern) AS regexp_matches(text, pattern);
CREATE OR REPLACE MACRO split_part(text, separator, index) AS string_split(text, separator)[index];
"#;

/// Statements for DuckDB: macros for the question pack, and `CREATE VIEW` over the files at `location`, a folder or `s3://bucket/prefix`,
/// with every column and the partition keys as text.
///
/// The columns are given to the reader. Union by name would read the footer of every file
/// before each query, and would miss columns that no file has; and since it is not to be had
/// together with Hive partitioning, the keys come from the path, by which DuckDB prunes too.
pub fn duckdb_view(view: &str, location: &str, columns: &[CatalogColumn]) -> String {
    let location = location.trim_end_matches('/');
    let mut sql = String::from("-- For DuckDB 1.3 or newer.\n");
    if location.starts_with("s3://") {
        sql.push_str(
            "-- In each session, for the credentials that every AWS tool finds:\n\
             -- INSTALL httpfs; INSTALL aws;\n\
             -- CREATE SECRET (TYPE s3, PROVIDER credential_chain);\n",
        );
    }
    let keys = TableSpec::partition_keys();
    let keys = keys.iter().enumerate().map(|(index, key)| {
        let group = index + 1;
        let name = identifier(&key.name);
        format!(
            "  regexp_extract(filename, {}, {group}) AS {name}",
            text(PATH)
        )
    });
    let columns = columns.iter().map(|column| {
        let name = text(&column.name);
        let kind = text(&duckdb_type(&column.glue_type));
        format!("    {name}: {{name: {name}, type: {kind}, default_value: NULL}}")
    });
    sql.push_str(AS_IN_TRINO);
    // Writing to a String does not fail.
    let _ = write!(
        sql,
        "CREATE OR REPLACE VIEW {} AS\nSELECT\n  * EXCLUDE (filename),\n{}\nFROM read_parquet(\n  {},\n  \
         filename = true,\n  hive_partitioning = false,\n  schema = MAP {{\n{}\n  }}\n);",
        identifier(view),
        keys.collect::<Vec<_>>().join(",\n"),
        text(&format!(
            "{}/account=*/region=*/date=*/*.parquet",
            plain(location)
        )),
        columns.collect::<Vec<_>>().join(",\n"),
    );
    sql
}

/// Hive's type in DuckDB's words; one that is not understood stays as it is.
fn duckdb_type(glue_type: &str) -> String {
    hive_type::parse(glue_type).map_or_else(|| glue_type.to_owned(), |parsed| translated(&parsed))
}

fn translated(parsed: &HiveType) -> String {
    match parsed {
        HiveType::Scalar(name) => match name.as_str() {
            "string" => "VARCHAR".to_owned(),
            // The files say that their times are UTC.
            "timestamp" => "TIMESTAMP WITH TIME ZONE".to_owned(),
            other => other.to_uppercase(),
        },
        HiveType::Array(element) => format!("{}[]", translated(element)),
        HiveType::Map(key, value) => format!("MAP({}, {})", translated(key), translated(value)),
        HiveType::Struct(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, member)| format!("{} {}", identifier(name), translated(member)))
                .collect();
            format!("STRUCT({})", members.join(", "))
        }
    }
}

/// A path that a glob takes by its letters.
fn plain(path: &str) -> String {
    let mut out = String::new();
    for c in path.chars() {
        match c {
            '*' | '?' | '[' => {
                let _ = write!(out, "[{c}]");
            }
            other => out.push(other),
        }
    }
    out
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Schema;

    fn column(name: &str, glue_type: &str) -> CatalogColumn {
        CatalogColumn {
            name: name.to_owned(),
            glue_type: glue_type.to_owned(),
            comment: String::new(),
        }
    }

    #[test]
    fn the_view_gives_each_column_its_type_and_takes_the_keys_from_the_path() {
        let columns = [
            column("eventname", "string"),
            column("it's", "struct<a:string,b:map<string,string>>"),
            column("resources_arn", "array<string>"),
            column("eventtimestamp", "timestamp"),
        ];
        insta::assert_snapshot!(duckdb_view("trail", "/logs/it's [1]/", &columns));
    }

    #[test]
    fn a_bucket_comes_with_a_word_on_credentials() {
        let sql = duckdb_view("trail", "s3://bucket/lake/", &[]);
        assert!(sql.contains("CREATE SECRET"), "{sql}");
        assert!(sql.contains("'s3://bucket/lake/account=*/"), "{sql}");
        assert!(!duckdb_view("trail", "/logs", &[]).contains("SECRET"));
    }

    #[test]
    fn every_type_of_the_table_is_translated() {
        for column in Schema::new(&[]).unwrap().columns() {
            let kind = duckdb_type(&column.glue_type);
            assert!(!kind.contains(['<', ':']), "{}: {kind}", column.name);
        }
    }
}
