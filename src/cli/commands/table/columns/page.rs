//! The page `docs/columns.md`: the columns by what they tell, those of requests by service.

use super::examples::Examples;
use crate::cli::text::Text;
use cloudtrail2parquet::table::{ColumnInfo, ColumnKind, Example, Schema, example};
use std::collections::BTreeMap;

/// The page of a schema.
pub(super) fn page(schema: &Schema) -> Text {
    let mut page: Text = PAGE.lines().collect();
    let columns = schema.columns();
    let of_kind = |kind| columns.iter().filter(move |column| column.kind == kind);
    section(&mut page, DOCUMENTED, of_kind(ColumnKind::Documented));
    section(&mut page, TYPED, of_kind(ColumnKind::Typed));
    let (mut by_service, mut own): (BTreeMap<&str, Vec<_>>, Vec<_>) = Default::default();
    let mut who = Vec::new();
    for column in of_kind(ColumnKind::Flattened) {
        let is_who = WHO.iter().any(|member| column.source.starts_with(member));
        match example(&column.name) {
            _ if is_who => who.push(column),
            Some(Example { service, event }) => {
                by_service.entry(service).or_default().push((column, event));
            }
            None => own.push(column),
        }
    }
    section(&mut page, IDENTITY, who.into_iter());
    page.line("");
    BY_SERVICE.lines().for_each(|line| page.line(line));
    let examples = Examples::of_sample();
    for (service, columns) in by_service {
        page.line("");
        match service {
            "*" => page.line("### Of any service"),
            service => page.line(format!("### {service}")),
        }
        let events = columns.iter().map(|(_, event)| *event);
        whole_event(&mut page, service, events, &examples);
        page.line("");
        page.line("| column | type | from | for example in |");
        page.line("|---|---|---|---|");
        for (column, event) in columns {
            let (name, ty) = (code(&column.name), code(&column.glue_type));
            let event = match event {
                "-" => String::new(),
                event => code(event),
            };
            page.line(format!(
                "| {name} | {ty} | {} | {event} |",
                code(&column.source)
            ));
        }
    }
    if !own.is_empty() {
        section(&mut page, OWN, own.into_iter());
    }
    page
}

fn section<'c>(page: &mut Text, head: &str, columns: impl Iterator<Item = &'c ColumnInfo>) {
    page.line("");
    head.lines().for_each(|line| page.line(line));
    page.line("");
    page.line("| column | type | from | what |");
    page.line("|---|---|---|---|");
    for column in columns {
        let (name, ty) = (code(&column.name), code(&column.glue_type));
        let (source, what) = (code(&column.source), cell(&column.comment));
        page.line(format!("| {name} | {ty} | {source} | {what} |"));
    }
}

/// Folds a whole event away: of those named the one that fills most columns, of those in the sample.
fn whole_event<'e>(
    page: &mut Text,
    service: &str,
    events: impl Iterator<Item = &'e str>,
    examples: &Examples,
) {
    let mut columns: BTreeMap<&str, usize> = BTreeMap::new();
    events.for_each(|event| *columns.entry(event).or_default() += 1);
    let lines = |(event, columns)| Some((columns, event, examples.of(service, event)?));
    let found = columns.into_iter().filter_map(lines);
    let Some((_, event, lines)) = found.max_by_key(|(columns, event, _)| (*columns, *event)) else {
        return;
    };
    page.line("");
    page.line(format!(
        "<details><summary>{event}, a whole event</summary>"
    ));
    page.line("");
    page.line("```json");
    lines.into_iter().for_each(|line| page.line(line));
    page.line("```");
    page.line("");
    page.line("</details>");
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn code(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("`{}`", cell(text)),
    }
}

/// Whose leaves tell of the caller and its connection.
const WHO: [&str; 2] = ["userIdentity.", "tlsDetails."];

const PAGE: &str = "\
# Columns

Made by `cloudtrail2parquet table columns --markdown`. The partition keys `account`, `region`
and `date` (strings) are in the paths, not in the files. A flattened column that is null in
every row of a file is left out of that file; readers that match columns by name give null.";

const DOCUMENTED: &str = "\
## As in AWS's own table

Under the names and types that AWS documents for Athena; every file has them.";

const TYPED: &str = "\
## What that table lacks

So that nothing of a record is lost, and time is typed.";

const IDENTITY: &str = "\
## Who, and over which connection

Each leaf of `useridentity` and `tlsdetails` as a column of its own.";

const BY_SERVICE: &str = "\
## Of requests and responses, by service

The fields that published detection rules ask for. Each is filled by every event that has its path,
of whatever service: it stands here with the service, and an event, where it is most likely to be met.
Whole events are those of `cloudtrail2parquet sample`: invented, in CloudTrail's form.";

const OWN: &str = "\
## Further ones

From the resources of an event, and those of `--columns`.";
