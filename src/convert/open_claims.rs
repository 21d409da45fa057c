//! The claims of a ledger that are open.

use super::options::GiveUp;
use super::places::claimed_key;
use super::task::CONCURRENT_LANES;
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::{Claim, Hint, LaneLog, Work};
use crate::store::Store;
use futures::{StreamExt, TryStreamExt, stream};
use std::collections::BTreeSet;

/// Fails if something is to be given up that no open claim has.
pub(super) async fn check_give_up(
    destination: &Store,
    lanes: &[Lane],
    give_up: &GiveUp,
) -> Result<(), Failure> {
    if give_up.named.is_empty() {
        return Ok(());
    }
    let mut names = BTreeSet::new();
    let mut claims = stream::iter(lanes)
        .map(async |lane| {
            // A lane whose log cannot be read is named by the work in it.
            let log = LaneLog::open(destination, lane, Hint::Nothing).await;
            let log = Failure::waits(log.map_err(Failure::from))?;
            Ok::<_, Failure>(log.ok().and_then(|log| log.open_claim().cloned()))
        })
        .buffer_unordered(CONCURRENT_LANES);
    while let Some(claim) = claims.try_next().await? {
        if let Some(claim) = claim {
            names.extend(names_of(destination, &claim));
        }
    }
    match give_up.named.iter().find(|name| !names.contains(*name)) {
        None => Ok(()),
        Some(name) => Err(Failure::NothingToGiveUp(name.clone())),
    }
}

/// What can be given up of a claim: itself, and its objects by address and by key.
fn names_of(destination: &Store, claim: &Claim) -> Vec<String> {
    let mut names = vec![destination.url(&claim.key())];
    match &claim.work {
        Work::Convert(convert) => {
            let objects = convert.objects.iter();
            for object in objects.filter(|object| object.outcome.is_read()) {
                names.push(claimed_key(convert, &object.address).to_owned());
                names.push(object.address.clone());
            }
        }
        Work::RetryRejects(retry) => {
            let rejects = retry.rejects.iter();
            names.extend(rejects.map(|rejects| destination.url(&rejects.key)));
        }
        Work::Compact(_)
        | Work::Sort(_)
        | Work::SortByTime(_)
        | Work::Rewrite(_)
        | Work::Expire(_) => {}
    }
    names
}
