//! Restored objects put as files under CloudTrail's keys; what is there stays.

use super::body::document;
use super::claim::{RestoredClaim, RestoredObject};
use super::key::{other_key, restored_key};
use super::run::Restoring;
use crate::cloudtrail::{Limits, Sha256, gunzip, gzip};
use crate::failure::Failure;
use crate::store::{PutOutcome, Store};
use futures::{TryStreamExt, stream};

/// Files of a claim put at once.
const CONCURRENT_PUTS: usize = 8;

/// Puts the files of a claim.
pub(super) async fn put_files(
    restoring: &Restoring,
    out: &Store,
    claim: RestoredClaim,
) -> Result<(), Failure> {
    let (lane, read_at) = (claim.lane, claim.read_at);
    stream::iter(claim.objects.into_iter().map(Ok))
        .try_for_each_concurrent(CONCURRENT_PUTS, async |(address, object)| {
            let key = restored_key(&address, &lane, read_at);
            put_file(restoring, out, &key, object).await
        })
        .await
}

async fn put_file(
    restoring: &Restoring,
    out: &Store,
    key: &str,
    object: RestoredObject,
) -> Result<(), Failure> {
    let (records, rejects) = (object.rows.len() as u64, object.rejects.len() as u64);
    let made = restoring.cpu.run(move || {
        let all = [object.rows, object.rejects].concat();
        let text = document(&all);
        let body = gzip(&text);
        (Sha256::of(&text), text.len() as u64, body)
    });
    let (content, length, body) = made.await?;
    for attempt in 0_u32.. {
        let key = match attempt {
            0 => key.to_owned(),
            attempt => other_key(key, content, attempt),
        };
        // Equal files of one run are several: records without ids may be delivered twice.
        if restoring.is_first(&key, content) {
            let bytes = body.len() as u64;
            let outcome = out.put_if_absent(&key, body.clone().into()).await?;
            let is_there = match outcome {
                PutOutcome::Written => {
                    restoring.count(|restored| {
                        restored.files += 1;
                        restored.bytes += bytes;
                    });
                    true
                }
                PutOutcome::AlreadyExists => {
                    let is_same = has_content(out, &key, content, length).await?;
                    restoring.count(|restored| restored.standing_files += u64::from(is_same));
                    is_same
                }
            };
            if is_there {
                restoring.count(|restored| {
                    restored.records += records;
                    restored.rejects += rejects;
                });
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Whether the file that is there holds the same.
async fn has_content(
    out: &Store,
    key: &str,
    content: Sha256,
    length: u64,
) -> Result<bool, Failure> {
    let standing = out.get(key).await?;
    let text = gunzip(&standing, Limits::of(length));
    Ok(text.is_ok_and(|text| Sha256::of(&text) == content))
}
