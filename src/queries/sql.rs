//! As much of SQL's form as filling needs: what is code, a literal or a comment, and where the
//! table is scanned.

use std::iter;
use std::ops::Range;

use sqlparser::dialect::GenericDialect;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, TokenizerError, Whitespace};

/// The table of a question as it stands.
pub(crate) const TABLE: &str = "cloudtrail";

/// [`TABLE`] after the keyword that scans it.
pub(super) const SCAN: &str = "FROM cloudtrail";

/// The filter that follows each scan.
pub(super) const FILTER: &str = "date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')";

/// What a piece of SQL is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One token, or the white space between two.
    Code,
    /// With its quotes.
    Literal,
    /// To the end of its line.
    Comment,
}

/// The pieces of a text that begins outside of literals and comments. One after another they
/// are the text.
///
/// # Errors
/// If it is no SQL, such as a literal without an end.
pub(super) fn pieces(sql: &str) -> Result<Vec<(Kind, &str)>, TokenizerError> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location()?;
    let lines: Vec<usize> = iter::once(0)
        .chain(sql.match_indices('\n').map(|(at, _)| at + 1))
        .collect();
    // Lines and columns of a place count from 1, columns in characters.
    let offset = |place: Location| {
        let line = lines[place.line as usize - 1];
        let mut before = sql[line..].char_indices().map(|(at, _)| line + at);
        before.nth(place.column as usize - 1).unwrap_or(sql.len())
    };
    let pieces = tokens.into_iter().map(|TokenWithSpan { token, span }| {
        let kind = match token {
            Token::SingleQuotedString(_) => Kind::Literal,
            Token::Whitespace(
                Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_),
            ) => Kind::Comment,
            _ => Kind::Code,
        };
        (kind, &sql[offset(span.start)..offset(span.end)])
    });
    Ok(pieces.collect())
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
    use super::super::pack::questions;
    use super::*;

    #[test]
    fn a_scan_is_of_the_table() {
        assert_eq!(SCAN.strip_prefix("FROM "), Some(TABLE));
    }

    #[test]
    fn literals_and_comments_are_told_from_code() {
        let sql = "SELECT 'it''s -- né comment' AS \"it's\" -- it's\nFROM x";
        let pieces = pieces(sql).unwrap();
        let of = |kind| -> String {
            let of_kind = pieces.iter().filter(|piece| piece.0 == kind);
            of_kind.map(|piece| piece.1).collect()
        };
        assert_eq!(of(Kind::Code), "SELECT  AS \"it's\" \nFROM x");
        assert_eq!(of(Kind::Literal), "'it''s -- né comment'");
        assert_eq!(of(Kind::Comment), "-- it's");
        assert!(super::pieces("'open").is_err());
    }

    #[test]
    fn the_pieces_of_each_question_are_its_text() {
        for question in questions() {
            let pieces = pieces(question.text).unwrap();
            let text: String = pieces.iter().map(|piece| piece.1).collect();
            assert_eq!(text, question.text, "{}", question.name);
        }
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
