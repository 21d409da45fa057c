//! A view with the partition names of tables over raw CloudTrail logs, for old queries.

use std::fmt::Write as _;

use super::name::TableName;

/// What the view has beside the table's columns, and how it follows from the table's `date`.
/// People name the partitions of their raw tables so, after AWS's documentation.
pub const RAW_NAMES: [(&str, &str); 4] = [
    ("timestamp", "replace(\"date\", '-', '/')"),
    ("year", "substr(\"date\", 1, 4)"),
    ("month", "substr(\"date\", 6, 2)"),
    ("day", "substr(\"date\", 9, 2)"),
];

/// `CREATE VIEW` for Athena and Trino: the table, and the names of [`RAW_NAMES`].
pub fn raw_names_view(table: &TableName, view: &TableName) -> String {
    let mut sql = format!("CREATE OR REPLACE VIEW {} AS\nSELECT\n  *", view.quoted());
    for (name, expression) in RAW_NAMES {
        // Writing to a String does not fail.
        let _ = write!(sql, ",\n  {expression} AS \"{name}\"");
    }
    let _ = write!(sql, "\nFROM {}", table.quoted());
    sql
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Schema;

    #[test]
    fn the_view_is_the_table_with_further_names() {
        let (table, view) = ("sec.trail", "sec.trail_raw_names");
        insta::assert_snapshot!(raw_names_view(
            &table.parse().unwrap(),
            &view.parse().unwrap()
        ));
    }

    #[test]
    fn the_names_are_not_those_of_columns() {
        for column in Schema::new(&[]).unwrap().columns() {
            let taken = RAW_NAMES.iter().any(|(name, _)| *name == column.name);
            assert!(!taken, "{}", column.name);
        }
    }
}
