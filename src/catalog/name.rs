//! `DB.NAME`: what a table is called in the Data Catalog.

use std::fmt;
use std::str::FromStr;

/// Longest database or table name in Glue, in bytes.
const LONGEST: usize = 255;

/// A table and the database that holds it, both valid in Glue, Athena and Trino unquoted
/// but for a leading digit or underscore.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TableName {
    /// The Glue database; Athena and Trino call it a schema.
    pub database: String,
    /// The table.
    pub table: String,
}

/// Why a text names no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is no dot, or more than one.
    #[error("{0:?} is not DATABASE.TABLE, for example security.cloudtrail")]
    Form(String),
    /// One side of the dot is empty.
    #[error("the {part} name is empty in {text:?}; write DATABASE.TABLE")]
    Empty {
        /// `database` or `table`.
        part: &'static str,
        /// What was given.
        text: String,
    },
    /// A character that Athena does not take without trouble.
    #[error("the {part} name {name:?} holds {found:?}; use only a-z, 0-9 and _")]
    Character {
        /// `database` or `table`.
        part: &'static str,
        /// The name.
        name: String,
        /// Its first unfit character.
        found: char,
    },
    /// Longer than Glue allows.
    #[error("the {part} name is {length} bytes long; the longest is 255")]
    Long {
        /// `database` or `table`.
        part: &'static str,
        /// Its length in bytes.
        length: usize,
    },
}

impl FromStr for TableName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<TableName, NameError> {
        let (database, table) = match text.split_once('.') {
            Some((database, table)) if !table.contains('.') => (database, table),
            _ => return Err(NameError::Form(text.to_owned())),
        };
        Ok(TableName {
            database: checked("database", database, text)?,
            table: checked("table", table, text)?,
        })
    }
}

impl TableName {
    /// The name in a query. Always in quotes: a leading digit and reserved words need them.
    pub fn quoted(&self) -> String {
        format!("\"{}\".\"{}\"", self.database, self.table)
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.database, self.table)
    }
}

fn checked(part: &'static str, name: &str, text: &str) -> Result<String, NameError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() {
        return Err(NameError::Empty {
            part,
            text: text.to_owned(),
        });
    }
    if let Some(found) = name.chars().find(|&c| !fits(c)) {
        return Err(NameError::Character {
            part,
            name: name.to_owned(),
            found,
        });
    }
    if name.len() > LONGEST {
        return Err(NameError::Long {
            part,
            length: name.len(),
        });
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_and_a_table_are_read_and_shown_the_same() {
        let name: TableName = "security_1.cloudtrail_2".parse().unwrap();
        assert_eq!(name.database, "security_1");
        assert_eq!(name.table, "cloudtrail_2");
        assert_eq!(name.to_string(), "security_1.cloudtrail_2");
    }

    #[test]
    fn what_names_no_table_is_refused_with_what_to_write() {
        let message = |text: &str| text.parse::<TableName>().unwrap_err().to_string();
        assert_eq!(
            message("cloudtrail"),
            r#""cloudtrail" is not DATABASE.TABLE, for example security.cloudtrail"#
        );
        assert!(message("a.b.c").contains("is not DATABASE.TABLE"));
        assert!(message(".b").contains("the database name is empty"));
        assert!(message("a.").contains("the table name is empty"));
        assert_eq!(
            message("Sec.trail"),
            r#"the database name "Sec" holds 'S'; use only a-z, 0-9 and _"#
        );
        assert!(message("sec.cloud-trail").contains("holds '-'"));
        assert!(message("sec.träil").contains("holds 'ä'"));
        assert!(message(&format!("sec.{}", "a".repeat(256))).contains("256 bytes long"));
    }
}
