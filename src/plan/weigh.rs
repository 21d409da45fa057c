//! What the lanes of a source weigh.

use crate::convert::{Discovered, LaneList, Walk, discover};
use crate::failure::Failure;
use crate::lane::Lane;
use crate::scope::{Scope, Shard};
use crate::store::Store;
use futures::{StreamExt, TryStreamExt, stream};

/// Lanes listed at once.
const CONCURRENT_LANES: usize = 32;

/// The raw objects of one lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneWeight {
    /// Which lane.
    pub lane: Lane,
    /// How many.
    pub objects: u64,
    /// Their bytes as delivered.
    pub delivered_bytes: u64,
}

/// The raw objects of a range.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weights {
    /// The source's address.
    pub source: String,
    /// Those whose keys name a lane.
    pub lanes: Vec<LaneWeight>,
    /// Those whose keys name none; the first worker reads them all.
    pub unplaced_objects: u64,
    /// The bytes of these, as delivered.
    pub unplaced_delivered_bytes: u64,
}

/// Lists what the source holds of a range; nothing is read.
///
/// # Errors
/// Those of the store.
pub async fn weigh(source: &Store, scope: &Scope) -> Result<Weights, Failure> {
    let source = source.as_source();
    let walk = Walk {
        source: &source,
        lanes: &scope.lanes,
        names: &scope.names,
        shard: &Shard::ALL,
        own: &[],
        digests: false,
    };
    let Discovered {
        lanes,
        mut unplaced,
        ..
    } = discover(&walk).await?;
    let mut weights = Weights {
        source: source.url(""),
        ..Weights::default()
    };
    let mut listing = stream::iter(lanes)
        .map(async |(lane, prefixes)| {
            let mut list = LaneList::new(&source, &lane, &prefixes, scope, &[]);
            let (mut objects, mut delivered_bytes) = (0, 0);
            while list.peek().await?.is_some()
                && let Some(object) = list.take()
            {
                objects += 1;
                delivered_bytes += object.size;
            }
            let weight = LaneWeight {
                lane,
                objects,
                delivered_bytes,
            };
            Ok::<_, Failure>((weight, list.aside.unplaced))
        })
        .buffered(CONCURRENT_LANES);
    while let Some((weight, aside)) = listing.try_next().await? {
        weights.lanes.push(weight);
        unplaced.extend(aside);
    }
    drop(listing);
    weights.unplaced_objects = unplaced.len() as u64;
    weights.unplaced_delivered_bytes = unplaced.iter().map(|object| object.size).sum();
    Ok(weights)
}
