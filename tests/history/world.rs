//! A bucket of raw objects, a table, and the workers between them.

use super::raw::{Form, Place, Record};
use super::worker::{Planned, Unreachable, Worker};
use bytes::Bytes;
use cloudtrail2parquet::convert::{AcceptUnread, ConvertOptions, GiveUp};
use cloudtrail2parquet::ledger::{Receipt, RowOptions};
use cloudtrail2parquet::names::Names;
use cloudtrail2parquet::scope::{DeliveryDays, Lanes, Scope, Shard};
use cloudtrail2parquet::store::{ErrorKind, Memory};
use cloudtrail2parquet::table::{EncodeOptions, Schema};
use futures::FutureExt as _;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, LazyLock};

pub(crate) static SCHEMA: LazyLock<Arc<Schema>> =
    LazyLock::new(|| Arc::new(Schema::new(&[]).unwrap()));

/// One version of a raw object.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) place: Place,
    pub(crate) records: Vec<Record>,
    pub(crate) form: Form,
}

/// What a run is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    /// The folder of the world that is the source's root: empty, or it ends with `/`.
    pub(crate) root: &'static str,
    /// Bytes of memory: decides how much is in a batch.
    pub(crate) memory: u64,
    pub(crate) shard: (u32, u32),
    /// First and last delivery day.
    pub(crate) days: Option<(&'static str, &'static str)>,
    /// The only account.
    pub(crate) account: Option<&'static str>,
    /// The faults of this run.
    pub(crate) planned: Vec<Planned>,
    /// Keeps repeated events, or not, whatever the world does.
    pub(crate) keep_duplicates: Option<bool>,
    /// Another size cap than the world's.
    pub(crate) max_object_bytes: Option<u64>,
    /// The clock of the run.
    pub(crate) now: &'static str,
    pub(crate) retry_rejects: bool,
    pub(crate) accept_unread: bool,
    pub(crate) give_up_missing: bool,
    /// Finishes what upkeep has left, as `--compact` does.
    pub(crate) finish_upkeep: bool,
    /// The account of records that name none.
    pub(crate) account_of_unknown: Option<&'static str>,
    /// Where else events are looked for.
    pub(crate) unwrap: Option<&'static str>,
}

/// After everything that is delivered.
pub(crate) const LATE: &str = "2024-06-10T00:00:00Z";

/// Memory with which each object is a batch of its own.
pub(crate) const TINY: u64 = 1_000;

/// Memory with which a month of the histories is one batch.
pub(crate) const AMPLE: u64 = 64 << 20;

impl Spec {
    /// Everything, in large batches, without faults.
    pub(crate) fn all() -> Self {
        Self {
            root: "",
            memory: AMPLE,
            shard: (1, 1),
            days: None,
            account: None,
            planned: Vec::new(),
            keep_duplicates: None,
            max_object_bytes: None,
            now: LATE,
            account_of_unknown: None,
            unwrap: None,
            retry_rejects: false,
            accept_unread: false,
            give_up_missing: false,
            finish_upkeep: false,
        }
    }

    /// The same with so much memory.
    pub(crate) fn with_memory(self, memory: u64) -> Self {
        Self { memory, ..self }
    }
}

/// The world of one history.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) raw: Memory,
    pub(crate) table: Memory,
    pub(crate) keep_duplicates: bool,
    pub(crate) max_object_bytes: Option<u64>,
    /// All that was ever delivered, by address and version.
    pub(crate) delivered: BTreeMap<(String, String), Version>,
    /// What is there now: the version of each key.
    pub(crate) present: BTreeMap<String, String>,
    pub(crate) unreachable: Unreachable,
    pub(crate) numbers: usize,
    /// Whether a document of the ledger was gone for a time.
    pub(crate) lacked: AtomicBool,
    /// Bytes that some keys have, as another compressor packed them.
    pub(crate) packed: BTreeMap<String, Vec<u8>>,
}

impl World {
    /// Delivers a new object and gives its key.
    pub(crate) fn deliver(&mut self, place: Place, records: Vec<Record>, form: Form) -> String {
        let key = place.key(self.numbers);
        self.numbers += 1;
        self.put(
            key.clone(),
            Version {
                place,
                records,
                form,
            },
        );
        key
    }

    /// Delivers a new object under a key of its own.
    pub(crate) fn deliver_as(&mut self, key: &str, place: Place, records: Vec<Record>) {
        let form = Form::Delivered;
        let version = Version {
            place,
            records,
            form,
        };
        self.put(key.to_owned(), version);
    }

    /// Puts another version under a key that was delivered.
    pub(crate) fn replace(&mut self, key: &str, records: Vec<Record>, form: Form) {
        if let Some(place) = self.version(key).map(|version| version.place.clone()) {
            self.put(
                key.to_owned(),
                Version {
                    place,
                    records,
                    form,
                },
            );
        }
    }

    fn put(&mut self, key: String, mut version: Version) {
        (version.form, version.records) = version.form.fit(version.records);
        let bytes = match self.packed.get(&key) {
            Some(bytes) => bytes.clone(),
            None => version.form.pack(&version.records),
        };
        self.raw.replace(&key, bytes);
        let listed = self
            .raw
            .store()
            .list(&key, None)
            .now_or_never()
            .unwrap()
            .unwrap();
        let etag = listed
            .into_iter()
            .find(|entry| entry.key == key)
            .unwrap()
            .etag;
        self.delivered
            .insert((self.address(&key), etag.clone()), version);
        self.present.insert(key, etag);
    }

    /// The same bytes as a new version: what `touch` does.
    pub(crate) fn touch(&mut self, key: &str) {
        if let Some(version) = self.version(key).cloned() {
            self.put(key.to_owned(), version);
        }
    }

    /// The same bytes under the same name in another folder; the old ones go, or stay.
    pub(crate) fn move_object(&mut self, key: &str, stays: bool) -> Option<String> {
        let version = self.version(key).cloned()?;
        let place = Place::Moved(Box::new(version.place.clone()), key.to_owned());
        let moved = place.key(self.numbers);
        self.numbers += 1;
        self.put(moved.clone(), Version { place, ..version });
        if !stays {
            self.remove(key);
        }
        Some(moved)
    }

    /// The same bytes under another name beside it.
    pub(crate) fn copy(&mut self, key: &str) -> Option<String> {
        let version = self.version(key).cloned()?;
        let copied = key.replace(".json.gz", &format!("_{}.json.gz", self.numbers));
        self.numbers += 1;
        self.put(copied.clone(), version);
        Some(copied)
    }

    /// Takes an object away.
    pub(crate) fn remove(&mut self, key: &str) {
        self.raw.remove(key);
        self.present.remove(key);
    }

    /// Makes reading an object fail from now on, or no more.
    pub(crate) fn obstruct(&self, key: &str, how: Option<ErrorKind>) {
        let mut unreachable = self.unreachable.lock().unwrap();
        match how {
            Some(kind) => unreachable.insert(self.address(key), kind),
            None => unreachable.remove(&self.address(key)),
        };
    }

    /// Makes everything reachable again.
    pub(crate) fn clear(&self) {
        self.unreachable.lock().unwrap().clear();
    }

    /// The full address of a raw key.
    pub(crate) fn address(&self, key: &str) -> String {
        self.raw.store().url(key)
    }

    /// The present version under a key.
    pub(crate) fn version(&self, key: &str) -> Option<&Version> {
        let etag = self.present.get(key)?;
        self.delivered.get(&(self.address(key), etag.clone()))
    }

    /// Takes a document of the ledger away, or all of them, while something is done.
    pub(crate) fn without<T>(
        &self,
        which: Option<u8>,
        done: impl FnOnce() -> T,
    ) -> Result<T, String> {
        let documents: Vec<String> = (self.table.keys().into_iter())
            .filter(|key| key.starts_with("_ledger/"))
            .filter(|key| which.is_none() || self.is_missed(key))
            .collect();
        let removed = match which {
            None => documents,
            Some(which) => {
                let at = usize::from(which) % documents.len().max(1);
                documents.into_iter().skip(at).take(1).collect()
            }
        };
        self.lacked.store(true, SeqCst);
        let bodies: Vec<(String, Bytes)> = removed
            .into_iter()
            .map(|key| (key.clone(), self.body(&key)))
            .inspect(|(key, _)| assert!(self.table.remove(key)))
            .collect();
        let result = done();
        for (key, body) in bodies {
            let stands = self.table.keys().contains(&key);
            if stands && key.contains("/log/") && self.body(&key) != body {
                return Err(format!("{key} was claimed again"));
            }
            if !stands {
                self.table.replace(&key, body);
            }
        }
        Ok(result)
    }

    /// Whether something else tells that the document was there: a later claim, or what it added.
    /// Without that there is also nothing to double.
    fn is_missed(&self, key: &str) -> bool {
        let keys = self.table.keys();
        if let Some((log, _)) = key.split_once("/log/") {
            let is_later = |other: &String| other.starts_with(log) && other.as_str() > key;
            return keys
                .iter()
                .any(|other| other.contains("/log/") && is_later(other));
        }
        let receipt: Result<Receipt, _> = serde_json::from_slice(&self.body(key));
        // What only merged files is missed by nothing, unless it comes last.
        let is_missed =
            |receipt: Receipt| receipt.claim.replaced().is_none() && receipt.claim.rows() > 0;
        receipt.is_ok_and(is_missed)
    }

    fn body(&self, key: &str) -> Bytes {
        let got = self.table.store().get(key).now_or_never();
        got.unwrap().unwrap()
    }

    /// The options of a run.
    pub(crate) fn options(&self, spec: &Spec, give_up: BTreeSet<String>) -> ConvertOptions {
        let day = |text: &str| text.parse().unwrap();
        ConvertOptions {
            finish_upkeep: spec.finish_upkeep,
            revive: false,
            schema: Arc::clone(&SCHEMA),
            encode: EncodeOptions::default(),
            rows: RowOptions {
                keep_duplicates: spec.keep_duplicates.unwrap_or(self.keep_duplicates),
                max_object_bytes: spec
                    .max_object_bytes
                    .or(self.max_object_bytes)
                    .unwrap_or(1 << 20),
                account_of_unknown: spec
                    .account_of_unknown
                    .map(|account| account.parse().unwrap()),
                expired_before: None,
                unwrap: spec.unwrap.map(|path| path.parse().unwrap()),
            },
            scope: Scope {
                lanes: Lanes {
                    accounts: spec
                        .account
                        .map(|account| account.parse().unwrap())
                        .into_iter()
                        .collect(),
                    regions: BTreeSet::new(),
                },
                days: DeliveryDays {
                    from: spec.days.map(|(from, _)| day(from)),
                    to: spec.days.map(|(_, to)| day(to)),
                },
                names: Names::default(),
            },
            shard: Shard {
                index: spec.shard.0,
                count: spec.shard.1,
                plan: None,
            },
            give_up: GiveUp {
                named: give_up,
                missing: spec.give_up_missing,
            },
            accept_unread: AcceptUnread {
                named: BTreeSet::new(),
                all: spec.accept_unread,
            },
            allow_empty: true,
            retry_rejects: spec.retry_rejects,
            digests: None,
            threads: 0,
            memory: spec.memory,
            now: spec.now.parse().unwrap(),
        }
    }

    /// A run that has not begun.
    pub(crate) fn start(&self, spec: &Spec) -> Worker {
        self.start_giving_up(spec, BTreeSet::new())
    }

    /// A run that has not begun, with options of its own.
    pub(crate) fn start_with(&self, options: ConvertOptions) -> Worker {
        Worker::new(&self.raw, &self.table, options, &[], &self.unreachable)
    }

    /// A run that has not begun, which gives objects up.
    pub(crate) fn start_giving_up(&self, spec: &Spec, give_up: BTreeSet<String>) -> Worker {
        Worker::new(
            &self.raw.rooted_at(spec.root),
            &self.table,
            self.options(spec, give_up),
            &spec.planned,
            &self.unreachable,
        )
    }
}
