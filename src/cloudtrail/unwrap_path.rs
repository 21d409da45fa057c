//! Where events stand inside of objects that the rules do not know.

use crate::json::{JsonError, Kind, Scanner, unescape};
use serde::{Deserialize, Serialize};

/// A path of member names, like `_source.event.original`: in each object of a file that the rules
/// neither open nor take as a record, events stand there. Lists on the way are passed through; a
/// name may itself have dots.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnwrapPath(String);

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write the names of members with dots between them, for example _source.event.original")]
pub struct UnwrapPathError;

impl std::str::FromStr for UnwrapPath {
    type Err = UnwrapPathError;

    fn from_str(text: &str) -> Result<Self, UnwrapPathError> {
        match text.split('.').all(|name| !name.is_empty()) {
            true => Ok(Self(text.to_owned())),
            false => Err(UnwrapPathError),
        }
    }
}

impl UnwrapPath {
    /// The path itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the values at the path begin, in the value that begins at `start` of a JSON text.
    pub(super) fn find(&self, text: &str, start: usize) -> Result<Vec<usize>, JsonError> {
        let mut found = Vec::new();
        find(text, start, &self.0, &mut found)?;
        Ok(found)
    }
}

fn find(text: &str, start: usize, path: &str, found: &mut Vec<usize>) -> Result<(), JsonError> {
    let mut scanner = Scanner::at(text.as_bytes(), start);
    let mut first = true;
    match scanner.peek()? {
        Kind::Array => {
            scanner.enter_array()?;
            while scanner.next_element(&mut first)? {
                scanner.peek()?;
                find(text, scanner.position(), path, found)?;
                scanner.skip()?;
            }
        }
        Kind::Object => {
            scanner.enter_object()?;
            while let Some(key) = scanner.next_key(&mut first)? {
                let (name, _) = unescape(key.span.of(text));
                scanner.peek()?;
                let at = scanner.position();
                scanner.skip()?;
                match path.strip_prefix(&*name) {
                    Some("") => found.push(at),
                    Some(rest) => {
                        if let Some(rest) = rest.strip_prefix('.') {
                            find(text, at, rest, found)?;
                        }
                    }
                    None => {}
                }
            }
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let path: UnwrapPath = path.parse().unwrap();
        let starts = path.find(text, 0).unwrap();
        let value = |start| Scanner::at(text.as_bytes(), start).skip().unwrap().of(text);
        starts.into_iter().map(|at| value(at).to_owned()).collect()
    }

    #[test]
    fn a_path_leads_through_objects_and_lists_and_names_with_dots() {
        for (path, text) in [
            ("a", r#"{"b":2,"a":1}"#),
            ("a.b", r#"{"a":{"x":0,"b":1}}"#),
            ("a.b", r#"{"a.b":1}"#),
            ("a.b.c", r#"{"a":{"b.c":1}}"#),
            ("a.b.c", r#"{"a.b":{"c":1}}"#),
            ("a.b", r#"{"\u0061":{"b":1}}"#),
            ("a.b", r#"[{"a":[[{"b":1}],{"c":2},7]}]"#),
        ] {
            assert_eq!(found(path, text), ["1"], "{path} {text}");
        }
        assert_eq!(found("a", r#"[{"a":[1,2]},{"a":{}}]"#), ["[1,2]", "{}"]);
        for text in [
            "{}",
            "[]",
            "7",
            r#"{"a":1}"#,
            r#"{"a":{"bb":1}}"#,
            r#"{"A":{"b":1}}"#,
        ] {
            assert_eq!(found("a.b", text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_path_with_an_empty_name_is_refused() {
        for text in ["", ".", "a.", ".a", "a..b"] {
            assert_eq!(text.parse::<UnwrapPath>(), Err(UnwrapPathError), "{text}");
        }
    }
}
