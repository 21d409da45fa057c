//! A hash of records that is equal where they are the same.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use crate::json::{JsonError, Kind, Scanner, Span};

use super::members::{decode, members};
use super::same::{Level, whole};

/// Hashes records so that the [same](super::same_record) record, however it is spelled, has
/// the same hash. Keyed at random: whoever writes records cannot make many of one hash, and
/// hashes of two hashers have nothing to do with each other.
#[derive(Debug, Default)]
pub struct RecordHasher(RandomState);

impl RecordHasher {
    /// The hash of a record.
    pub fn hash(&self, record: &str) -> u64 {
        // What is not JSON is the same as itself only.
        let hash = whole(record).and_then(|value| self.value(record, value, Level::Record));
        hash.unwrap_or_else(|_| self.0.hash_one(record))
    }

    fn value(
        &self,
        text: &str,
        (span, kind): (Span, Kind),
        level: Level,
    ) -> Result<u64, JsonError> {
        Ok(match kind {
            Kind::Object => {
                let mut sum: u64 = 0;
                for item in members(text, span.start)? {
                    if item.kind != Kind::Null || !level.drops_nulls() {
                        let level = level.member(&item.name);
                        let value = self.value(text, (item.value, item.kind), level)?;
                        // The order of members does not matter.
                        sum = sum.wrapping_add(self.0.hash_one((&item.name, value)));
                    }
                }
                self.0.hash_one((kind, sum))
            }
            Kind::Array => {
                let mut scanner = Scanner::at(text.as_bytes(), span.start as usize);
                let mut hasher = self.0.build_hasher();
                let mut first = true;
                scanner.enter_array()?;
                while scanner.next_element(&mut first)? {
                    let kind = scanner.peek()?;
                    let element = (scanner.skip()?, kind);
                    hasher.write_u64(self.value(text, element, level.element())?);
                }
                self.0.hash_one((kind, hasher.finish()))
            }
            Kind::String => {
                let token = Scanner::at(text.as_bytes(), span.start as usize).string()?;
                self.0.hash_one((kind, decode(token.span.of(text))))
            }
            Kind::Number | Kind::Bool | Kind::Null => self.0.hash_one((kind, span.of(text))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_one_hash_however_it_is_spelled() {
        let hasher = RecordHasher::default();
        for (a, b) in [
            (
                r#"{"a":"\u00e9\/","b":[1,{"c":true}]}"#,
                r#" { "b" : [ 1 , {"c":true} ] , "\u0061" : "é/" } "#,
            ),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
            (r#"{"a":1,"a":null}"#, "{}"),
            (r#"{"userIdentity":{"x":null}}"#, r#"{"userIdentity":{}}"#),
            (r#"{"resources":[{"ARN":null}]}"#, r#"{"resources":[{}]}"#),
            ("{", "{"),
        ] {
            assert_eq!(hasher.hash(a), hasher.hash(b), "{a} {b}");
        }
    }

    #[test]
    fn different_records_have_different_hashes() {
        let hasher = RecordHasher::default();
        let records = [
            "{}",
            "{} x",
            "[]",
            r#"{"a":1}"#,
            r#"{"a":1.0}"#,
            r#"{"a":"1"}"#,
            r#"{"a":[1]}"#,
            r#"{"a":[1,2]}"#,
            r#"{"a":[2,1]}"#,
            r#"{"a":[[1,2]]}"#,
            r#"{"a":{"b":1},"c":{"b":2}}"#,
            r#"{"a":{"b":2},"c":{"b":1}}"#,
            r#"{"requestParameters":{"a":null}}"#,
            r#"{"requestParameters":{}}"#,
            r#"{"resources":[null]}"#,
            r#"{"resources":[]}"#,
        ];
        let mut hashes: Vec<u64> = records.map(|record| hasher.hash(record)).to_vec();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), records.len());
    }
}
