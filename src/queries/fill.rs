//! A question filled in: whose table, which days and lanes, and what is asked about.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::civil::Date;
use sqlparser::tokenizer::TokenizerError;

use super::pack::{Parameter, Question};
use super::sql::{FILTER, Kind, SCAN, pieces, scans};
use crate::catalog::TableName;
use crate::scope::Lanes;

/// The engine that a question is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Athena and Trino.
    #[default]
    Athena,
    /// DuckDB, with the macros that come with [`crate::catalog::duckdb_view`].
    Duckdb,
}

/// Which dates of events a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Days {
    /// As the question stands; for DuckDB, which reads what is at hand, all.
    #[default]
    AsWritten,
    /// This many, the day of asking included.
    Last(u16),
    /// From a date on.
    From(Date),
    /// Up to a date.
    To(Date),
    /// Both included.
    Between(Date, Date),
}

/// What a question is filled in with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filling {
    /// The table, or none for `cloudtrail` as it stands. DuckDB's view has its second part.
    pub table: Option<TableName>,
    /// The engine.
    pub dialect: Dialect,
    /// The dates.
    pub days: Days,
    /// The lanes.
    pub lanes: Lanes,
    /// Parameters by name. Those that a question does not have are not looked at.
    pub parameters: BTreeMap<String, String>,
}

/// Why a question cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// A value that would not stay on its line of comment.
    #[error("the value of {name} holds a line break or another control character")]
    ControlCharacter {
        /// The parameter.
        name: String,
    },
    /// A question's SQL that is none: a defect of the pack.
    #[error("the question's SQL is not understood ({0}); please report this")]
    Sql(String),
}

impl From<TokenizerError> for FillError {
    fn from(error: TokenizerError) -> Self {
        Self::Sql(error.to_string())
    }
}

impl Filling {
    /// The question's SQL with all of this in its place.
    ///
    /// # Errors
    /// If a value cannot stand in SQL.
    pub fn fill(&self, question: &Question) -> Result<String, FillError> {
        let mut sql = format!("-- {}\n", question.question());
        let mut values = Vec::new();
        for Parameter { name, example } in question.parameters() {
            // Writing to a String does not fail.
            let _ = match self.parameters.get(name) {
                Some(value) if value.contains(char::is_control) => {
                    return Err(FillError::ControlCharacter {
                        name: name.to_owned(),
                    });
                }
                Some(value) => {
                    values.push((example, value.replace('\'', "''")));
                    writeln!(sql, "-- {name}: {value}")
                }
                None => writeln!(
                    sql,
                    "-- {name}: {example}\n-- set {name}: this is an example"
                ),
            };
        }
        let (table, filter) = (self.scan(), self.filter());
        let body = question.body();
        let mut done = 0;
        for scan in scans(body) {
            sql.push_str(&with_values(&body[done..scan.table.start], &values)?);
            sql.push_str(&table);
            sql.push_str(&body[scan.table.end..scan.filter.start]);
            sql.push_str(&filter);
            done = scan.filter.end;
        }
        sql.push_str(&with_values(&body[done..], &values)?);
        Ok(sql)
    }

    fn scan(&self) -> String {
        match &self.table {
            Some(table) => match self.dialect {
                Dialect::Athena => format!("FROM {}", table.quoted()),
                Dialect::Duckdb => format!("FROM \"{}\"", table.table),
            },
            None => SCAN.to_owned(),
        }
    }

    fn filter(&self) -> String {
        let mut filter = match self.days {
            Days::AsWritten => match self.dialect {
                Dialect::Athena => FILTER.to_owned(),
                Dialect::Duckdb => "true".to_owned(),
            },
            Days::Last(days) => {
                let back = format!("INTERVAL '{}' DAY", days.saturating_sub(1));
                FILTER.replace("INTERVAL '7' DAY", &back)
            }
            Days::From(from) => format!("date >= '{from}'"),
            Days::To(to) => format!("date <= '{to}'"),
            Days::Between(from, to) => format!("date BETWEEN '{from}' AND '{to}'"),
        };
        filter.push_str(&one_of("account", &self.lanes.accounts));
        filter.push_str(&one_of("region", &self.lanes.regions));
        filter
    }
}

/// A condition that the column has one of the values; nothing without values.
fn one_of<T: ToString>(column: &str, values: &BTreeSet<T>) -> String {
    if values.is_empty() {
        return String::new();
    }
    let list: Vec<String> = values
        .iter()
        .map(|value| format!("'{}'", value.to_string()))
        .collect();
    format!(" AND {column} IN ({})", list.join(", "))
}

/// Examples in literals replaced by values, in one pass: a value is not looked into.
fn with_values(sql: &str, values: &[(&str, String)]) -> Result<String, FillError> {
    let mut out = String::new();
    for (kind, piece) in pieces(sql)? {
        if kind != Kind::Literal {
            out.push_str(piece);
            continue;
        }
        let mut rest = piece;
        loop {
            let found = values
                .iter()
                .filter_map(|(example, value)| Some((rest.find(example)?, *example, value)));
            let Some((at, example, value)) = found.min_by_key(|(at, ..)| *at) else {
                break;
            };
            out.push_str(&rest[..at]);
            out.push_str(value);
            rest = &rest[at + example.len()..];
        }
        out.push_str(rest);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const QUESTION: Question = Question {
        theme: "incident",
        name: "one",
        text: "-- What did alice do?\n-- user: alice\n-- group_id: sg-1\n\
               SELECT 'alice' AS alice -- of alice\nFROM cloudtrail\n  \
               WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')\n  \
               AND x LIKE '%sg-1%' AND s = 'cloudtrail.amazonaws.com'\n",
    };

    fn filled(filling: &Filling) -> String {
        filling.fill(&QUESTION).unwrap()
    }

    #[test]
    fn without_anything_a_question_stays_as_written_and_tells_its_examples() {
        let sql = filled(&Filling::default());
        let told = "-- set user: this is an example\n";
        assert!(sql.contains(told), "{sql}");
        let stripped = sql
            .replace(told, "")
            .replace("-- set group_id: this is an example\n", "");
        assert_eq!(stripped, QUESTION.text);
    }

    #[test]
    fn table_days_and_lanes_take_the_place_of_the_phrases() {
        let filling = Filling {
            table: Some("sec.trail".parse().unwrap()),
            days: Days::Between(date(2024, 5, 1), date(2024, 5, 3)),
            lanes: Lanes {
                accounts: ["222222222222", "111111111111"]
                    .map(|account| account.parse().unwrap())
                    .into(),
                regions: ["eu-west-1".parse().unwrap()].into(),
            },
            ..Filling::default()
        };
        assert!(
            filled(&filling).contains(
                "FROM \"sec\".\"trail\"\n  WHERE date BETWEEN '2024-05-01' AND '2024-05-03' AND account IN \
                 ('111111111111', '222222222222') AND region IN ('eu-west-1')\n  AND x"
            ),
            "{}",
            filled(&filling)
        );
    }

    #[test]
    fn each_kind_of_days_has_its_filter() {
        let day = date(2024, 5, 1);
        for (days, filter) in [
            (Days::AsWritten, FILTER.to_owned()),
            (Days::Last(3), FILTER.replace("'7'", "'2'")),
            (Days::From(day), "date >= '2024-05-01'".to_owned()),
            (Days::To(day), "date <= '2024-05-01'".to_owned()),
        ] {
            let filling = Filling {
                days,
                ..Filling::default()
            };
            assert_eq!(filling.filter(), filter);
        }
    }

    #[test]
    fn duckdb_asks_the_view_of_the_table_for_all_its_dates_unless_told_otherwise() {
        let mut filling = Filling {
            table: Some("sec.trail".parse().unwrap()),
            dialect: Dialect::Duckdb,
            ..Filling::default()
        };
        assert!(filled(&filling).contains("FROM \"trail\"\n  WHERE true\n  AND x"));
        filling.days = Days::From(date(2024, 5, 1));
        assert_eq!(filling.filter(), "date >= '2024-05-01'");
    }

    #[test]
    fn values_take_the_place_of_examples_in_literals_alone() {
        let mut filling = Filling::default();
        let mut set = |name: &str, value: &str| {
            filling.parameters.insert(name.to_owned(), value.to_owned());
        };
        set("user", "o'sg-1");
        set("group_id", "sg-2");
        set("other", "ignored");
        let sql = filled(&filling);
        assert!(
            sql.contains("-- user: o'sg-1\n-- group_id: sg-2\n"),
            "{sql}"
        );
        assert!(
            sql.contains("SELECT 'o''sg-1' AS alice -- of alice\n"),
            "{sql}"
        );
        assert!(sql.contains("LIKE '%sg-2%'"), "{sql}");
        assert!(!sql.contains("example"), "{sql}");
    }

    #[test]
    fn a_value_that_would_leave_its_comment_is_refused() {
        let filling = Filling {
            parameters: [("user".to_owned(), "a\nDROP".to_owned())].into(),
            ..Filling::default()
        };
        assert!(filling.fill(&QUESTION).is_err());
    }
}
