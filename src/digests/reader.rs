//! The digests of a source, read.

use super::chain::ReadDigest;
use super::digest::read_digest;
use super::key::{DigestKey, FOLDER, moved_key};
use super::key_ring::{KeyRing, KeySource};
use crate::failure::Failure;
use crate::lane::Lane;
use crate::store::{Entry, ErrorKind, Store, StoreError};
use crate::work::Cpu;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Digests of one chain read at once.
const CONCURRENT_READS: usize = 32;

/// What a backfill digest's metadata has of the time when it was made.
const GENERATED: &str = "backfill-generation-timestamp";

/// The metadata of a digest's signature.
const SIGNATURE: &str = "signature";

/// Reads the digests of a source.
pub(crate) struct DigestReader {
    pub(super) store: Store,
    pub(super) keys: KeyRing,
    pub(super) cpu: Cpu,
}

/// A digest that was listed.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) place: DigestKey,
    pub(super) entry: Entry,
}

impl DigestReader {
    /// A reader of what lies in the store.
    pub(crate) fn new(store: &Store, keys: KeySource, cpu: &Cpu) -> Arc<Self> {
        Arc::new(Self {
            store: store.clone(),
            keys: KeyRing::new(keys),
            cpu: cpu.clone(),
        })
    }

    /// The folders of lanes below folders of digests.
    pub(crate) async fn lanes(
        &self,
        folders: &[String],
    ) -> Result<BTreeMap<Lane, Vec<String>>, StoreError> {
        let mut lanes: BTreeMap<Lane, Vec<String>> = BTreeMap::new();
        for folder in folders {
            for region in self.store.list_dir(folder).await?.prefixes {
                let path = self.store.url(&region);
                let mut segments = path.trim_end_matches('/').rsplit('/');
                if let (Some(region_name), Some(FOLDER), Some(account)) =
                    (segments.next(), segments.next(), segments.next())
                    && let Some(lane) = Lane::parse(account, region_name)
                {
                    lanes.entry(lane).or_default().push(region);
                }
            }
        }
        Ok(lanes)
    }

    /// Reads these, each once.
    pub(super) async fn read(&self, listed: &[Listed]) -> Result<Vec<ReadDigest>, Failure> {
        let mut reading = stream::iter(listed)
            .map(async |listed| self.read_one(listed).await)
            .buffered(CONCURRENT_READS);
        let mut digests: Vec<ReadDigest> = Vec::with_capacity(listed.len());
        while let Some(digest) = reading.try_next().await? {
            // A tree that lies here twice says everything twice.
            let is_copy = |other: &ReadDigest| {
                moved_key(&other.address) == moved_key(&digest.address)
                    && other.content.as_ref().ok().map(|content| content.sha256)
                        == digest.content.as_ref().ok().map(|content| content.sha256)
            };
            let same_end = digests.iter().rev();
            let mut same_end = same_end.take_while(|other| other.place.end == digest.place.end);
            if !same_end.any(is_copy) {
                digests.push(digest);
            }
        }
        Ok(digests)
    }

    async fn read_one(&self, listed: &Listed) -> Result<ReadDigest, Failure> {
        let content = match self.store.get_listed(&listed.entry).await {
            Ok(delivered) => self.cpu.run(move || read_digest(&delivered)).await?,
            Err(error) => Err(about_one(error)?),
        };
        Ok(ReadDigest {
            address: self.store.url(&listed.entry.key),
            place: listed.place.clone(),
            content,
            signature: None,
            is_at_home: false,
        })
    }

    /// Adds the signatures that lie beside digests; gives the times at which some were made.
    pub(super) async fn ask(
        &self,
        digests: &mut [ReadDigest],
        asked: &BTreeSet<usize>,
    ) -> Result<BTreeMap<usize, Timestamp>, Failure> {
        let store = &self.store;
        let mut generated = BTreeMap::new();
        if !store.has_metadata() {
            return Ok(generated);
        }
        for &at in asked {
            let digest = &mut digests[at];
            let Ok(content) = &digest.content else {
                continue;
            };
            if digest.signature.is_none() {
                let mut metadata = match store.metadata(&key_below(store, &digest.address)).await {
                    Ok(metadata) => metadata,
                    Err(error) => {
                        about_one(error)?;
                        continue;
                    }
                };
                let home = format!("s3://{}/", content.bucket);
                digest.is_at_home = store.url("").starts_with(&home);
                digest.signature = metadata.remove(SIGNATURE);
                let time = metadata.get(GENERATED).and_then(|time| time.parse().ok());
                generated.extend(time.map(|time| (at, time)));
            }
        }
        Ok(generated)
    }
}

/// The key of an address in a store.
pub(crate) fn key_below(store: &Store, address: &str) -> String {
    let root = store.url("");
    let below = address.strip_prefix(root.trim_end_matches('/'));
    below.unwrap_or(address).trim_start_matches('/').to_owned()
}

/// What an error says of one digest, or the error that concerns all.
fn about_one(error: StoreError) -> Result<String, Failure> {
    match error.kind {
        ErrorKind::Fatal | ErrorKind::Transient => Err(error.into()),
        _ => Ok(error.to_string()),
    }
}
