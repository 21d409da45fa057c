//! What follows for single columns from a condition in SQL.
//!
//! Engines skip row groups by comparisons of a column with constants; of anything else, such
//! as functions, patterns that begin with a wildcard, or two columns, they derive nothing, and
//! so does this.

use sqlparser::ast::{BinaryOperator, Expr, Value};

/// A column's value passes one of the tests at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) column: String,
    pub(super) any: Vec<Test>,
}

/// What a value is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    Equals(String),
    /// Both ends included.
    Between(Option<String>, Option<String>),
    IsNull,
    IsNotNull,
}

/// How conditions are read.
pub(super) struct Conditions<'a> {
    /// The column, or member of a struct column, that an expression is.
    pub(super) column: &'a dyn Fn(&Expr) -> Option<String>,
    /// A literal that has one of these in it stands for a value that nobody has named.
    pub(super) examples: &'a [&'a str],
}

/// The other side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Operand {
    Value(String),
    /// Some value.
    Example,
    /// No constant.
    Other,
}

impl Conditions<'_> {
    /// What all rows fulfil for which the condition holds.
    pub(super) fn filters(&self, condition: &Expr) -> Vec<Filter> {
        match condition {
            Expr::Nested(inner) => self.filters(inner),
            Expr::BinaryOp {
                left,
                op: BinaryOperator::And,
                right,
            } => [self.filters(left), self.filters(right)].concat(),
            Expr::BinaryOp {
                left,
                op: BinaryOperator::Or,
                right,
            } => either(&self.filters(left), &self.filters(right)),
            Expr::BinaryOp { left, op, right } => {
                match ((self.column)(left), (self.column)(right)) {
                    (Some(column), None) => filter(column, compare(op, self.operand(right))),
                    (None, Some(column)) => {
                        filter(column, compare(&mirrored(op), self.operand(left)))
                    }
                    _ => Vec::new(),
                }
            }
            Expr::InList {
                expr,
                list,
                negated,
            } => self.of(expr, || {
                among(list.iter().map(|value| self.operand(value)), *negated)
            }),
            Expr::Between {
                expr,
                negated,
                low,
                high,
            } => self.of(expr, || {
                between(*negated, self.operand(low), self.operand(high))
            }),
            Expr::Like {
                negated: false,
                any: false,
                escape_char: None,
                expr,
                pattern,
            } => self.of(expr, || match self.operand(pattern) {
                Operand::Value(pattern) => like(&pattern),
                Operand::Example | Operand::Other => Vec::new(),
            }),
            Expr::IsNull(expr) => self.of(expr, || vec![Test::IsNull]),
            Expr::IsNotNull(expr) => self.of(expr, || vec![Test::IsNotNull]),
            _ => Vec::new(),
        }
    }

    fn of(&self, expr: &Expr, any: impl FnOnce() -> Vec<Test>) -> Vec<Filter> {
        (self.column)(expr).map_or_else(Vec::new, |column| filter(column, any()))
    }

    fn operand(&self, expr: &Expr) -> Operand {
        let Expr::Value(value) = expr else {
            return Operand::Other;
        };
        match &value.value {
            Value::SingleQuotedString(text)
                if self.examples.iter().any(|example| text.contains(example)) =>
            {
                Operand::Example
            }
            Value::SingleQuotedString(text) => Operand::Value(text.clone()),
            _ => Operand::Other,
        }
    }
}

/// A filter, if there is a test.
fn filter(column: String, any: Vec<Test>) -> Vec<Filter> {
    match any.is_empty() {
        true => Vec::new(),
        false => vec![Filter { column, any }],
    }
}

/// What follows if one of two lists of filters holds: columns that both speak of.
fn either(left: &[Filter], right: &[Filter]) -> Vec<Filter> {
    let both = left.iter().filter_map(|one| {
        let other = right.iter().find(|other| other.column == one.column)?;
        Some(Filter {
            column: one.column.clone(),
            any: [one.any.clone(), other.any.clone()].concat(),
        })
    });
    both.collect()
}

fn compare(op: &BinaryOperator, operand: Operand) -> Vec<Test> {
    let known = match operand {
        Operand::Value(value) => Some(value),
        Operand::Example => None,
        Operand::Other => return Vec::new(),
    };
    let test = match (op, known) {
        (BinaryOperator::Eq, Some(value)) => Test::Equals(value),
        (BinaryOperator::Gt | BinaryOperator::GtEq, Some(value)) => {
            Test::Between(Some(value), None)
        }
        (BinaryOperator::Lt | BinaryOperator::LtEq, Some(value)) => {
            Test::Between(None, Some(value))
        }
        (
            BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq
            | BinaryOperator::Lt
            | BinaryOperator::LtEq,
            _,
        ) => Test::IsNotNull,
        _ => return Vec::new(),
    };
    vec![test]
}

fn among(list: impl Iterator<Item = Operand>, negated: bool) -> Vec<Test> {
    let list: Vec<Operand> = list.collect();
    let values: Option<Vec<Test>> = list
        .iter()
        .map(|operand| match operand {
            Operand::Value(value) => Some(Test::Equals(value.clone())),
            Operand::Example | Operand::Other => None,
        })
        .collect();
    match values {
        Some(values) if !negated => values,
        _ if list.contains(&Operand::Other) => Vec::new(),
        _ => vec![Test::IsNotNull],
    }
}

fn mirrored(op: &BinaryOperator) -> BinaryOperator {
    match op {
        BinaryOperator::Gt => BinaryOperator::Lt,
        BinaryOperator::GtEq => BinaryOperator::LtEq,
        BinaryOperator::Lt => BinaryOperator::Gt,
        BinaryOperator::LtEq => BinaryOperator::GtEq,
        other => other.clone(),
    }
}

fn between(negated: bool, low: Operand, high: Operand) -> Vec<Test> {
    match (low, high) {
        (Operand::Other, _) | (_, Operand::Other) => Vec::new(),
        (Operand::Value(low), Operand::Value(high)) if !negated => {
            vec![Test::Between(Some(low), Some(high))]
        }
        _ => vec![Test::IsNotNull],
    }
}

/// What LIKE says of the order of values: the text before its first wildcard.
fn like(pattern: &str) -> Vec<Test> {
    let prefix = pattern.split(['%', '_']).next().unwrap_or_default();
    if prefix.is_empty() {
        Vec::new()
    } else if prefix.len() == pattern.len() {
        vec![Test::Equals(pattern.to_owned())]
    } else {
        let last = format!("{prefix}{}", char::MAX);
        vec![Test::Between(Some(prefix.to_owned()), Some(last))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlparser::dialect::GenericDialect;
    use sqlparser::parser::Parser;

    /// The filters of a condition over the columns a to d.
    fn read(condition: &str) -> Vec<Filter> {
        let mut parser = Parser::new(&GenericDialect {})
            .try_with_sql(condition)
            .unwrap();
        let column = |expr: &Expr| match expr {
            Expr::Identifier(name) => Some(name.value.clone()),
            _ => None,
        };
        let conditions = Conditions {
            column: &column,
            examples: &["EXAMPLE"],
        };
        conditions.filters(&parser.parse_expr().unwrap())
    }

    fn one(column: &str, any: &[Test]) -> Filter {
        let (column, any) = (column.to_owned(), any.to_vec());
        Filter { column, any }
    }

    fn equals(value: &str) -> Test {
        Test::Equals(value.to_owned())
    }

    fn range(low: &str, high: &str) -> Test {
        Test::Between(Some(low.to_owned()), Some(high.to_owned()))
    }

    #[test]
    fn of_alternatives_only_what_all_of_them_say_of_a_column_is_known() {
        let found = read("(a = 'a' AND b = 'b' OR a IN ('c', 'd')) AND c IS NOT NULL");
        let expected = [
            one("a", &[equals("a"), equals("c"), equals("d")]),
            one("c", &[Test::IsNotNull]),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn comparisons_with_constants_are_values_and_ranges() {
        for (condition, test) in [
            ("a = 'x'", equals("x")),
            ("'x' = a", equals("x")),
            ("a <> 'x'", Test::IsNotNull),
            ("a NOT IN ('x', 'y')", Test::IsNotNull),
            ("a >= 'x'", Test::Between(Some("x".into()), None)),
            ("'x' > a", Test::Between(None, Some("x".into()))),
            ("a BETWEEN 'x' AND 'y'", range("x", "y")),
            ("a NOT BETWEEN 'x' AND 'y'", Test::IsNotNull),
            ("a LIKE 'x%'", range("x", &format!("x{}", char::MAX))),
            ("a LIKE 'x'", equals("x")),
            ("a IS NULL", Test::IsNull),
        ] {
            assert_eq!(read(condition), [one("a", &[test])], "{condition}");
        }
    }

    #[test]
    fn from_anything_else_nothing_follows() {
        for condition in [
            "a LIKE '%x%'",
            "a LIKE '_x'",
            "a NOT LIKE 'x%'",
            "a LIKE 'x!_%' ESCAPE '!'",
            "a = b",
            "a <> b",
            "a = lower('x')",
            "lower(a) = 'x'",
            "a IN ('x', b)",
            "a NOT BETWEEN b AND 'x'",
            "NOT (a = 'x')",
            "a = 'x' OR b = 'y'",
        ] {
            assert_eq!(read(condition), [], "{condition}");
        }
    }

    #[test]
    fn of_an_example_it_is_known_only_that_there_is_a_value() {
        let some = [one("a", &[Test::IsNotNull])];
        assert_eq!(read("a = 'EXAMPLE'"), some);
        assert_eq!(read("a IN ('EXAMPLE')"), some);
        assert_eq!(read("a LIKE '%EXAMPLE%'"), []);
    }
}
