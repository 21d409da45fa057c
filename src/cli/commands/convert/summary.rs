//! What a conversion did.

use crate::cli::aside::problem_document;
use crate::cli::commands::status::left;
use crate::cli::groups::{glue, upkeep};
use crate::cli::numbers::{count, size};
use crate::cli::progress::Problems;
use crate::cli::text::Text;
use cloudtrail2parquet::catalog::{Registered, TableSpec};
use cloudtrail2parquet::cloudtrail::Left;
use cloudtrail2parquet::convert::Summary;
use cloudtrail2parquet::upkeep::Upkeep;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;

/// A conversion that came to its end.
pub(super) struct Ended {
    pub(super) summary: Summary,
    pub(super) problems: Problems,
    pub(super) compacted: Option<Upkeep>,
    pub(super) table: Option<(TableSpec, Registered)>,
    pub(super) elapsed: Duration,
}

impl Ended {
    pub(super) fn document(&self) -> serde_json::Result<Value> {
        self.document_of(usize::MAX)
    }

    /// The document with so many problems at most.
    pub(super) fn document_of(&self, problems: usize) -> serde_json::Result<Value> {
        let Problems { first, left_off } = &self.problems;
        let told = first.len().min(problems);
        let mut document = serde_json::to_value(&self.summary)?;
        document["seconds"] = json!(self.elapsed.as_secs_f64());
        document["problems"] = first[..told].iter().map(problem_document).collect();
        document["problems_left_off"] = json!(left_off + (first.len() - told) as u64);
        if let Some(upkeep) = &self.compacted {
            document["compact"] = json!(upkeep);
        }
        if let Some((spec, registered)) = &self.table {
            document["table"] = glue::document(spec, registered);
        }
        Ok(document)
    }

    pub(super) fn text(&self) -> Text {
        let summary = &self.summary;
        let mut text = Text::default();
        numbers(&mut text, summary);
        text.field("seconds", format!("{:.1}", self.elapsed.as_secs_f64()));
        if let Some(upkeep) = &self.compacted {
            upkeep::fields(&mut text, upkeep, "merged");
        }
        if let Some((spec, registered)) = &self.table {
            glue::text(&mut text, spec, registered);
        }
        if summary.interrupted {
            text.line("Interrupted: what is committed stays; run the same command to go on.");
        } else if summary.is_idle() {
            text.line("Nothing new: nothing was written.");
        }
        let failures = [
            (summary.waiting_lanes, "lanes wait"),
            (summary.passed_over, "files or folders were passed over"),
            (summary.unmet_arguments, "arguments named nothing"),
            (
                summary.unproven_objects,
                "files are converted that digests do not prove",
            ),
            (summary.digest_faults, "faults of digests"),
        ];
        for (number, what) in failures.iter().filter(|(number, _)| *number > 0) {
            text.line(format!("{} {what}; see above.", count(*number)));
        }
        text
    }
}

fn numbers(text: &mut Text, summary: &Summary) {
    text.field("lanes", count(summary.lanes));
    if summary.finished_claims > 0 {
        let finished = count(summary.finished_claims);
        let what = format!(
            "{finished} of an earlier or another run finished; their files and rows are counted here"
        );
        text.field("claims", what);
    }
    let files = [
        (summary.skipped_objects, "converted before"),
        (summary.known_objects, "known from another place or time"),
        (
            summary.unread_objects,
            "not readable, tried again by the next run",
        ),
        (summary.accepted_objects, "accepted as unreadable"),
        (summary.lost_objects, "given up: their records are lost"),
        (
            summary.awaiting_digest_objects,
            "left until their digests come",
        ),
    ];
    text.field("files", with(count(summary.objects) + " converted", &files));
    for line in left(&summary.ignored_objects, &summary.ignored_folders) {
        text.field("", line);
    }
    let left = summary.left_records.iter().map(|(code, number)| {
        let words = Left::from_code(code).map_or(code.as_str(), |left| left.words());
        (*number, format!("{words} are left"))
    });
    let left: Vec<(u64, String)> = left.collect();
    let parts: Vec<(u64, &str)> = left.iter().map(|(n, what)| (*n, what.as_str())).collect();
    text.field("records", with(count(summary.records), &parts));
    let other = "with an awsRegion other than their partition's";
    let unknown =
        "in account 000000000000 or region unknown: their records name none (--account-of-unknown)";
    let parts = [
        (summary.other_region_rows, other),
        (summary.unknown_lane_rows, unknown),
    ];
    let rows = with(count(summary.rows), &parts);
    text.field("rows", rows);
    text.field("duplicates", count(summary.duplicates));
    if summary.expired > 0 {
        text.field("expired", count(summary.expired));
    }
    let retried = "of earlier runs are rows now, or repeat one";
    let rejects = with(
        count(summary.rejects),
        &[(summary.retried_rejects, retried)],
    );
    text.field("rejects", rejects);
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
