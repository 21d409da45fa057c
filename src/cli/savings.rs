//! The command `savings`: its arguments, what it does and what it prints.

use super::args::{ColumnsArgs, EventRangeArgs, S3Args};
use super::options;
use super::queries::{check_parameters, named, parse_setting, unfit};
use super::report::{document_text, table};
use clap::Args as ClapArgs;
use cloudtrail2parquet::queries::{Question, questions};
use cloudtrail2parquet::savings::{QuestionSavings, Savings, SavingsError, savings};
use indicatif::{BinaryBytes, HumanCount};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What Athena asks for a tebibyte scanned, in US dollars.
const DOLLARS_PER_TEBIBYTE: f64 = 5.0;

/// What Athena bills at least for a query; above it bytes are rounded up to a megabyte.
const MINIMUM: u64 = 10 * MEGABYTE;
const MEGABYTE: u64 = 1 << 20;

/// Arguments of `savings`.
#[derive(Debug, ClapArgs)]
#[command(
    mut_arg("requester_pays", |arg| arg.hide(true)),
    mut_arg("sse_kms_key_id", |arg| arg.hide(true)),
    mut_arg("source_bucket_owner", |arg| arg.hide(true))
)]
pub(crate) struct SavingsArgs {
    /// The table's place: s3://BUCKET/PREFIX or a folder
    pub(crate) dest: String,
    /// The questions, as `queries` lists them; without, all
    pub(crate) names: Vec<String>,
    /// What a question is about; of what is not set, nothing is pruned. May be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_setting)]
    pub(crate) set: Vec<(String, String)>,
    /// Further flattened columns
    #[command(flatten)]
    pub(crate) columns: ColumnsArgs,
    /// Which events; without dates, all
    #[command(flatten)]
    pub(crate) events: EventRangeArgs,
    /// How to reach S3
    #[command(flatten)]
    pub(crate) s3: S3Args,
}

/// What `savings` prints.
pub(crate) async fn run(args: &SavingsArgs, json: bool) -> anyhow::Result<String> {
    let names = args.names.iter().map(|name| named(name));
    let mut asked: Vec<Question> = names.collect::<anyhow::Result<_>>()?;
    if asked.is_empty() {
        asked = questions().collect();
    }
    let parameters: BTreeMap<String, String> = args.set.iter().cloned().collect();
    check_parameters(&parameters, &asked)?;
    let range = options::range(&args.events.range)?;
    let schema = options::schema(&args.columns)?;
    let destination = options::destination(&args.dest, &args.s3).await?;
    let found = savings(&destination, &schema, &range, &parameters, asked)
        .await
        .map_err(|error| match error {
            SavingsError::Fill(error) => unfit(error).into(),
            error => anyhow::Error::from(error),
        })?;
    Ok(match json {
        true => document_text(&document(&found))?,
        false => text(&found),
    })
}

fn text(savings: &Savings) -> String {
    let Some((from, to)) = savings.days else {
        return "The table is empty, or has no events in this range.\n".to_owned();
    };
    let mut out = String::new();
    // Writing to a String does not fail.
    let _ = writeln!(out, "events      {from} to {to}");
    let _ = writeln!(
        out,
        "raw gzip    {} in all, {} delivered on these days",
        BinaryBytes(savings.raw_bytes),
        BinaryBytes(savings.raw_asked_bytes)
    );
    let _ = writeln!(
        out,
        "Parquet     {} in {} files\n",
        BinaryBytes(savings.parquet_bytes),
        HumanCount(savings.files)
    );
    let head = [
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
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(savings.questions.iter().map(row));
    out.push_str(&table(&rows, 1));
    out.push_str(NOTES);
    out
}

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

fn row(question: &QuestionSavings) -> Vec<String> {
    let bytes = |bytes| BinaryBytes(bytes).to_string();
    vec![
        question.question.name.to_owned(),
        bytes(question.raw_bytes),
        bytes(question.raw_asked_bytes),
        bytes(question.parquet_bytes),
        bytes(question.with_bloom_bytes),
        bytes(question.with_page_index_bytes),
        bytes(question.fetched_bytes),
        money(question.raw_bytes),
        money(question.raw_asked_bytes),
        money(question.parquet_bytes),
        match less(question) {
            Some(times) if times >= 10.0 => format!("{times:.0}x"),
            Some(times) => format!("{times:.1}x"),
            None => "-".to_owned(),
        },
    ]
}

fn less(question: &QuestionSavings) -> Option<f64> {
    let (raw, parquet) = (question.raw_asked_bytes, question.parquet_bytes);
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
        "raw_bytes": savings.raw_bytes,
        "raw_asked_bytes": savings.raw_asked_bytes,
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
        "raw_bytes": question.raw_bytes,
        "raw_asked_bytes": question.raw_asked_bytes,
        "parquet_bytes": question.parquet_bytes,
        "with_bloom_bytes": question.with_bloom_bytes,
        "with_page_index_bytes": question.with_page_index_bytes,
        "trino_fetched_bytes": question.fetched_bytes,
        "raw_dollars": dollars(question.raw_bytes),
        "raw_asked_dollars": dollars(question.raw_asked_bytes),
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
