//! The command `status`.

mod lag;

use crate::cli::aside::{problem_document, problem_lines};
use crate::cli::exit::Exit;
use crate::cli::groups::range::DeliveryArgs;
use crate::cli::groups::s3::{DestArgs, S3Args};
use crate::cli::groups::source::SourceArgs;
use crate::cli::numbers::{count, size};
use crate::cli::output::ResultArgs;
use crate::cli::text::Text;
use clap::Args;
use cloudtrail2parquet::cloudtrail::Left;
use cloudtrail2parquet::convert::{EXCLUDED, Ignored, LaneStatus, Status, status};
use cloudtrail2parquet::monitor::Problem;
use cloudtrail2parquet::scope::Shard;
use jiff::Timestamp;
use serde_json::Value;
use std::slice;

/// Arguments of `status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Raw logs: s3://BUCKET[/PREFIX], a folder or one file
    source: String,
    /// The table's place: s3://BUCKET/PREFIX or a folder
    dest: String,
    /// Show every lane, also those with nothing to say
    #[arg(long, conflicts_with = "problems")]
    all: bool,
    /// Show how far each lane is behind: the age of the newest event converted, and of what is pending
    #[arg(long, conflicts_with = "problems")]
    lag: bool,
    /// Name each object, reject and lane that is kept aside, and what to do about it
    #[arg(long)]
    problems: bool,
    /// The form of the result
    #[command(flatten)]
    result: ResultArgs,
    /// Which raw objects
    #[command(flatten)]
    range: DeliveryArgs,
    /// How to reach S3
    #[command(flatten)]
    s3: S3Args,
    /// How to read the source
    #[command(flatten)]
    source_s3: SourceArgs,
    /// How to read the destination
    #[command(flatten)]
    dest_s3: DestArgs,
}

pub(crate) async fn run(args: &StatusArgs) -> anyhow::Result<Exit> {
    let mut scope = args.range.scope()?;
    let source = args.source_s3.open(&args.source, &args.s3).await?;
    scope.names = source.names;
    let destination = args.dest_s3.open(&args.dest, &args.s3).await?;
    let now = Timestamp::now();
    let found = status(&source.store, &destination, &scope, &Shard::ALL, now, None).await?;
    args.result
        .print(|| document(args, &found, now), || text(args, &found, now))?;
    Ok(exit(&found))
}

/// As `convert` would end that leaves the same lanes waiting.
pub(super) fn exit(status: &Status) -> Exit {
    match status.has_failures() {
        true => Exit::KeptAside,
        false => Exit::Done,
    }
}

const HEAD: [&str; 13] = [
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

/// Lanes up to which each is shown.
const FEW: usize = 20;

fn document(args: &StatusArgs, status: &Status, now: Timestamp) -> serde_json::Result<Value> {
    let mut document = serde_json::to_value(status)?;
    if args.lag {
        document["lag"] = lag::document(&status.lanes, now);
    }
    if args.problems {
        document["problems"] = status.problems.iter().map(problem_document).collect();
    }
    Ok(document)
}

fn text(args: &StatusArgs, status: &Status, now: Timestamp) -> Text {
    let mut text = Text::default();
    if args.problems {
        problem_lines(&mut text, status.problems.iter());
        let problems = count(status.problems.len() as u64);
        text.line(format!("{problems} problems."));
        return text;
    }
    if args.lag {
        return lag::text(&status.lanes, now);
    }
    let all = args.all || status.lanes.len() <= FEW;
    let shown = status.lanes.iter();
    let shown: Vec<&LaneStatus> = shown.filter(|lane| all || says_something(lane)).collect();
    let mut rows = vec![HEAD.map(str::to_owned).to_vec()];
    for &lane in &shown {
        let claim = match (&lane.waits, lane.open_claim) {
            (Some(_), _) => "waits",
            (None, true) => "open",
            (None, false) => "",
        };
        let name = [lane.account.as_str(), lane.region.as_str()];
        rows.push(row(name, slice::from_ref(lane), claim));
    }
    if status.lanes.len() > 1 {
        rows.push(row(["total", ""], &status.lanes, ""));
    }
    text.table(&rows, 2);
    if status.lanes.len() > shown.len() {
        let others = count((status.lanes.len() - shown.len()) as u64);
        text.line(format!(
            "{others} lanes more have nothing pending and nothing kept aside; --all shows them."
        ));
    }
    for line in left(&status.ignored_objects, &status.ignored_folders) {
        text.line(line);
    }
    for (address, code) in status.lanes.iter().flat_map(|lane| &lane.accepted_unread) {
        text.line(format!("{address} ({code}) is accepted as unreadable."));
    }
    last_lines(&mut text, status);
    text
}

fn says_something(lane: &LaneStatus) -> bool {
    let aside = lane.pending_objects + lane.unread_objects + lane.rejects;
    aside > 0 || lane.open_claim || lane.waits.is_some()
}

/// What was not read, a line a kind.
pub(super) fn left(objects: &Ignored, folders: &Ignored) -> Vec<String> {
    let objects = objects.kinds().map(|(kind, some)| {
        let number = count(some.count);
        // CloudTrail's own need no examples, which are long.
        if kind == EXCLUDED {
            let examples = some.examples.join(", ");
            return format!("{number} files left out by --include or --exclude: {examples}");
        }
        if kind.starts_with("CloudTrail-") {
            return format!("{number} of {kind} left: they hold no events");
        }
        let (left, examples) = (Left::from_code(kind), some.examples.join(", "));
        let words = left.map_or(kind, |left| left.words());
        let step = left.and_then(Left::next_step);
        let step = step.map(|step| format!("; {step}"));
        let step = step.unwrap_or_default();
        format!("{number} {words} left, no event logs: {examples}{step}")
    });
    let folders = folders.kinds().map(|(service, some)| {
        let number = count(some.count);
        format!("{number} folders {service} left: another service writes them")
    });
    objects.chain(folders).collect()
}

/// What is to be said of a status besides its lanes.
pub(super) fn last_lines(text: &mut Text, status: &Status) {
    let is_open = |lane: &&LaneStatus| lane.open_claim && lane.waits.is_none();
    let open = status.lanes.iter().filter(is_open).count() as u64;
    if open > 0 {
        text.line(format!(
            "{} lanes have an open claim, which the next run of convert finishes.",
            count(open)
        ));
    }
    if status.unplaced_objects > 0 {
        text.line(format!(
            "Files without a CloudTrail path, whose lanes only reading tells: {}, {} of them pending.",
            count(status.unplaced_objects),
            count(status.unplaced_pending_objects)
        ));
    }
    for lane in &status.lanes {
        if let Some(why) = &lane.waits {
            text.line(format!("{}/{} waits: {why}", lane.account, lane.region));
        }
    }
    let of_no_lane = |problem: &&Problem| {
        matches!(
            problem,
            Problem::Foreign { .. } | Problem::Stray { .. } | Problem::PassedOver { .. }
        )
    };
    problem_lines(text, status.problems.iter().filter(of_no_lane));
    let is_aside =
        |problem: &&Problem| matches!(problem, Problem::Unread { .. } | Problem::Rejects { .. });
    let aside = status.problems.iter().filter(is_aside).count() as u64;
    if aside > 0 {
        let aside = count(aside);
        text.line(format!(
            "{aside} objects or files of rejects are kept aside; status --problems names them."
        ));
    }
}

/// The sums of some lanes.
fn row(name: [&str; 2], lanes: &[LaneStatus], claim: &str) -> Vec<String> {
    let sum = |field: fn(&LaneStatus) -> u64| lanes.iter().map(field).sum();
    let numbers = [
        count(sum(|lane| lane.raw_objects)),
        count(sum(|lane| lane.converted_objects)),
        count(sum(|lane| lane.pending_objects)),
        count(sum(|lane| lane.unread_objects)),
        count(sum(|lane| lane.rows)),
        count(sum(|lane| lane.duplicates)),
        count(sum(|lane| lane.rejects)),
        count(sum(|lane| lane.other_region_rows)),
        size(sum(|lane| lane.delivered_bytes)),
        size(sum(|lane| lane.parquet_bytes)),
    ];
    let mut row = name.map(str::to_owned).to_vec();
    row.extend(numbers);
    row.push(claim.to_owned());
    row
}
