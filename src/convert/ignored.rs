//! What a source holds that is not read, counted by what it is.

use crate::cloudtrail::Left;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Examples of a kind.
const EXAMPLES: usize = 3;

/// Kinds that are told apart; what comes after them is of one kind.
const KINDS: usize = 50;

/// What files are called whose names are not asked for.
pub const EXCLUDED: &str = "excluded files";

/// What the kinds after that are called.
const OTHERS: &str = "other files";

/// What is not read, by what it is: the folder, the service, the extension of the name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Ignored(BTreeMap<String, IgnoredKind>);

/// Some of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct IgnoredKind {
    /// How many.
    pub count: u64,
    /// Keys of the first few.
    pub examples: Vec<String>,
}

impl Ignored {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What there is, by kind.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &IgnoredKind)> {
        self.0.iter().map(|(kind, some)| (kind.as_str(), some))
    }

    /// Adds one.
    pub(crate) fn add(&mut self, kind: &str, key: &str) {
        let some = self.kind(kind);
        some.count += 1;
        if some.examples.len() < EXAMPLES {
            some.examples.push(key.to_owned());
        }
    }

    /// Adds a file by the extension of its name.
    pub(crate) fn add_file(&mut self, key: &str) {
        self.add(&extension(key), key);
    }

    /// Adds all of another.
    pub(crate) fn extend(&mut self, other: Self) {
        for (kind, others) in other.0 {
            let some = self.kind(&kind);
            some.count += others.count;
            let room = EXAMPLES.saturating_sub(some.examples.len());
            some.examples.extend(others.examples.into_iter().take(room));
        }
    }

    fn kind(&mut self, kind: &str) -> &mut IgnoredKind {
        let kind = match self.0.len() < KINDS || self.0.contains_key(kind) {
            true => kind,
            false => OTHERS,
        };
        self.0.entry(kind.to_owned()).or_default()
    }
}

/// Each kind with its number and examples.
impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (kind, some) in self.kinds() {
            let examples = some.examples.join(", ");
            let kind = Left::from_code(kind).map_or(kind, |left| left.words());
            write!(f, "{separator}{} {kind} ({examples})", some.count)?;
            separator = "; ";
        }
        Ok(())
    }
}

/// A file's extension in small letters, with that which `.gz` and the like stand behind.
fn extension(key: &str) -> String {
    let name = key.rsplit('/').next().unwrap_or_default();
    if name.starts_with('.') {
        return "hidden files".to_owned();
    }
    let lower = name.to_ascii_lowercase();
    let mut parts: Vec<&str> = lower.split('.').skip(1).collect();
    let packed = ["gz", "zst", "bz2", "xz", "zip"];
    let is_packed = parts.last().is_some_and(|last| packed.contains(last));
    let count = parts.len().min(if is_packed { 2 } else { 1 });
    let parts = parts.split_off(parts.len() - count);
    let is_plain = |part: &&str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    match parts.iter().rev().take_while(|part| is_plain(part)).count() {
        0 => "files without extension".to_owned(),
        plain => format!(".{}", parts[parts.len() - plain..].join(".")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_of_the_kind_of_its_extension() {
        for (key, kind) in [
            ("a/b.ZIP", ".zip"),
            ("a.b/c.csv.gz", ".csv.gz"),
            ("x.tar.zst", ".tar.zst"),
            ("2024.report of may.gz", ".gz"),
            ("README", "files without extension"),
            ("a.b/c", "files without extension"),
            ("what.is this?", "files without extension"),
            ("a/.DS_Store", "hidden files"),
            ("ends.", "files without extension"),
        ] {
            assert_eq!(extension(key), kind, "{key}");
        }
    }

    #[test]
    fn kinds_are_counted_with_a_few_examples_and_are_not_without_end() {
        let mut ignored = Ignored::default();
        for number in 0..9 {
            ignored.add_file(&format!("{number}.csv"));
        }
        assert_eq!(ignored.to_string(), "9 .csv (0.csv, 1.csv, 2.csv)");
        for number in 0..999 {
            ignored.add_file(&format!("x.e{number}"));
        }
        assert_eq!(ignored.kinds().count(), KINDS + 1);
        let counted: u64 = ignored.kinds().map(|(_, some)| some.count).sum();
        assert_eq!(counted, 9 + 999);
        let mut twice = ignored.clone();
        twice.extend(ignored);
        let counted: u64 = twice.kinds().map(|(_, some)| some.count).sum();
        assert_eq!(counted, 2 * (9 + 999));
        assert!(
            twice
                .kinds()
                .all(|(_, some)| some.examples.len() <= EXAMPLES)
        );
    }
}
