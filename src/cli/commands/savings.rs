//! The command `savings`.

use crate::cli::groups::columns::SchemaArgs;
use crate::cli::groups::questions::{named, parse_setting, settings, unfit};
use crate::cli::groups::range::EventArgs;
use crate::cli::groups::s3::{DestArgs, S3Args};
use crate::cli::numbers::{count, size};
use crate::cli::output::ResultArgs;
use crate::cli::text::Text;
use clap::Args;
use cloudtrail2parquet::queries::{Question, questions};
use cloudtrail2parquet::savings::{QuestionSavings, Savings, SavingsError, savings};
use serde_json::{Value, json};

/// What Athena asks for a tebibyte scanned, in US dollars.
const DOLLARS_PER_TEBIBYTE: f64 = 5.0;

/// What Athena bills at least for a query; above it bytes are rounded up to a megabyte.
const MINIMUM: u64 = 10 * MEGABYTE;
const MEGABYTE: u64 = 1 << 20;

/// Arguments of `savings`.
#[derive(Debug, Args)]
pub(crate) struct SavingsArgs {
    /// The table's place: s3://BUCKET/PREFIX or a folder
    dest: String,
    /// The questions, as `queries` lists them; without, all
    names: Vec<String>,
    /// What a question is about; of what is not set, nothing is pruned. May be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_setting)]
    set: Vec<(String, String)>,
    /// Further flattened columns
    #[command(flatten)]
    columns: SchemaArgs,
    /// The form of the result
    #[command(flatten)]
    result: ResultArgs,
    /// Which events; without dates, all
    #[command(flatten)]
    events: EventArgs,
    /// How to reach S3
    #[command(flatten)]
    s3: S3Args,
    /// How to read the destination
    #[command(flatten)]
    dest_s3: DestArgs,
}

pub(crate) async fn run(args: &SavingsArgs) -> anyhow::Result<()> {
    let names = args.names.iter().map(|name| named(name));
    let mut asked: Vec<Question> = names.collect::<anyhow::Result<_>>()?;
    if asked.is_empty() {
        asked = questions().collect();
    }
    let parameters = settings(&args.set, &asked)?;
    let (lanes, dates) = (args.events.lanes(), args.events.dates()?);
    let schema = args.columns.schema()?;
    let destination = args.dest_s3.open(&args.dest, &args.s3).await?;
    let found = savings(&destination, &schema, &lanes, dates, &parameters, asked)
        .await
        .map_err(|error| match error {
            SavingsError::Fill(error) => unfit(error),
            error => anyhow::Error::from(error),
        })?;
    args.result.print(|| Ok(document(&found)), || text(&found))
}

const HEAD: [&str; 11] = [
    "QUESTION",
    "RAW",
    "ITS DAYS",
    "PARQUET",
    "+ BLOOM",
    "+ PAGES",
    "TRINO",
    "$ RAW",
    "$ ITS DAYS",
    "$ PARQUET",
    "LESS",
];

const NOTES: &str = "
RAW        every raw object; ITS DAYS: those of the lanes and delivery days asked for
PARQUET    the columns of the question, in the row groups that min/max leaves
+ BLOOM    the same, if bloom filters are heeded; + PAGES: if the page index is, too; without
           the bytes of these themselves. Athena documents neither for such tables
TRINO      what a Trino reader fetches: small files whole, footers, gaps between columns.
           Athena does not document whether it bills the one or the other
$          at $5 a tebibyte, 10 MiB at least a query
LESS       how many times fewer bytes PARQUET has than ITS DAYS
";

fn text(savings: &Savings) -> Text {
    let mut text = Text::default();
    let Some((from, to)) = savings.days else {
        text.line("The table is empty, or has no events in this range.");
        return text;
    };
    text.field("events", format!("{from} to {to}"));
    let (all, asked) = (savings.delivered_bytes, savings.delivered_asked_bytes);
    text.field(
        "raw gzip",
        format!(
            "{} in all, {} delivered on these days",
            size(all),
            size(asked)
        ),
    );
    text.field(
        "Parquet",
        format!(
            "{} in {} files",
            size(savings.parquet_bytes),
            count(savings.files)
        ),
    );
    text.line("");
    let mut rows = vec![HEAD.map(str::to_owned).to_vec()];
    rows.extend(savings.questions.iter().map(row));
    text.table(&rows, 1);
    NOTES.lines().for_each(|line| text.line(line));
    text
}

fn row(question: &QuestionSavings) -> Vec<String> {
    vec![
        question.question.name.to_owned(),
        size(question.delivered_bytes),
        size(question.delivered_asked_bytes),
        size(question.parquet_bytes),
        size(question.with_bloom_bytes),
        size(question.with_page_index_bytes),
        size(question.fetched_bytes),
        money(question.delivered_bytes),
        money(question.delivered_asked_bytes),
        money(question.parquet_bytes),
        match less(question) {
            Some(times) if times >= 10.0 => format!("{times:.0}x"),
            Some(times) => format!("{times:.1}x"),
            None => "-".to_owned(),
        },
    ]
}

fn less(question: &QuestionSavings) -> Option<f64> {
    let (raw, parquet) = (question.delivered_asked_bytes, question.parquet_bytes);
    (parquet > 0).then(|| raw as f64 / parquet as f64)
}

/// What Athena bills for a query that scans `bytes`, in dollars.
fn dollars(bytes: u64) -> f64 {
    let billed = (bytes.div_ceil(MEGABYTE) * MEGABYTE).max(MINIMUM);
    billed as f64 / (1_u64 << 40) as f64 * DOLLARS_PER_TEBIBYTE
}

fn money(bytes: u64) -> String {
    format!("{:.5}", dollars(bytes))
}

fn document(savings: &Savings) -> Value {
    json!({
        "from": savings.days.map(|(from, _)| from.to_string()),
        "to": savings.days.map(|(_, to)| to.to_string()),
        "delivered_bytes": savings.delivered_bytes,
        "delivered_asked_bytes": savings.delivered_asked_bytes,
        "files": savings.files,
        "parquet_bytes": savings.parquet_bytes,
        "dollars_per_tebibyte": DOLLARS_PER_TEBIBYTE,
        "minimum_bytes": MINIMUM,
        "questions": savings.questions.iter().map(question).collect::<Value>(),
    })
}

fn question(question: &QuestionSavings) -> Value {
    json!({
        "theme": question.question.theme,
        "name": question.question.name,
        "question": question.question.question(),
        "scans": question.scans,
        "delivered_bytes": question.delivered_bytes,
        "delivered_asked_bytes": question.delivered_asked_bytes,
        "parquet_bytes": question.parquet_bytes,
        "with_bloom_bytes": question.with_bloom_bytes,
        "with_page_index_bytes": question.with_page_index_bytes,
        "trino_fetched_bytes": question.fetched_bytes,
        "delivered_dollars": dollars(question.delivered_bytes),
        "delivered_asked_dollars": dollars(question.delivered_asked_bytes),
        "parquet_dollars": dollars(question.parquet_bytes),
        "times_less": less(question),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_billed_ten_megabytes_at_least_and_whole_megabytes() {
        let tebibyte = 1_u64 << 40;
        assert_eq!(dollars(tebibyte), 5.0);
        assert_eq!(dollars(0), dollars(MINIMUM));
        assert_eq!(dollars(MINIMUM + 1), dollars(MINIMUM + MEGABYTE));
        assert_eq!(money(MINIMUM), "0.00005");
    }
}
