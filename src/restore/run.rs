//! One restoration: claim after claim, in the order of lanes and numbers.

use super::body::line;
use super::claim::{RestoredClaim, read_claim};
use super::lane::{ClaimToRestore, claims_of};
use super::logs::put_files;
use super::options::{RestoreError, RestoreOptions, Restored, Target};
use crate::cloudtrail::Sha256;
use crate::failure::Failure;
use crate::lane::Lane;
use crate::ledger::{check_format, lanes};
use crate::monitor::{Monitor, Problem, Progress};
use crate::store::Store;
use crate::work::{Budget, Cpu};
use futures::{StreamExt, TryStreamExt, stream};
use rustc_hash::FxHashSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Lanes listed, and claims read, at once.
const CONCURRENT_READS: usize = 8;

/// What all claims of a restoration share.
pub(super) struct Restoring {
    pub(super) destination: Store,
    pub(super) options: RestoreOptions,
    pub(super) cpu: Cpu,
    pub(super) budget: Budget,
    monitor: Arc<dyn Monitor>,
    restored: Mutex<Restored>,
    /// Hashes of the keys and contents of this run.
    put: Mutex<FxHashSet<[u8; 16]>>,
}

impl Restoring {
    /// Counts something.
    pub(super) fn count(&self, count: impl FnOnce(&mut Restored)) {
        count(&mut self.restored.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether this run has not put this content under this key yet.
    pub(super) fn is_first(&self, key: &str, content: Sha256) -> bool {
        let whole = Sha256::of(format!("{key}\0{content}").as_bytes());
        let mut short = [0; 16];
        short.copy_from_slice(&whole.as_bytes()[..16]);
        let mut put = self.put.lock().unwrap_or_else(PoisonError::into_inner);
        put.insert(short)
    }

    /// What makes a lane wait is told, and the others go on.
    fn told<T>(&self, lane: &Lane, result: Result<T, Failure>) -> Result<Option<T>, Failure> {
        match Failure::waits(result)? {
            Ok(value) => Ok(Some(value)),
            Err(why) => {
                self.count(|restored| restored.failures += 1);
                let lane = lane.clone();
                let problem = Problem::LaneWaits { lane, why };
                self.monitor.report(Progress::Problem(problem));
                Ok(None)
            }
        }
    }
}

/// Writes the records of the table at `destination` that are asked for to `target`.
///
/// # Errors
/// What keeps from going on: no access, a full disk, a ledger of a newer program. What cannot be
/// read of the table is told to `monitor`, counted, and left.
pub async fn restore(
    destination: Store,
    mut target: Target,
    options: RestoreOptions,
    monitor: Arc<dyn Monitor>,
) -> Result<Restored, RestoreError> {
    let restoring = Restoring {
        cpu: Cpu::new(options.threads)?,
        budget: Budget::new(options.memory),
        restored: Mutex::default(),
        put: Mutex::default(),
        destination,
        options,
        monitor,
    };
    let all = lanes_asked(&restoring).await?;
    restoring
        .monitor
        .report(Progress::LanesFound(all.len() as u64));
    let claims = stream::iter(all)
        .map(async |lane| {
            let claims = claims_of(&restoring, lane.clone()).await;
            restoring.told(&lane, claims).map(Option::unwrap_or_default)
        })
        .buffered(CONCURRENT_READS)
        .map_ok(|claims| stream::iter(claims.into_iter().map(Ok::<_, Failure>)))
        .try_flatten();
    let out = match &target {
        Target::Logs(out) => Some(out.clone()),
        Target::Lines(_) => None,
    };
    let read = claims
        .map_ok(async |claim: ClaimToRestore| {
            let read = read_claim(&restoring, &claim).await;
            let Some(read) = restoring.told(&claim.lane, read)? else {
                return Ok(None);
            };
            match &out {
                Some(out) => put_files(&restoring, out, read).await.map(|()| None),
                None => Ok(Some(read)),
            }
        })
        .try_buffered(CONCURRENT_READS);
    let mut read = std::pin::pin!(read);
    while let Some(claim) = read.try_next().await? {
        if let (Some(claim), Target::Lines(write)) = (claim, &mut target) {
            write_lines(&restoring, claim, write.as_mut())?;
        }
    }
    if let Target::Lines(write) = &mut target {
        write.flush()?;
    }
    let restored = restoring.restored.lock();
    Ok(*restored.unwrap_or_else(PoisonError::into_inner))
}

async fn lanes_asked(restoring: &Restoring) -> Result<Vec<Lane>, Failure> {
    let destination = &restoring.destination;
    check_format(destination)
        .await
        .map_err(Failure::of_all_lanes)?;
    let mut all = lanes(destination).await.map_err(Failure::of_all_lanes)?;
    all.retain(|lane| restoring.options.scope.lanes.has(lane));
    Ok(all)
}

fn write_lines(
    restoring: &Restoring,
    claim: RestoredClaim,
    write: &mut (dyn io::Write + Send),
) -> Result<(), RestoreError> {
    for object in claim.objects.into_values() {
        for record in object.rows.iter().chain(&object.rejects) {
            write.write_all(&line(record))?;
        }
        let (records, rejects) = (object.rows.len() as u64, object.rejects.len() as u64);
        restoring.count(|restored| {
            restored.records += records;
            restored.rejects += rejects;
        });
    }
    Ok(())
}
