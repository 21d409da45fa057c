//! Equality of records as JSON.

use crate::json::{JsonError, Kind, Scanner, Span};

use super::columns::{COLUMNS, Member, Type};
use super::members::{Item, decode, elements, members_by_name};

/// Whether two JSON texts are the same record: equal as JSON, where of duplicate names the
/// last counts, numbers are equal when their literals are, and a null member is an absent
/// one in the record itself and in its structs, but not inside JSON text columns.
///
/// A text that is not JSON is the same as itself only.
pub fn same_record(a: &str, b: &str) -> bool {
    a == b || compare(a, b).unwrap_or(false)
}

/// Whether a text is one JSON object.
pub fn is_record(text: &str) -> bool {
    matches!(whole(text), Ok((_, Kind::Object)))
}

/// What the members of an object are.
#[derive(Clone, Copy)]
pub(super) enum Level {
    Record,
    Struct(&'static [Member]),
    Structs(&'static [Member]),
    Map,
    /// Anything: a null member counts.
    Json,
}

impl Level {
    pub(super) fn drops_nulls(self) -> bool {
        !matches!(self, Level::Json | Level::Structs(_))
    }

    pub(super) fn member(self, name: &[u8]) -> Level {
        let ty = match self {
            Level::Record => {
                let mut columns = COLUMNS.iter().map(|column| column.member);
                columns.find(|member| member.source.as_bytes() == name)
            }
            Level::Struct(members) => {
                let mut members = members.iter();
                members
                    .find(|member| member.source.as_bytes() == name)
                    .copied()
            }
            _ => None,
        };
        match ty.map(|member| member.ty) {
            Some(Type::Struct(members)) => Level::Struct(members),
            Some(Type::Structs(members)) => Level::Structs(members),
            Some(Type::Map) => Level::Map,
            _ => Level::Json,
        }
    }

    pub(super) fn element(self) -> Level {
        match self {
            Level::Structs(members) => Level::Struct(members),
            _ => Level::Json,
        }
    }
}

fn compare(a: &str, b: &str) -> Result<bool, JsonError> {
    let (mut left, mut right) = (Scanner::new(a.as_bytes()), Scanner::new(b.as_bytes()));
    if (left.peek()?, right.peek()?) != (Kind::Object, Kind::Object) {
        return same(a, whole(a)?, b, whole(b)?, Level::Record);
    }
    let items = (
        members_by_name(a, &mut left)?,
        members_by_name(b, &mut right)?,
    );
    left.finish()?;
    right.finish()?;
    same_members(a, items.0, b, items.1, Level::Record)
}

/// A text that is one value.
pub(super) fn whole(text: &str) -> Result<(Span, Kind), JsonError> {
    let mut scanner = Scanner::new(text.as_bytes());
    let kind = scanner.peek()?;
    let span = scanner.skip()?;
    scanner.finish().map(|()| (span, kind))
}

fn same(
    a: &str,
    (a_span, a_kind): (Span, Kind),
    b: &str,
    (b_span, b_kind): (Span, Kind),
    level: Level,
) -> Result<bool, JsonError> {
    if a_kind != b_kind {
        return Ok(false);
    }
    // Copies of an event differ in the order of its members, if at all: most values are one text.
    if a_span.of(a) == b_span.of(b) {
        return Ok(true);
    }
    match a_kind {
        Kind::Object => {
            let members = |text, span: Span| {
                let mut scanner = Scanner::at(str::as_bytes(text), span.start as usize);
                members_by_name(text, &mut scanner)
            };
            same_members(a, members(a, a_span)?, b, members(b, b_span)?, level)
        }
        Kind::Array => {
            let (left, right) = (elements(a, a_span.start)?, elements(b, b_span.start)?);
            if left.len() != right.len() {
                return Ok(false);
            }
            for (left, right) in left.into_iter().zip(right) {
                if !same(a, left, b, right, level.element())? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Kind::String => {
            let content = |text, span: Span| {
                let token = Scanner::at(str::as_bytes(text), span.start as usize).string()?;
                Ok::<_, JsonError>(decode(token.span.of(text)))
            };
            Ok(content(a, a_span)? == content(b, b_span)?)
        }
        Kind::Number | Kind::Bool | Kind::Null => Ok(false),
    }
}

/// Whether two objects are the same by their members, which are in the order of their names.
fn same_members(
    a: &str,
    mut left: Vec<Item<'_>>,
    b: &str,
    mut right: Vec<Item<'_>>,
    level: Level,
) -> Result<bool, JsonError> {
    if level.drops_nulls() {
        left.retain(|item| item.kind != Kind::Null);
        right.retain(|item| item.kind != Kind::Null);
    }
    if left.len() != right.len() {
        return Ok(false);
    }
    for (left, right) in left.iter().zip(&right) {
        let (one, other) = ((left.value, left.kind), (right.value, right.kind));
        if left.name != right.name || !same(a, one, b, other, level.member(&left.name))? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_white_space_and_escapes_do_not_matter() {
        assert!(same_record(
            r#"{"a":"\u00e9\/","b":[1,{"c":true}]}"#,
            r#" { "b" : [ 1 , {"c":true} ] , "\u0061" : "é/" } "#
        ));
        assert!(!same_record(r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#));
        assert!(!same_record(r#"{"a":1}"#, r#"{"a":"1"}"#));
        assert!(!same_record(r#"{"a":"\ud800"}"#, r#"{"a":"\ud801"}"#));
    }

    #[test]
    fn numbers_are_equal_when_their_literals_are() {
        assert!(!same_record(r#"{"a":1}"#, r#"{"a":1.0}"#));
        assert!(!same_record(
            r#"{"a":12345678901234567890123}"#,
            r#"{"a":12345678901234567890124}"#
        ));
    }

    #[test]
    fn a_null_member_is_absent_in_structs_and_counts_in_json_text() {
        for (a, b) in [
            (r#"{"errorCode":null}"#, "{}"),
            (
                r#"{"userIdentity":{"sessionContext":{"x":null}}}"#,
                r#"{"userIdentity":{"sessionContext":{}}}"#,
            ),
            (r#"{"resources":[{"ARN":null}]}"#, r#"{"resources":[{}]}"#),
            (r#"{"requestParameters":null}"#, "{}"),
        ] {
            assert!(same_record(a, b), "{a} {b}");
        }
        for (a, b) in [
            (
                r#"{"requestParameters":{"a":null}}"#,
                r#"{"requestParameters":{}}"#,
            ),
            (r#"{"unknown":{"a":null}}"#, r#"{"unknown":{}}"#),
            (r#"{"resources":[null]}"#, r#"{"resources":[]}"#),
            (r#"{"userIdentity":{}}"#, "{}"),
        ] {
            assert!(!same_record(a, b), "{a} {b}");
        }
    }

    #[test]
    fn of_duplicate_names_the_last_counts() {
        assert!(same_record(r#"{"a":1,"a":2}"#, r#"{"a":2}"#));
        assert!(same_record(r#"{"a":1,"a":null}"#, "{}"));
    }

    #[test]
    fn what_is_not_json_is_the_same_as_itself_only() {
        assert!(same_record("{", "{"));
        assert!(!same_record("{", "{ "));
        assert!(!same_record("{}", "{} x"));
        assert!(!same_record(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1} x"#));
        assert!(same_record("[1]", " [ 1 ] "));
    }
}
