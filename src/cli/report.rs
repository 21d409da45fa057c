//! Results as text for people or one JSON document for programs.

use cloudtrail2parquet::catalog::{Outcome, Registered, TableSpec};
use cloudtrail2parquet::convert::{LaneStatus, Status, Summary};
use cloudtrail2parquet::sample::Truth;
use cloudtrail2parquet::table::Schema;
use indicatif::{BinaryBytes, HumanCount};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

type Text = Result<String, serde_json::Error>;

/// The result of `convert`.
pub(crate) fn summary(
    summary: &Summary,
    registered: Option<&(TableSpec, Registered)>,
    elapsed: Duration,
    json: bool,
) -> Text {
    if json {
        let mut document = serde_json::to_value(summary)?;
        document["seconds"] = json!(elapsed.as_secs_f64());
        if let Some((spec, registered)) = registered {
            document["table"] = table_document(spec, registered);
        }
        return document_text(&document);
    }
    let mut out = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(out, "{name:<12}{value}");
    };
    let count = |number: u64| HumanCount(number).to_string();
    line("lanes", count(summary.lanes));
    line(
        "files",
        with(
            count(summary.objects) + " converted",
            &[
                (summary.skipped_objects, "converted before"),
                (
                    summary.unread_objects,
                    "not readable, tried again by the next run",
                ),
            ],
        ),
    );
    for (folder, &objects) in &summary.left_objects {
        line(
            "",
            format!("{} of {folder} left: they hold no events", count(objects)),
        );
    }
    line("records", count(summary.records));
    line(
        "rows",
        with(
            count(summary.rows),
            &[(
                summary.other_region_rows,
                "with an awsRegion other than their partition's",
            )],
        ),
    );
    line("duplicates", count(summary.duplicates));
    line("rejects", count(summary.rejects));
    line(
        "raw",
        format!(
            "{}, {} uncompressed",
            BinaryBytes(summary.delivered_bytes),
            BinaryBytes(summary.raw_bytes)
        ),
    );
    line(
        "Parquet",
        format!(
            "{} in {} files",
            BinaryBytes(summary.parquet_bytes),
            count(summary.files)
        ),
    );
    line("seconds", format!("{:.1}", elapsed.as_secs_f64()));
    if let Some((spec, registered)) = registered {
        out.push_str(&table_text(spec, registered));
    }
    if summary.interrupted {
        out.push_str("Interrupted: what is committed stays; run the same command to go on.\n");
    } else if summary.objects + summary.files + summary.rejects == 0 {
        out.push_str("Nothing new: nothing was written.\n");
    }
    if summary.unfinished_lanes > 0 {
        let _ = writeln!(
            out,
            "{} lanes wait for an open claim that could not be finished; see above.",
            summary.unfinished_lanes
        );
    }
    Ok(out)
}

fn with(mut text: String, parts: &[(u64, &str)]) -> String {
    for (number, what) in parts.iter().filter(|(number, _)| *number > 0) {
        let _ = write!(text, ", {} {what}", HumanCount(*number));
    }
    text
}

/// The result of `convert --dry-run`.
pub(crate) fn plan(status: &Status, json: bool) -> Text {
    if json {
        return document_text(&serde_json::to_value(status)?);
    }
    let mut rows = vec![
        ["account", "region", "files", "size"]
            .map(str::to_owned)
            .to_vec(),
    ];
    let mut objects = status.keyless_pending_objects;
    let mut bytes = status.keyless_pending_bytes;
    for lane in status.lanes.iter().filter(|lane| lane.pending_objects > 0) {
        objects += lane.pending_objects;
        bytes += lane.pending_bytes;
        rows.push(vec![
            lane.account.clone(),
            lane.region.clone(),
            HumanCount(lane.pending_objects).to_string(),
            BinaryBytes(lane.pending_bytes).to_string(),
        ]);
    }
    let mut out = if rows.len() > 1 {
        table(&rows, 2)
    } else {
        String::new()
    };
    let _ = writeln!(
        out,
        "{} files ({}) to convert; nothing was written.",
        HumanCount(objects),
        BinaryBytes(bytes)
    );
    last_lines(&mut out, status);
    Ok(out)
}

/// The result of `status`.
pub(crate) fn status(status: &Status, json: bool) -> Text {
    if json {
        return document_text(&serde_json::to_value(status)?);
    }
    let head = [
        "account",
        "region",
        "raw",
        "converted",
        "pending",
        "unreadable",
        "rows",
        "duplicates",
        "rejected",
        "other region",
        "raw size",
        "Parquet",
        "claim",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(status.lanes.iter().map(lane_row));
    if status.lanes.len() > 1 {
        rows.push(lane_row(&total(&status.lanes)));
    }
    let mut out = table(&rows, 2);
    for (folder, objects) in &status.left_objects {
        let _ = writeln!(
            out,
            "{} objects of {folder} are left: they hold no events.",
            HumanCount(*objects)
        );
    }
    last_lines(&mut out, status);
    Ok(out)
}

fn total(lanes: &[LaneStatus]) -> LaneStatus {
    let sum = |field: fn(&LaneStatus) -> u64| lanes.iter().map(field).sum();
    LaneStatus {
        account: "total".to_owned(),
        region: String::new(),
        raw_objects: sum(|lane| lane.raw_objects),
        raw_bytes: sum(|lane| lane.raw_bytes),
        converted_objects: sum(|lane| lane.converted_objects),
        pending_objects: sum(|lane| lane.pending_objects),
        pending_bytes: sum(|lane| lane.pending_bytes),
        unread_objects: sum(|lane| lane.unread_objects),
        rows: sum(|lane| lane.rows),
        rejects: sum(|lane| lane.rejects),
        duplicates: sum(|lane| lane.duplicates),
        other_region_rows: sum(|lane| lane.other_region_rows),
        parquet_bytes: sum(|lane| lane.parquet_bytes),
        open_claim: false,
    }
}

fn last_lines(out: &mut String, status: &Status) {
    let open = status.lanes.iter().filter(|lane| lane.open_claim).count() as u64;
    if open > 0 {
        let _ = writeln!(
            out,
            "{} lanes have an open claim, which the next run of convert finishes.",
            HumanCount(open)
        );
    }
    if status.keyless_objects > 0 {
        let _ = writeln!(
            out,
            "Files without a CloudTrail path, whose lanes only reading tells: {}, {} of them pending.",
            HumanCount(status.keyless_objects),
            HumanCount(status.keyless_pending_objects)
        );
    }
}

fn lane_row(lane: &LaneStatus) -> Vec<String> {
    let count = |number: u64| HumanCount(number).to_string();
    vec![
        lane.account.clone(),
        lane.region.clone(),
        count(lane.raw_objects),
        count(lane.converted_objects),
        count(lane.pending_objects),
        count(lane.unread_objects),
        count(lane.rows),
        count(lane.duplicates),
        count(lane.rejects),
        count(lane.other_region_rows),
        BinaryBytes(lane.raw_bytes).to_string(),
        BinaryBytes(lane.parquet_bytes).to_string(),
        if lane.open_claim { "open" } else { "" }.to_owned(),
    ]
}

/// The result of `table register`.
pub(crate) fn registered(spec: &TableSpec, registered: &Registered, json: bool) -> Text {
    if json {
        return document_text(&table_document(spec, registered));
    }
    let mut out = table_text(spec, registered);
    if let Some(advice) = &registered.advice {
        let _ = writeln!(out, "{advice}");
    }
    Ok(out)
}

/// The result of `table ddl` and `table view`.
pub(crate) fn ddl(statement: &str, json: bool) -> Text {
    match json {
        true => document_text(&json!({ "ddl": statement })),
        false => Ok(format!("{statement}\n")),
    }
}

fn table_text(spec: &TableSpec, registered: &Registered) -> String {
    let what = match &registered.outcome {
        Outcome::Created => "created".to_owned(),
        Outcome::Updated { what } => format!("updated: {}", what.join(", ")),
        Outcome::Unchanged => "unchanged".to_owned(),
    };
    format!(
        "{:<12}{} {what}; {} partitions projected for 30 days, {} for all\n",
        "table",
        spec.name,
        HumanCount(registered.partitions_30_days),
        HumanCount(registered.partitions_all)
    )
}

fn table_document(spec: &TableSpec, registered: &Registered) -> Value {
    let (outcome, what) = match &registered.outcome {
        Outcome::Created => ("created", None),
        Outcome::Updated { what } => ("updated", Some(what)),
        Outcome::Unchanged => ("unchanged", None),
    };
    json!({
        "name": spec.name.to_string(),
        "outcome": outcome,
        "changes": what,
        "partitions_30_days": registered.partitions_30_days,
        "partitions_all": registered.partitions_all,
        "advice": registered.advice,
    })
}

/// The result of `table columns`.
pub(crate) fn columns(schema: &Schema, json: bool) -> Text {
    if json {
        let column = |column: &cloudtrail2parquet::table::ColumnInfo| json!({"name": column.name, "type": column.glue_type, "path": column.source, "comment": column.comment});
        return document_text(&schema.columns().iter().map(column).collect());
    }
    let mut out = String::from("name\ttype\tpath\tcomment\n");
    for column in schema.columns() {
        let _ = writeln!(
            out,
            "{}\t{}\t{}\t{}",
            column.name, column.glue_type, column.source, column.comment
        );
    }
    Ok(out)
}

/// The page `docs/columns.md`.
pub(crate) fn columns_page(schema: &Schema) -> String {
    let mut out = String::from(COLUMNS_PAGE);
    for column in schema.columns() {
        let cell = |text: &str| text.replace('|', "\\|");
        let _ = writeln!(
            out,
            "| `{}` | `{}` | {} | {} |",
            column.name,
            column.glue_type,
            code(&cell(&column.source)),
            cell(&column.comment)
        );
    }
    out
}

const COLUMNS_PAGE: &str = "\
# Columns

Made by `cloudtrail2parquet table columns --markdown`. The partition keys `account`, `region`
and `date` (strings) are in the paths, not in the files. A flattened column that is null in
every row of a file is left out of that file; readers that match columns by name give null.

| column | type | from | what |
|---|---|---|---|
";

fn code(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("`{text}`"),
    }
}

/// The result of `sample`.
pub(crate) fn sample(truth: &Truth, folder: &Path, json: bool) -> Text {
    if json {
        return document_text(&json!({
            "objects": truth.objects,
            "records": truth.records,
            "rows": truth.rows,
            "duplicates": truth.duplicates,
            "raw_bytes": truth.raw_bytes,
            "delivered_bytes": truth.gzip_bytes,
        }));
    }
    Ok(format!(
        "{} files with {} records ({} of them repeats) in {}: {}, {} uncompressed\n",
        HumanCount(truth.objects),
        HumanCount(truth.records),
        HumanCount(truth.duplicates),
        folder.display(),
        BinaryBytes(truth.gzip_bytes),
        BinaryBytes(truth.raw_bytes)
    ))
}

/// A result as JSON.
pub(crate) fn document_text(document: &Value) -> Text {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}

/// Columns of text: the first `left` to the left, numbers to the right.
pub(super) fn table(rows: &[Vec<String>], left: usize) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(String::len)
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            let gap = if column > 0 { "  " } else { "" };
            let _ = match column < left {
                true => write!(line, "{gap}{cell:<width$}"),
                false => write!(line, "{gap}{cell:>width$}"),
            };
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
