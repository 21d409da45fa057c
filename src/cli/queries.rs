//! The command `queries`: its arguments, what it does and what it prints.

use super::args::EventRangeArgs;
use super::options::{self, UsageError};
use super::report::document_text;
use clap::Args as ClapArgs;
use cloudtrail2parquet::catalog::TableName;
use cloudtrail2parquet::queries::{
    self, Days, FillError, Filling, Parameter, Question, nearest, questions,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Arguments of `queries`.
#[derive(Debug, ClapArgs)]
pub(crate) struct QueriesArgs {
    /// The question; without, all are listed
    pub(crate) name: Option<String>,
    /// Print every question filled in
    #[arg(long, conflicts_with = "name")]
    pub(crate) all: bool,
    /// The table that is asked [default: cloudtrail, of the session's database]
    #[arg(long, value_name = "DB.NAME")]
    pub(crate) table: Option<TableName>,
    /// What the question is about, in place of its example; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_setting)]
    pub(crate) set: Vec<(String, String)>,
    /// Which events
    #[command(flatten)]
    pub(crate) events: EventRangeArgs,
}

pub(super) fn parse_setting(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "write NAME=VALUE".to_owned())
}

/// What `queries` prints.
pub(crate) fn run(args: &QueriesArgs, json: bool) -> anyhow::Result<String> {
    let filling = filling(args)?;
    let asked: Vec<Question> = match &args.name {
        Some(name) => vec![named(name)?],
        None => questions().collect(),
    };
    check_parameters(&filling.parameters, &asked)?;
    if args.name.is_none() && !args.all {
        if filling != Filling::default() {
            let what =
                "name the question to fill in, or --all: cloudtrail2parquet queries lists them";
            return Err(UsageError(what.to_owned()).into());
        }
        return Ok(list(&asked, json)?);
    }
    let filled: Vec<(Question, String)> = asked
        .into_iter()
        .map(|question| Ok((question, filling.fill(&question)?)))
        .collect::<Result<_, FillError>>()
        .map_err(unfit)?;
    Ok(match (&filled[..], json) {
        ([(question, sql)], true) if !args.all => document_text(&document(question, sql))?,
        (_, true) => document_text(
            &filled
                .iter()
                .map(|(question, sql)| document(question, sql))
                .collect(),
        )?,
        ([(_, sql)], false) if !args.all => sql.clone(),
        (_, false) => {
            let statements = filled
                .iter()
                .map(|(_, sql)| format!("{};\n", sql.trim_end()));
            statements.collect::<Vec<String>>().join("\n")
        }
    })
}

fn filling(args: &QueriesArgs) -> anyhow::Result<Filling> {
    let range = options::range(&args.events.range)?;
    Ok(Filling {
        table: args.table.clone(),
        days: match (args.events.range.last, range.from, range.to) {
            (Some(days), ..) => Days::Last(days),
            (None, Some(from), Some(to)) => Days::Between(from, to),
            (None, Some(from), None) => Days::From(from),
            (None, None, Some(to)) => Days::To(to),
            (None, None, None) => Days::AsWritten,
        },
        accounts: range.accounts,
        regions: range.regions,
        parameters: args.set.iter().cloned().collect(),
    })
}

/// A value of `--set` that cannot be used.
pub(super) fn unfit(error: FillError) -> UsageError {
    UsageError(format!("--set: {error}"))
}

pub(super) fn named(name: &str) -> anyhow::Result<Question> {
    queries::question(name).ok_or_else(|| {
        let near = nearest(name).join(", ");
        let what = format!("there is no question {name:?}; near ones: {near}");
        UsageError(what).into()
    })
}

pub(super) fn check_parameters(
    set: &BTreeMap<String, String>,
    asked: &[Question],
) -> anyhow::Result<()> {
    let known: BTreeSet<&str> = asked
        .iter()
        .flat_map(Question::parameters)
        .map(|parameter| parameter.name)
        .collect();
    match set.keys().find(|name| !known.contains(name.as_str())) {
        None => Ok(()),
        Some(wrong) if known.is_empty() => {
            let what = format!("--set {wrong}: the question has nothing to set");
            Err(UsageError(what).into())
        }
        Some(wrong) => {
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            let what = format!("--set {wrong}: what can be set is {known}");
            Err(UsageError(what).into())
        }
    }
}

fn document(question: &Question, sql: &str) -> Value {
    json!({
        "name": question.name,
        "theme": question.theme,
        "question": question.question(),
        "sql": sql,
    })
}

fn list(questions: &[Question], json: bool) -> Result<String, serde_json::Error> {
    if json {
        let parameters = |question: &Question| -> Vec<Value> {
            let parameter = |p: &Parameter| json!({"name": p.name, "example": p.example});
            question.parameters().iter().map(parameter).collect()
        };
        let document = |question: &Question| {
            json!({
                "name": question.name,
                "theme": question.theme,
                "question": question.question(),
                "parameters": parameters(question),
            })
        };
        return document_text(&questions.iter().map(document).collect());
    }
    let longest = questions.iter().map(|question| question.name.len()).max();
    let width = longest.unwrap_or_default();
    let mut out = String::new();
    let mut theme = "";
    for question in questions {
        if question.theme != theme {
            theme = question.theme;
            let gap = if out.is_empty() { "" } else { "\n" };
            let _ = writeln!(out, "{gap}{theme}");
        }
        let _ = writeln!(out, "  {:<width$}  {}", question.name, question.question());
    }
    Ok(out)
}
