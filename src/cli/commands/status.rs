//! The command `status`.

use crate::cli::groups::range::DeliveryArgs;
use crate::cli::groups::s3::{DestArgs, S3Args, SourceArgs};
use crate::cli::numbers::{count, size};
use crate::cli::output::ResultArgs;
use crate::cli::text::Text;
use clap::Args;
use cloudtrail2parquet::convert::{LaneStatus, Shard, Status, status};

/// Arguments of `status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Raw logs: s3://BUCKET[/PREFIX] or a folder
    source: String,
    /// The table's place: s3://BUCKET/PREFIX or a folder
    dest: String,
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

pub(crate) async fn run(args: &StatusArgs) -> anyhow::Result<()> {
    let range = args.range.range()?;
    let source = args.source_s3.open(&args.source, &args.s3).await?;
    let destination = args.dest_s3.open(&args.dest, &args.s3).await?;
    let now = jiff::Timestamp::now();
    let found = status(&source, &destination, &range, Shard::ALL, now).await?;
    args.result
        .print(|| serde_json::to_value(&found), || text(&found))
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

fn text(status: &Status) -> Text {
    let mut rows = vec![HEAD.map(str::to_owned).to_vec()];
    rows.extend(status.lanes.iter().map(row));
    if status.lanes.len() > 1 {
        rows.push(row(&total(&status.lanes)));
    }
    let mut text = Text::default();
    text.table(&rows, 2);
    for (folder, objects) in &status.left_objects {
        text.line(format!(
            "{} objects of {folder} are left: they hold no events.",
            count(*objects)
        ));
    }
    last_lines(&mut text, status);
    text
}

/// What is to be said of a status besides its lanes.
pub(super) fn last_lines(text: &mut Text, status: &Status) {
    let open = status.lanes.iter().filter(|lane| lane.open_claim).count() as u64;
    if open > 0 {
        text.line(format!(
            "{} lanes have an open claim, which the next run of convert finishes.",
            count(open)
        ));
    }
    if status.keyless_objects > 0 {
        text.line(format!(
            "Files without a CloudTrail path, whose lanes only reading tells: {}, {} of them pending.",
            count(status.keyless_objects),
            count(status.keyless_pending_objects)
        ));
    }
}

fn row(lane: &LaneStatus) -> Vec<String> {
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
        size(lane.delivered_bytes),
        size(lane.parquet_bytes),
        if lane.open_claim { "open" } else { "" }.to_owned(),
    ]
}

fn total(lanes: &[LaneStatus]) -> LaneStatus {
    let sum = |field: fn(&LaneStatus) -> u64| lanes.iter().map(field).sum();
    LaneStatus {
        account: "total".to_owned(),
        region: String::new(),
        raw_objects: sum(|lane| lane.raw_objects),
        delivered_bytes: sum(|lane| lane.delivered_bytes),
        converted_objects: sum(|lane| lane.converted_objects),
        pending_objects: sum(|lane| lane.pending_objects),
        pending_delivered_bytes: sum(|lane| lane.pending_delivered_bytes),
        unread_objects: sum(|lane| lane.unread_objects),
        rows: sum(|lane| lane.rows),
        rejects: sum(|lane| lane.rejects),
        duplicates: sum(|lane| lane.duplicates),
        other_region_rows: sum(|lane| lane.other_region_rows),
        parquet_bytes: sum(|lane| lane.parquet_bytes),
        open_claim: false,
    }
}
