//! Which files of a source are looked at, by their keys. The only user of globset.

use globset::{Glob, GlobSet, GlobSetBuilder};

/// Which files of a source are looked at, by their keys below its root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    only: Option<String>,
    include: Patterns,
    exclude: Patterns,
}

/// Why a pattern is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{pattern:?} is no pattern ({why}): write one like 'case-7/*.json.gz', where * also passes /"
)]
pub struct PatternError {
    pattern: String,
    why: String,
}

impl Names {
    /// Files that match some pattern of `include`, or all if there is none, and no pattern of
    /// `exclude`. `*` stands for any text, also with slashes.
    ///
    /// # Errors
    /// A pattern that is none.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Self, PatternError> {
        Ok(Self {
            only: None,
            include: Patterns::new(include)?,
            exclude: Patterns::new(exclude)?,
        })
    }

    /// The same of one file alone.
    #[must_use]
    pub fn of_one(self, key: String) -> Self {
        Self {
            only: Some(key),
            ..self
        }
    }

    /// The one file, if there is but one.
    pub fn only(&self) -> Option<&str> {
        self.only.as_deref()
    }

    /// Whether the key is another than the only one.
    pub fn is_other(&self, key: &str) -> bool {
        self.only.as_ref().is_some_and(|only| only != key)
    }

    /// Whether the patterns have the key.
    pub fn has(&self, key: &str) -> bool {
        let is_included = self.include.set.is_empty() || self.include.set.is_match(key);
        is_included && !self.exclude.set.is_match(key)
    }
}

/// Some patterns.
#[derive(Debug, Clone, Default)]
struct Patterns {
    texts: Vec<String>,
    set: GlobSet,
}

impl Patterns {
    fn new(texts: &[String]) -> Result<Self, PatternError> {
        let error = |pattern: &str, error: &globset::Error| PatternError {
            pattern: pattern.to_owned(),
            why: error.kind().to_string(),
        };
        let mut set = GlobSetBuilder::new();
        for text in texts {
            set.add(Glob::new(text).map_err(|why| error(text, &why))?);
        }
        Ok(Self {
            texts: texts.to_vec(),
            set: set.build().map_err(|why| error(&texts.join(" "), &why))?,
        })
    }
}

impl PartialEq for Patterns {
    fn eq(&self, other: &Self) -> bool {
        self.texts == other.texts
    }
}

impl Eq for Patterns {}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(include: &[&str], exclude: &[&str]) -> Names {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let (include, exclude): (Vec<String>, Vec<String>) = (owned(include), owned(exclude));
        Names::new(&include, &exclude).unwrap()
    }

    #[test]
    fn a_file_is_looked_at_if_it_is_included_and_not_excluded() {
        assert!(names(&[], &[]).has("any/key"));
        let json = names(&["*.json", "case-[0-9]/*"], &["*/old/*"]);
        for key in ["a.json", "x/y/a.json", "case-7/b.log", "case-7/x/b"] {
            assert!(json.has(key), "{key}");
        }
        for key in ["a.json.gz", "x/old/a.json", "case-x/b.log", "x/case-7/b"] {
            assert!(!json.has(key), "{key}");
        }
    }

    #[test]
    fn one_file_leaves_all_others_out() {
        let one = Names::default().of_one("a.json".into());
        assert!(!one.is_other("a.json") && one.is_other("b.json"));
        assert!(!Names::default().is_other("b.json"));
    }

    #[test]
    fn what_is_no_pattern_is_named() {
        let error = Names::new(&["[".to_owned()], &[]).unwrap_err();
        assert!(error.to_string().contains("\"[\" is no pattern"), "{error}");
    }
}
