//! The questions over a range of the table: what each reads, raw and converted.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;

use super::SavingsError;
use super::fetch::is_read_whole;
use super::file::{Cost, File};
use super::filter::Test;
use super::prune::Lookups;
use super::raw::delivered_bytes;
use super::scan::{Scan, scans};
use crate::files::Contents;
use crate::files::{read_bloom, read_dictionary, read_footer};
use crate::lane::Partition;
use crate::queries::{Days, Filling, Question};
use crate::scope::{EventDates, Lanes};
use crate::store::{Entry, Store};
use crate::table::Schema;

/// Partitions listed, and files looked at, at once.
const CONCURRENT_READS: usize = 32;

/// What the questions read, over a range of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Savings {
    /// First and last date of the events asked for; none if the table has none of them.
    pub days: Option<(Date, Date)>,
    /// Bytes of all raw objects that the ledger has converted, each version of a replaced one.
    pub delivered_bytes: u64,
    /// Those of the lanes and delivery days asked for.
    pub delivered_asked_bytes: u64,
    /// Parquet objects in the partitions asked for.
    pub files: u64,
    /// Their bytes.
    pub parquet_bytes: u64,
    /// In the order asked.
    pub questions: Vec<QuestionSavings>,
}

/// What one question reads, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionSavings {
    /// The question.
    pub question: Question,
    /// How often it goes over the table; raw objects would be read as often.
    pub scans: u64,
    /// Raw: every object.
    pub delivered_bytes: u64,
    /// Raw: the objects of the lanes and delivery days asked for.
    pub delivered_asked_bytes: u64,
    /// Parquet: the chunks of its columns, in row groups that min/max leaves.
    pub parquet_bytes: u64,
    /// The same, if the engine heeds bloom filters; without the bytes of these themselves.
    pub with_bloom_bytes: u64,
    /// The same, if it heeds the page index too.
    pub with_page_index_bytes: u64,
    /// What a Trino reader fetches of the files, footers and gaps included.
    pub fetched_bytes: u64,
}

/// Computes what `questions` read of the table at `destination`, over the dates and lanes
/// asked for; without dates, over all of it. `parameters` are as for [`Filling`]; of one that
/// is not set nothing is known, so that it prunes nothing.
///
/// # Errors
/// Those of the store and the ledger, and a Parquet object that cannot be read.
pub async fn savings(
    destination: &Store,
    schema: &Schema,
    lanes: &Lanes,
    dates: EventDates,
    parameters: &BTreeMap<String, String>,
    questions: Vec<Question>,
) -> Result<Savings, SavingsError> {
    let all = Contents::of(destination).await?.partitions;
    let first = all.iter().map(|partition| partition.date).min();
    let last = all.iter().map(|partition| partition.date).max();
    let days = dates.from.or(first).zip(dates.to.or(last));
    let Some(days) = days else {
        return Ok(empty(questions));
    };
    let asked = all.into_iter().filter(|partition| {
        lanes.has(&partition.lane) && (days.0..=days.1).contains(&partition.date)
    });
    let asked: Vec<Partition> = asked.collect();
    if asked.is_empty() {
        return Ok(empty(questions));
    }
    let plan = Plan::new(schema, lanes, days, parameters, &questions)?;
    let totals = files(destination, asked)
        .await?
        .into_iter()
        .map(|(partition, entry)| cost_of(destination, partition, entry, &plan));
    let (mut files, mut parquet_bytes) = (0, 0);
    let mut costs = vec![Cost::default(); plan.scans.len()];
    let mut found = stream::iter(totals).buffer_unordered(CONCURRENT_READS);
    while let Some((size, of_file)) = found.try_next().await? {
        files += 1;
        parquet_bytes += size;
        for (sum, cost) in costs.iter_mut().zip(of_file) {
            *sum += cost;
        }
    }
    let raw = delivered_bytes(destination, lanes, dates).await?;
    let mut questions: Vec<QuestionSavings> = questions.into_iter().map(nothing).collect();
    for ((number, _), cost) in plan.scans.iter().zip(costs) {
        if let Some(question) = questions.get_mut(*number) {
            question.scans += 1;
            question.delivered_bytes += raw.all;
            question.delivered_asked_bytes += raw.asked;
            question.parquet_bytes += cost.chunks;
            question.with_bloom_bytes += cost.with_bloom;
            question.with_page_index_bytes += cost.with_pages;
            question.fetched_bytes += cost.fetched;
        }
    }
    Ok(Savings {
        days: Some(days),
        delivered_bytes: raw.all,
        delivered_asked_bytes: raw.asked,
        files,
        parquet_bytes,
        questions,
    })
}

/// The scans of all questions.
struct Plan {
    /// Each with the number of its question.
    scans: Vec<(usize, Scan)>,
    /// The columns that some scan compares with values.
    compared: BTreeSet<String>,
}

impl Plan {
    fn new(
        schema: &Schema,
        lanes: &Lanes,
        (from, to): (Date, Date),
        parameters: &BTreeMap<String, String>,
        questions: &[Question],
    ) -> Result<Self, SavingsError> {
        let partition = ["account", "region", "date"];
        let names = schema.columns().iter().map(|column| column.name.as_str());
        let columns: BTreeSet<&str> = names.chain(partition).collect();
        let filling = Filling {
            days: Days::Between(from, to),
            lanes: lanes.clone(),
            parameters: parameters.clone(),
            ..Filling::default()
        };
        let mut plan = Self {
            scans: Vec::new(),
            compared: BTreeSet::new(),
        };
        for (number, question) in questions.iter().enumerate() {
            let unset = question.parameters();
            let unset = unset.iter().filter(|p| !parameters.contains_key(p.name));
            let examples: Vec<&str> = unset.map(|parameter| parameter.example).collect();
            let sql = filling.fill(question)?;
            let of_question = scans(&sql, &|name| columns.contains(name), &examples)?;
            plan.scans
                .extend(of_question.into_iter().map(|scan| (number, scan)));
        }
        let filters = plan.scans.iter().flat_map(|(_, scan)| &scan.filters);
        plan.compared = filters
            .filter(|filter| {
                filter
                    .any
                    .iter()
                    .all(|test| matches!(test, Test::Equals(_)))
            })
            .map(|filter| filter.column.clone())
            .collect();
        Ok(plan)
    }
}

/// The Parquet objects of partitions.
async fn files(
    destination: &Store,
    partitions: Vec<Partition>,
) -> Result<Vec<(Partition, Entry)>, SavingsError> {
    let listings: Vec<Vec<(Partition, Entry)>> = stream::iter(partitions)
        .map(async |partition| {
            let entries = destination.list(&partition.path(), None).await?;
            let files = entries
                .into_iter()
                .filter(|entry| entry.key.ends_with(".parquet"));
            Ok::<_, SavingsError>(files.map(|entry| (partition.clone(), entry)).collect())
        })
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await?;
    Ok(listings.into_iter().flatten().collect())
}

/// The file's size, and what each scan reads of it.
async fn cost_of(
    destination: &Store,
    partition: Partition,
    entry: Entry,
    plan: &Plan,
) -> Result<(u64, Vec<Cost>), SavingsError> {
    let footer = read_footer(destination, &entry.key, entry.size).await?;
    let mut lookups = Vec::new();
    for group in footer.metadata.row_groups() {
        let mut of_group = Lookups::default();
        for chunk in group.columns() {
            let path = chunk.column_path().string();
            if !plan.compared.contains(&path) {
                continue;
            }
            if let Some(bloom) = read_bloom(destination, &entry.key, chunk).await? {
                of_group.blooms.insert(path.clone(), bloom);
            }
            // Of a file that is read whole they spare nothing.
            if !is_read_whole(entry.size)
                && let Some(values) = read_dictionary(destination, &entry.key, chunk).await?
            {
                of_group.dictionaries.insert(path, values);
            }
        }
        lookups.push(of_group);
    }
    let file = File::new(&partition, entry.size, &footer, &lookups);
    let costs = plan.scans.iter().map(|(_, scan)| file.cost(scan));
    Ok((entry.size, costs.collect()))
}

fn nothing(question: Question) -> QuestionSavings {
    QuestionSavings {
        question,
        scans: 0,
        delivered_bytes: 0,
        delivered_asked_bytes: 0,
        parquet_bytes: 0,
        with_bloom_bytes: 0,
        with_page_index_bytes: 0,
        fetched_bytes: 0,
    }
}

fn empty(questions: Vec<Question>) -> Savings {
    Savings {
        days: None,
        delivered_bytes: 0,
        delivered_asked_bytes: 0,
        files: 0,
        parquet_bytes: 0,
        questions: questions.into_iter().map(nothing).collect(),
    }
}
