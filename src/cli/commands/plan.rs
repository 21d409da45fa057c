//! The command `plan`.

use crate::cli::groups::plan_file::PlanFile;
use crate::cli::groups::range::DeliveryArgs;
use crate::cli::groups::s3::{OutArgs, S3Args};
use crate::cli::groups::source::SourceArgs;
use crate::cli::numbers::{count, size};
use crate::cli::output::ResultArgs;
use crate::cli::text::Text;
use clap::Args;
use cloudtrail2parquet::plan::{Load, Plan, divide, weigh};
use serde_json::{Value, json};
use std::num::NonZeroU32;

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// Raw logs: s3://BUCKET[/PREFIX] or a folder
    source: String,
    /// Where the plan is written: s3://BUCKET/KEY or a path; it must be new
    plan: String,
    /// How many workers there will be
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    parts: u32,
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
    /// How to write the plan
    #[command(flatten)]
    out: OutArgs,
}

pub(crate) async fn run(args: &PlanArgs) -> anyhow::Result<()> {
    let file = PlanFile::parse(&args.plan)?;
    let source = args.source_s3.open(&args.source, &args.s3).await?;
    let mut scope = args.range.scope()?;
    scope.names = source.names;
    let weights = weigh(&source.store, &scope).await?;
    let parts = NonZeroU32::new(args.parts).unwrap_or(NonZeroU32::MIN);
    let plan = divide(weights, parts);
    let url = file.write(&plan, &args.s3, &args.out).await?;
    args.result
        .print(|| Ok(document(&plan, &url)), || text(&plan, &url))
}

fn document(plan: &Plan, url: &str) -> Value {
    let loads = plan.loads();
    let part = |(number, load): (usize, &Load)| {
        json!({
            "part": number + 1,
            "lanes": load.lanes,
            "objects": load.objects,
            "delivered_bytes": load.delivered_bytes,
        })
    };
    json!({
        "plan": url,
        "source": plan.source,
        "parts": loads.iter().enumerate().map(part).collect::<Value>(),
    })
}

fn text(plan: &Plan, url: &str) -> Text {
    let head = ["part", "lanes", "files", "size"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for (number, load) in plan.loads().iter().enumerate() {
        rows.push(vec![
            format!("{}/{}", number + 1, plan.parts),
            count(load.lanes),
            count(load.objects),
            size(load.delivered_bytes),
        ]);
    }
    let mut text = Text::default();
    text.table(&rows, 1);
    text.line(format!(
        "Written to {url}; each worker follows it with --plan."
    ));
    text
}
