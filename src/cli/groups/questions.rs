//! Questions by name, and what they are about.

use crate::cli::error::usage;
use crate::cli::printable::is_unprintable;
use cloudtrail2parquet::queries::{FillError, Question, nearest, question, questions};
use std::collections::{BTreeMap, BTreeSet};

/// A setting of `--set`. It is printed in a comment and a literal of SQL, and is to be there
/// as it is.
pub(crate) fn parse_setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((_, value)) if value.contains(is_unprintable) => {
            Err("the value holds a line break or another control character".to_owned())
        }
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err("write NAME=VALUE".to_owned()),
    }
}

/// The question of that name.
pub(crate) fn named(name: &str) -> anyhow::Result<Question> {
    question(name).ok_or_else(|| {
        let near = nearest(name).join(", ");
        let themes: BTreeSet<&str> = questions().map(|question| question.theme).collect();
        let themes = themes.into_iter().collect::<Vec<_>>().join(", ");
        usage(format!(
            "there is no question {name:?}; near ones: {near}; themes that `queries` lists: {themes}"
        ))
    })
}

/// The settings by name, each of which some question must have.
pub(crate) fn settings(
    set: &[(String, String)],
    asked: &[Question],
) -> anyhow::Result<BTreeMap<String, String>> {
    let known: BTreeSet<&str> = asked
        .iter()
        .flat_map(Question::parameters)
        .map(|parameter| parameter.name)
        .collect();
    match set.iter().find(|(name, _)| !known.contains(name.as_str())) {
        None => Ok(set.iter().cloned().collect()),
        Some((wrong, _)) if known.is_empty() => Err(usage(format!(
            "--set {wrong}: the question has nothing to set"
        ))),
        Some((wrong, _)) => {
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            Err(usage(format!("--set {wrong}: what can be set is {known}")))
        }
    }
}

/// Fails if a question's example would stand for what nobody has set.
pub(crate) fn all_set(asked: &[Question], set: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let unset = asked.iter().find_map(|question| {
        let mut parameters = question.parameters().into_iter();
        let unset = parameters.find(|parameter| !set.contains_key(parameter.name))?;
        Some((question.name, unset))
    });
    match unset {
        None => Ok(()),
        Some((question, unset)) => Err(usage(format!(
            "{question} asks about one {}: name it, as in --set {}={}, or print such examples with --examples",
            unset.name, unset.name, unset.example
        ))),
    }
}

/// Why a question cannot be filled in, as a mistake in `--set` if it is one.
pub(crate) fn unfit(error: FillError) -> anyhow::Error {
    match error {
        FillError::ControlCharacter { .. } => usage(format!("--set: {error}")),
        FillError::Sql(_) => error.into(),
    }
}
