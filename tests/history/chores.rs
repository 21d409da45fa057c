//! Upkeep of the table of a history.

use super::worker::{Planned, Worker};
use super::world::{AMPLE, SCHEMA, World};
use cloudtrail2parquet::scope::{EventDates, Lanes, Shard};
use cloudtrail2parquet::table::{EncodeOptions, Schema, parse_columns_file};
use cloudtrail2parquet::upkeep::{CompactOptions, ExpireOptions, compact, expire, rewrite};
use futures::future::FutureExt as _;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// With a further column.
static WIDE_SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(|| {
    let line = "requestparameters_variant\tstring\trequestParameters.variant\n";
    Arc::new(Schema::new(&parse_columns_file(line).unwrap()).unwrap())
});

/// Upkeep of everything that is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chore {
    Compact,
    /// Into files of about so many bytes.
    CompactInto(u64),
    /// With a further column.
    Rewrite,
    /// Of what is before a day.
    Expire(&'static str),
}

fn options(schema: &Arc<Schema>) -> CompactOptions {
    CompactOptions {
        schema: Arc::clone(schema),
        encode: EncodeOptions::default(),
        lanes: Lanes::default(),
        shard: Shard::ALL,
        dates: EventDates::default(),
        target_bytes: AMPLE,
        dry_run: false,
        threads: 0,
        memory: AMPLE,
    }
}

impl World {
    /// A chore that has not begun.
    pub(crate) fn chore(&self, chore: Chore, planned: &[Planned]) -> Worker {
        Worker::upkeep(&self.table, planned, |table, monitor, stop| match chore {
            Chore::Compact => compact(table, options(&SCHEMA), monitor, stop).boxed_local(),
            Chore::CompactInto(target_bytes) => {
                let options = CompactOptions {
                    target_bytes,
                    ..options(&SCHEMA)
                };
                compact(table, options, monitor, stop).boxed_local()
            }
            Chore::Rewrite => rewrite(table, options(&WIDE_SCHEMA), monitor, stop).boxed_local(),
            Chore::Expire(before) => {
                let options = ExpireOptions {
                    before: before.parse().unwrap(),
                    lanes: Lanes::default(),
                    dry_run: false,
                };
                expire(table, options, monitor, stop).boxed_local()
            }
        })
    }

    /// A compaction that has not begun.
    pub(crate) fn compacting(&self) -> Worker {
        self.chore(Chore::Compact, &[])
    }

    /// One that makes files of about so many bytes.
    pub(crate) fn compacting_into(&self, target_bytes: u64) -> Worker {
        self.chore(Chore::CompactInto(target_bytes), &[])
    }

    /// A rewriting that has not begun.
    pub(crate) fn rewriting(&self) -> Worker {
        self.chore(Chore::Rewrite, &[])
    }

    /// Lets a day and an hour pass.
    pub(crate) fn pass_a_day(&self) {
        self.table.advance(Duration::from_secs(25 * 60 * 60));
    }
}
