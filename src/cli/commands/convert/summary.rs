//! What a conversion did.

use crate::cli::groups::glue;
use crate::cli::numbers::{count, size};
use crate::cli::output::ResultArgs;
use crate::cli::text::Text;
use cloudtrail2parquet::catalog::{Registered, TableSpec};
use cloudtrail2parquet::convert::Summary;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;

type Table<'a> = Option<&'a (TableSpec, Registered)>;

pub(super) fn print(
    summary: &Summary,
    table: Table<'_>,
    elapsed: Duration,
    result: &ResultArgs,
) -> anyhow::Result<()> {
    result.print(
        || document(summary, table, elapsed),
        || text(summary, table, elapsed),
    )
}

fn document(summary: &Summary, table: Table<'_>, elapsed: Duration) -> serde_json::Result<Value> {
    let mut document = serde_json::to_value(summary)?;
    document["seconds"] = json!(elapsed.as_secs_f64());
    if let Some((spec, registered)) = table {
        document["table"] = glue::document(spec, registered);
    }
    Ok(document)
}

fn text(summary: &Summary, table: Table<'_>, elapsed: Duration) -> Text {
    let mut text = Text::default();
    numbers(&mut text, summary);
    text.field("seconds", format!("{:.1}", elapsed.as_secs_f64()));
    if let Some((spec, registered)) = table {
        glue::text(&mut text, spec, registered);
    }
    if summary.interrupted {
        text.line("Interrupted: what is committed stays; run the same command to go on.");
    } else if summary.objects + summary.files + summary.rejects == 0 {
        text.line("Nothing new: nothing was written.");
    }
    if summary.unfinished_lanes > 0 {
        text.line(format!(
            "{} lanes wait for an open claim that could not be finished; see above.",
            summary.unfinished_lanes
        ));
    }
    text
}

fn numbers(text: &mut Text, summary: &Summary) {
    text.field("lanes", count(summary.lanes));
    let files = [
        (summary.skipped_objects, "converted before"),
        (
            summary.unread_objects,
            "not readable, tried again by the next run",
        ),
    ];
    text.field("files", with(count(summary.objects) + " converted", &files));
    for (folder, &objects) in &summary.left_objects {
        let left = format!("{} of {folder} left: they hold no events", count(objects));
        text.field("", left);
    }
    text.field("records", count(summary.records));
    let other = "with an awsRegion other than their partition's";
    let rows = with(count(summary.rows), &[(summary.other_region_rows, other)]);
    text.field("rows", rows);
    text.field("duplicates", count(summary.duplicates));
    text.field("rejects", count(summary.rejects));
    let (delivered, uncompressed) = (summary.delivered_bytes, summary.uncompressed_bytes);
    text.field(
        "raw",
        format!("{}, {} uncompressed", size(delivered), size(uncompressed)),
    );
    text.field(
        "Parquet",
        format!(
            "{} in {} files",
            size(summary.parquet_bytes),
            count(summary.files)
        ),
    );
}

fn with(mut text: String, parts: &[(u64, &str)]) -> String {
    for (number, what) in parts.iter().filter(|(number, _)| *number > 0) {
        let _ = write!(text, ", {} {what}", count(*number));
    }
    text
}
