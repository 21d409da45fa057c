//! The command `queries`.

use crate::cli::error::usage;
use crate::cli::groups::dialect::DialectArg;
use crate::cli::groups::questions::{all_set, named, parse_setting, settings, unfit};
use crate::cli::groups::range::EventArgs;
use crate::cli::output::ResultArgs;
use crate::cli::text::Text;
use clap::Args;
use cloudtrail2parquet::catalog::TableName;
use cloudtrail2parquet::queries::{Days, Filling, Parameter, Question, of_theme, questions};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Arguments of `queries`.
#[derive(Debug, Args)]
pub(crate) struct QueriesArgs {
    /// The question, or a theme to list; without, all are listed
    name: Option<String>,
    /// Print every question filled in
    #[arg(long, conflicts_with = "name")]
    all: bool,
    /// The engine; DuckDB's SQL is for the view of `table ddl --dialect duckdb`, and without
    /// dates it asks for all of them, the others' for the last seven days
    #[arg(long, value_enum, value_name = "ENGINE", default_value = "athena")]
    dialect: DialectArg,
    /// The table that is asked [default: cloudtrail, of the session's database]
    #[arg(long, value_name = "DB.NAME")]
    table: Option<TableName>,
    /// What the question is about; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_setting)]
    set: Vec<(String, String)>,
    /// Print an example in place of what is not set
    #[arg(long)]
    examples: bool,
    /// The form of the result
    #[command(flatten)]
    result: ResultArgs,
    /// Which events
    #[command(flatten)]
    events: EventArgs,
}

pub(crate) fn run(args: &QueriesArgs) -> anyhow::Result<()> {
    let theme = args.name.as_deref().map(of_theme).unwrap_or_default();
    let (asked, one): (Vec<Question>, bool) = match &args.name {
        Some(name) if theme.is_empty() => (vec![named(name)?], true),
        Some(_) => (theme, false),
        None => (questions().collect(), false),
    };
    let filling = args.filling(settings(&args.set, &asked)?)?;
    if (one || args.all) && !args.examples {
        all_set(&asked, &filling.parameters)?;
    }
    let fill = |question| Ok((question, filling.fill(&question).map_err(unfit)?));
    match asked[..] {
        [question] if one => {
            let filled = fill(question)?;
            args.result
                .print(|| Ok(document(&filled)), || filled.1.lines().collect())
        }
        _ if args.all => {
            let filled: Vec<_> = asked.into_iter().map(fill).collect::<anyhow::Result<_>>()?;
            args.result.print(
                || Ok(filled.iter().map(document).collect()),
                || script(&filled),
            )
        }
        _ if args.examples || filling != Filling::default() => Err(usage(
            "name the question to fill in, or --all: cloudtrail2parquet queries lists them",
        )),
        _ => args
            .result
            .print(|| Ok(asked.iter().map(listed).collect()), || list(&asked)),
    }
}

impl QueriesArgs {
    fn filling(&self, parameters: BTreeMap<String, String>) -> anyhow::Result<Filling> {
        let dates = self.events.dates()?;
        Ok(Filling {
            table: self.table.clone(),
            dialect: self.dialect.into(),
            days: match (self.events.last, dates.from, dates.to) {
                (Some(days), ..) => Days::Last(days),
                (None, Some(from), Some(to)) => Days::Between(from, to),
                (None, Some(from), None) => Days::From(from),
                (None, None, Some(to)) => Days::To(to),
                (None, None, None) => Days::AsWritten,
            },
            lanes: self.events.lanes(),
            parameters,
        })
    }
}

/// All questions as statements of one script.
fn script(filled: &[(Question, String)]) -> Text {
    let mut text = Text::default();
    for (number, (_, sql)) in filled.iter().enumerate() {
        if number > 0 {
            text.line("");
        }
        format!("{};", sql.trim_end())
            .lines()
            .for_each(|line| text.line(line));
    }
    text
}

fn document((question, sql): &(Question, String)) -> Value {
    json!({
        "name": question.name,
        "theme": question.theme,
        "question": question.question(),
        "sql": sql,
    })
}

fn listed(question: &Question) -> Value {
    let parameter = |p: &Parameter| json!({"name": p.name, "example": p.example});
    json!({
        "name": question.name,
        "theme": question.theme,
        "question": question.question(),
        "parameters": question.parameters().iter().map(parameter).collect::<Value>(),
    })
}

fn list(questions: &[Question]) -> Text {
    let longest = questions.iter().map(|question| question.name.len()).max();
    let width = longest.unwrap_or_default();
    let mut text = Text::default();
    let mut theme = None;
    for question in questions {
        if theme != Some(question.theme) {
            if theme.is_some() {
                text.line("");
            }
            theme = Some(question.theme);
            text.line(question.theme);
        }
        let (name, what) = (question.name, question.question());
        let set: String = question
            .parameters()
            .iter()
            .map(|parameter| format!("  --set {}=…", parameter.name))
            .collect();
        text.line(format!("  {name:<width$}  {what}{set}"));
    }
    text
}
