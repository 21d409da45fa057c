//! A table of a sample, and what `verify` says of it.

use std::sync::Arc;
use std::time::Duration;

use cloudtrail2parquet::convert::{AcceptUnread, ConvertOptions, GiveUp, convert};
use cloudtrail2parquet::ledger::RowOptions;
use cloudtrail2parquet::monitor::Silent;
use cloudtrail2parquet::sample::{SampleOptions, generate};
use cloudtrail2parquet::scope::{EventDates, Lanes, Scope, Shard};
use cloudtrail2parquet::store::Memory;
use cloudtrail2parquet::table::{EncodeOptions, Schema};
use cloudtrail2parquet::upkeep::{CompactOptions, Upkeep, compact};
use cloudtrail2parquet::verify::{Level, Report, VerifyOptions, verify};
use tokio_util::sync::CancellationToken;

pub(crate) const ACCOUNT: &str = "111122223333";

/// A key of this account's lane in eu-west-1.
pub(crate) fn key(day: u8, name: &str) -> String {
    format!(
        "AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/2024/05/{day:02}/{ACCOUNT}_CloudTrail_eu-west-1_202405{day:02}T1200Z_{name}.json.gz"
    )
}

pub(crate) fn event(id: &str, day: u8) -> String {
    format!(
        r#"{{"eventVersion":"1.08","eventID":"{id}","eventTime":"2024-05-{day:02}T10:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1","recipientAccountId":"{ACCOUNT}"}}"#
    )
}

pub(crate) fn records(records: &[String]) -> Vec<u8> {
    format!(r#"{{"Records":[{}]}}"#, records.join(",")).into_bytes()
}

/// Raw objects and a table.
#[derive(Clone, Default)]
pub(crate) struct World {
    pub(crate) raw: Memory,
    pub(crate) table: Memory,
}

impl World {
    /// A converted sample, with rejects, repeats across runs, and a dump of two lanes.
    pub(crate) fn sample() -> Self {
        let world = Self::default();
        let options = SampleOptions {
            uncompressed_bytes: 300_000,
            ..SampleOptions::default()
        };
        let written = generate(&options, |key, bytes| {
            world.raw.replace(key, bytes.to_vec());
            Ok::<_, std::io::Error>(())
        });
        written.unwrap();
        let mixed = [
            event("a", 1),
            event("b", 1),
            r#"{"eventName":"x"}"#.to_owned(),
        ];
        world.raw.replace(&key(1, "one"), records(&mixed));
        world.convert();
        let again = [event("a", 1), event("c", 2), "5".to_owned()];
        world.raw.replace(&key(2, "two"), records(&again));
        world.raw.replace(&key(2, "copy"), records(&again));
        let other = event("d", 2).replace(ACCOUNT, "444455556666");
        world
            .raw
            .replace("dump.json", records(&[event("e", 3), other]));
        world.convert();
        world
    }

    /// The same sample, its files merged.
    pub(crate) fn merged_sample() -> Self {
        let world = Self::sample();
        world.table.advance(Duration::from_secs(25 * 60 * 60));
        let merged = world.compact();
        assert!(
            merged.replaced_files > merged.files && merged.files > 4,
            "{merged:?}"
        );
        world
    }

    /// Merges what is settled.
    pub(crate) fn compact(&self) -> Upkeep {
        let options = CompactOptions {
            schema: Arc::new(Schema::new(&[]).unwrap()),
            encode: EncodeOptions::default(),
            lanes: Lanes::default(),
            shard: Shard::ALL,
            dates: EventDates::default(),
            target_bytes: 1 << 28,
            dry_run: false,
            threads: 2,
            memory: 1 << 28,
        };
        let stop = CancellationToken::new();
        wait(compact(self.table.store(), options, Arc::new(Silent), stop)).unwrap()
    }

    pub(crate) fn convert(&self) {
        self.convert_with(false);
    }

    pub(crate) fn convert_with(&self, keep_duplicates: bool) {
        let mut options = Self::options();
        options.rows.keep_duplicates = keep_duplicates;
        self.convert_as(options);
    }

    pub(crate) fn convert_as(&self, options: ConvertOptions) {
        let (raw, table) = (self.raw.store(), self.table.store());
        let stop = CancellationToken::new();
        wait(convert(raw, table, options, Arc::new(Silent), stop)).unwrap();
    }

    pub(crate) fn options() -> ConvertOptions {
        ConvertOptions {
            finish_upkeep: false,
            revive: false,
            schema: Arc::new(Schema::new(&[]).unwrap()),
            encode: EncodeOptions::default(),
            rows: RowOptions {
                keep_duplicates: false,
                max_object_bytes: 1 << 28,
                account_of_unknown: None,
                expired_before: None,
                unwrap: None,
            },
            scope: Scope::default(),
            shard: Shard::ALL,
            give_up: GiveUp::default(),
            accept_unread: AcceptUnread::default(),
            allow_empty: true,
            retry_rejects: false,
            digests: None,
            threads: 2,
            memory: 1 << 20,
            now: "2026-06-10T00:00:00Z".parse().unwrap(),
        }
    }

    pub(crate) fn verify(&self, level: Level) -> Report {
        self.verify_in(level, Scope::default())
    }

    pub(crate) fn verify_in(&self, level: Level, scope: Scope) -> Report {
        let options = VerifyOptions {
            level,
            scope,
            threads: 2,
            memory: 64 << 20,
            digests: None,
        };
        let (raw, table) = (Some(self.raw.store()), self.table.store());
        wait(verify(raw, table, options, Arc::new(Silent))).unwrap()
    }

    /// The codes of what is found, each once.
    pub(crate) fn codes(&self, level: Level) -> Vec<&'static str> {
        let report = self.verify(level);
        let mut codes: Vec<_> = report
            .findings
            .iter()
            .map(|found| found.kind.code())
            .collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    pub(crate) fn body(&self, key: &str) -> Vec<u8> {
        wait(self.table.store().get(key)).unwrap().to_vec()
    }

    /// Keys of the table that hold a text, in order.
    pub(crate) fn keys(&self, part: &str) -> Vec<String> {
        let keys = self.table.keys().into_iter();
        keys.filter(|key| key.contains(part)).collect()
    }
}

pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    runtime.block_on(future)
}
