//! As much of SQL's form as filling needs: what is code, a literal or a comment, and where the
//! table is scanned.

use std::ops::Range;

/// The table of a question as it stands.
pub(crate) const TABLE: &str = "cloudtrail";

/// [`TABLE`] after the keyword that scans it.
pub(super) const SCAN: &str = "FROM cloudtrail";

/// The filter that follows each scan.
pub(super) const FILTER: &str = "date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')";

/// What a piece of SQL is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Code,
    /// With its quotes.
    Literal,
    /// To the end of its line.
    Comment,
}

/// The pieces of a text that begins outside of literals and comments.
pub(super) fn pieces(sql: &str) -> Vec<(Kind, &str)> {
    let mut pieces = Vec::new();
    let mut rest = sql;
    while !rest.is_empty() {
        let (kind, length) = if rest.starts_with("--") {
            (Kind::Comment, rest.find('\n').unwrap_or(rest.len()))
        } else if let Some(after) = rest.strip_prefix('\'') {
            // A doubled quote ends one literal and begins the next: together they are the same.
            let end = after.find('\'').map_or(rest.len(), |at| at + 2);
            (Kind::Literal, end)
        } else {
            let ends = [rest.find("--"), rest.find('\'')];
            (
                Kind::Code,
                ends.into_iter().flatten().min().unwrap_or(rest.len()),
            )
        };
        let (piece, after) = rest.split_at(length);
        pieces.push((kind, piece));
        rest = after;
    }
    pieces
}

/// One scan of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scan {
    /// Where [`SCAN`] stands.
    pub(super) table: Range<usize>,
    /// Where [`FILTER`] stands.
    pub(super) filter: Range<usize>,
}

/// The scans of the table, each with its filter.
pub(super) fn scans(sql: &str) -> Vec<Scan> {
    let scan = |start: usize| {
        let end = start + SCAN.len();
        let keyword = sql[end..].trim_start();
        let filter = keyword.strip_prefix("WHERE")?.trim_start();
        let spaced = keyword.len() < sql.len() - end;
        (spaced && filter.starts_with(FILTER)).then(|| {
            let at = sql.len() - filter.len();
            Scan {
                table: start..end,
                filter: at..at + FILTER.len(),
            }
        })
    };
    let starts = sql.match_indices(SCAN).map(|(start, _)| start);
    starts.filter_map(scan).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_is_of_the_table() {
        assert_eq!(SCAN.strip_prefix("FROM "), Some(TABLE));
    }

    #[test]
    fn literals_and_comments_are_told_from_code() {
        let sql = "SELECT 'it''s -- no comment' -- it's\nFROM x";
        assert_eq!(
            pieces(sql),
            [
                (Kind::Code, "SELECT "),
                (Kind::Literal, "'it'"),
                (Kind::Literal, "'s -- no comment'"),
                (Kind::Code, " "),
                (Kind::Comment, "-- it's"),
                (Kind::Code, "\nFROM x"),
            ]
        );
        assert_eq!(pieces("'open"), [(Kind::Literal, "'open")]);
        assert_eq!(
            pieces("a -- b"),
            [(Kind::Code, "a "), (Kind::Comment, "-- b")]
        );
    }

    #[test]
    fn a_scan_is_the_table_with_its_filter_however_indented() {
        let one = format!("SELECT 1 {SCAN}\n    WHERE {FILTER}\n AND x");
        let found = scans(&one);
        assert_eq!(found.len(), 1);
        assert_eq!(&one[found[0].table.clone()], SCAN);
        assert_eq!(&one[found[0].filter.clone()], FILTER);
        for none in [
            format!("{SCAN} WHERE x AND {FILTER}"),
            format!("{SCAN}_other WHERE {FILTER}"),
            format!("{SCAN}WHERE {FILTER}"),
            format!("{SCAN} t WHERE {FILTER}"),
        ] {
            assert_eq!(scans(&none), [], "{none}");
        }
    }
}
