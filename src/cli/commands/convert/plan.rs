//! `convert --dry-run`: what would be converted.

use crate::cli::commands::status::{exit, last_lines, left};
use crate::cli::exit::Exit;
use crate::cli::numbers::{count, size};
use crate::cli::output::ResultArgs;
use crate::cli::text::Text;
use cloudtrail2parquet::convert::{ConvertOptions, Status, status};
use cloudtrail2parquet::store::Store;

pub(super) async fn run(
    source: &Store,
    destination: &Store,
    options: &ConvertOptions,
    result: &ResultArgs,
) -> anyhow::Result<Exit> {
    let (scope, shard) = (&options.scope, &options.shard);
    let unwrap = options.rows.unwrap.as_ref();
    let found = status(source, destination, scope, shard, options.now, unwrap).await?;
    result.print(|| serde_json::to_value(&found), || text(&found))?;
    match found.nothing_found && !options.allow_empty {
        true => Ok(Exit::KeptAside),
        false => Ok(exit(&found)),
    }
}

fn text(status: &Status) -> Text {
    let head = ["account", "region", "files", "size"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let mut objects = status.unplaced_pending_objects;
    let mut bytes = status.unplaced_pending_delivered_bytes;
    for lane in status.lanes.iter().filter(|lane| lane.pending_objects > 0) {
        objects += lane.pending_objects;
        bytes += lane.pending_delivered_bytes;
        rows.push(vec![
            lane.account.to_string(),
            lane.region.to_string(),
            count(lane.pending_objects),
            size(lane.pending_delivered_bytes),
        ]);
    }
    let mut text = Text::default();
    if rows.len() > 1 {
        text.table(&rows, 2);
    }
    for line in left(&status.ignored_objects, &status.ignored_folders) {
        text.line(line);
    }
    if status.nothing_found {
        text.line("The source holds nothing that could be a log of what was asked for.");
    }
    text.line(format!(
        "{} files ({}) to convert; nothing was written.",
        count(objects),
        size(bytes)
    ));
    last_lines(&mut text, status);
    text
}
