//! What a question reads of the table: its SQL → the columns and the filters of each scan.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, ObjectName, Query, Select, SelectItem, TableFactor, Visit as _, Visitor,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

use super::SavingsError;
use super::filter::{Conditions, Filter};
use crate::queries::TABLE;

/// One pass over the table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Scan {
    /// Columns and members of structs that it reads, e.g. `eventname`, `useridentity.arn`.
    pub(super) columns: BTreeSet<String>,
    /// What all rows sought fulfil.
    pub(super) filters: Vec<Filter>,
}

/// The scans of a question over columns that `is_column` knows. A literal that has one of
/// `examples` in it stands for a value that nobody has named: nothing is known of it.
pub(super) fn scans(
    sql: &str,
    is_column: &dyn Fn(&str) -> bool,
    examples: &[&str],
) -> Result<Vec<Scan>, SavingsError> {
    let statements = Parser::parse_sql(&GenericDialect {}, sql)
        .map_err(|error| SavingsError::Sql(error.to_string()))?;
    let mut collector = Collector {
        is_column,
        examples,
        frames: Vec::new(),
        names: HashMap::new(),
        scans: Vec::new(),
        uses: Vec::new(),
    };
    let _ = statements.visit(&mut collector);
    // What WITH names is computed anew wherever it is used.
    let scans = collector.scans.iter().flat_map(|(of, scan)| {
        let times = collector.times(of.as_deref(), MAX_DEPTH);
        std::iter::repeat_n(scan.clone(), times)
    });
    Ok(scans.collect())
}

/// Names that use names, at most: SQL has no cycles here.
const MAX_DEPTH: u32 = 16;

/// What is seen between the beginning and the end of a query or one of its selects.
#[derive(Default)]
struct Frame {
    /// The name that WITH gives to the query it is in.
    of: Option<String>,
    columns: BTreeSet<String>,
    /// The scans that are the query's own selects.
    scans: Vec<usize>,
}

struct Collector<'a> {
    is_column: &'a dyn Fn(&str) -> bool,
    examples: &'a [&'a str],
    frames: Vec<Frame>,
    /// The names that WITH gives, by the query's address.
    names: HashMap<*const Query, String>,
    /// Each with the name of the query it is in.
    scans: Vec<(Option<String>, Scan)>,
    /// The names used, each with the name of the query that uses it.
    uses: Vec<(Option<String>, String)>,
}

impl Visitor for Collector<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for named in query.with.iter().flat_map(|with| &with.cte_tables) {
            let name = named.alias.name.value.to_ascii_lowercase();
            self.names.insert(std::ptr::from_ref(&*named.query), name);
        }
        let name = self.names.get(&std::ptr::from_ref(query)).cloned();
        self.push(name);
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        let name = relation.to_string().to_ascii_lowercase();
        if self.names.values().any(|known| *known == name) {
            let user = self.frames.last().and_then(|frame| frame.of.clone());
            self.uses.push((user, name));
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        // What is seen outside its selects is ORDER BY.
        if let Some(query) = self.frames.pop() {
            for scan in query.scans {
                if let Some((_, scan)) = self.scans.get_mut(scan) {
                    scan.columns.extend(query.columns.iter().cloned());
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, _: &Select) -> ControlFlow<()> {
        self.push(None);
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let Some(frame) = self.frames.pop() else {
            return ControlFlow::Continue(());
        };
        if reads_table(select) {
            let filters = select.selection.as_ref();
            let conditions = Conditions {
                column: &|expr| self.column(expr),
                examples: self.examples,
            };
            let mut scan = Scan {
                columns: frame.columns,
                filters: filters.map_or_else(Vec::new, |filter| conditions.filters(filter)),
            };
            if select.projection.iter().any(is_wildcard) {
                scan.columns.insert(String::new());
            }
            if let Some(query) = self.frames.last_mut() {
                query.scans.push(self.scans.len());
            }
            self.scans.push((frame.of, scan));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Some(column) = self.column(expr)
            && let Some(frame) = self.frames.last_mut()
        {
            frame.columns.insert(column);
        }
        ControlFlow::Continue(())
    }
}

impl Collector<'_> {
    /// Begins a query or select, which is within what it is seen in.
    fn push(&mut self, name: Option<String>) {
        let within = self.frames.last().and_then(|frame| frame.of.clone());
        self.frames.push(Frame {
            of: name.or(within),
            ..Frame::default()
        });
    }

    /// How often the query of a name is computed.
    fn times(&self, name: Option<&str>, depth: u32) -> usize {
        let Some(name) = name else {
            return 1;
        };
        let users = self.uses.iter().filter(|(_, used)| used == name);
        match depth {
            0 => 1,
            depth => users
                .map(|(user, _)| self.times(user.as_deref(), depth - 1))
                .sum(),
        }
    }

    /// The column, or member of a struct column, that an expression is.
    fn column(&self, expr: &Expr) -> Option<String> {
        let parts: Vec<String> = match expr {
            Expr::Identifier(name) => vec![name.value.to_ascii_lowercase()],
            Expr::CompoundIdentifier(names) => names
                .iter()
                .map(|name| name.value.to_ascii_lowercase())
                .collect(),
            _ => return None,
        };
        let known = parts.first().is_some_and(|first| (self.is_column)(first));
        known.then(|| parts.join("."))
    }
}

/// Whether a select reads the table itself, rather than what another select made of it. The
/// questions name it right behind FROM.
fn reads_table(select: &Select) -> bool {
    select.from.iter().any(|from| match &from.relation {
        TableFactor::Table { name, .. } => name.to_string() == TABLE,
        _ => false,
    })
}

fn is_wildcard(item: &SelectItem) -> bool {
    matches!(
        item,
        SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queries::{Filling, questions};
    use crate::table::Schema;

    fn read(sql: &str) -> Vec<Scan> {
        let known = ["eventname", "eventsource", "errorcode", "useridentity", "x"];
        scans(sql, &|name| known.contains(&name), &[]).unwrap()
    }

    #[test]
    fn a_scan_has_every_column_that_its_select_and_order_name() {
        let sql = "SELECT useridentity.arn, count(*) AS n FROM cloudtrail \
                   WHERE eventname = 'A' GROUP BY 1 ORDER BY eventsource, n";
        let scan = read(sql).remove(0);
        let columns: Vec<&str> = scan.columns.iter().map(String::as_str).collect();
        assert_eq!(columns, ["eventname", "eventsource", "useridentity.arn"]);
        let filtered: Vec<&str> = scan.filters.iter().map(|f| f.column.as_str()).collect();
        assert_eq!(filtered, ["eventname"]);
    }

    #[test]
    fn each_pass_over_the_table_is_a_scan_of_its_own() {
        let sql = "WITH a AS (SELECT eventname FROM cloudtrail WHERE x = '1') \
                   SELECT * FROM a JOIN (SELECT errorcode AS e FROM cloudtrail) b ON a.eventname = b.e";
        let columns: Vec<Vec<String>> = read(sql)
            .into_iter()
            .map(|scan| scan.columns.into_iter().collect())
            .collect();
        assert_eq!(columns, [vec!["eventname", "x"], vec!["errorcode"]]);
    }

    #[test]
    fn what_with_names_is_read_as_often_as_it_is_used() {
        let sql = "WITH a AS (SELECT x FROM cloudtrail), b AS (SELECT x FROM a WHERE x = '1') \
                   SELECT 1 FROM a JOIN b ON a.x = b.x JOIN (SELECT x FROM b) c ON b.x = c.x";
        assert_eq!(read(sql).len(), 3);
    }

    #[test]
    fn every_question_of_the_pack_is_understood() {
        let schema = Schema::new(&[]).unwrap();
        let columns: BTreeSet<&str> = schema.columns().iter().map(|c| c.name.as_str()).collect();
        for question in questions() {
            let sql = Filling::default().fill(&question).unwrap();
            let scans = scans(&sql, &|name| columns.contains(name), &[]);
            let scans = scans.unwrap_or_else(|error| panic!("{}: {error}", question.name));
            assert!(!scans.is_empty(), "{}", question.name);
            for scan in scans {
                assert!(!scan.columns.is_empty(), "{}", question.name);
            }
        }
    }
}
