//! What ends a run, or makes one lane wait.

use crate::lane::Region;
use crate::ledger::{Claim, LedgerError, Work};
use crate::store::{ErrorKind, Store, StoreError};
use std::error::Error;

/// Why work on a table failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(LedgerError),
    /// Nothing can be done in one lane; others go on.
    #[error("{0}")]
    Waiting(Waiting),
    /// What was to be given up is in no open claim.
    #[error(
        "--give-up {0}: no open claim has this object, or is this claim; `status` names what \
         open claims wait for"
    )]
    NothingToGiveUp(String),
    /// The public keys of digests cannot be had.
    #[error(
        "the public keys that digests in {region} are signed by cannot be listed ({why}): allow \
         cloudtrail:ListPublicKeys, or name what `aws cloudtrail list-public-keys` printed with \
         --digest-keys"
    )]
    PublicKeys {
        /// The region.
        region: Region,
        /// What CloudTrail said.
        why: String,
    },
    /// A defect of this program or its machine.
    #[error("{0}; please report this")]
    Internal(String),
}

/// Why nothing can be done in a lane for now: what is wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Waiting {
    /// The ledger's documents of the lane are damaged, gone, or not alone.
    #[error("{0}")]
    Ledger(String),
    /// Something of the table cannot be had, and other things can.
    #[error("{0}")]
    Store(StoreError),
    /// A Parquet object of the table cannot be read.
    #[error("{url} cannot be read ({why}): it is damaged; restore it from a backup")]
    DamagedFile {
        /// Where it is.
        url: String,
        /// What the reader said.
        why: String,
    },
    /// A file in a partition is not of this program.
    #[error("{url} was not written by this program: move it out of the table")]
    ForeignFile {
        /// Where it is.
        url: String,
    },
    /// An object of the open claim cannot be had as it was claimed.
    #[error(
        "{address} of the open claim {claim} cannot be read as it was claimed: {why}; bring it \
         back, or lose its records for good with --give-up '{address}' (--give-up-missing for \
         all that cannot be had)"
    )]
    Object {
        /// The object.
        address: String,
        /// The claim.
        claim: String,
        /// What stands in the way.
        why: String,
    },
    /// The open claim's objects do not give what was claimed.
    #[error(
        "the open claim {claim} does not give the rows that version {program} claimed ({what}); \
         finish it with that version"
    )]
    Rows {
        /// The claim.
        claim: String,
        /// The version that made it.
        program: String,
        /// What differs.
        what: String,
    },
    /// The open claim is of work that removes files, which this command may not.
    #[error("the open claim {claim} of `{command}` is to be finished first: {}", self.next_step())]
    Upkeep {
        /// The claim.
        claim: String,
        /// The command.
        command: &'static str,
    },
    /// The open claim is of a conversion, which needs the raw objects.
    #[error("the open claim {claim} of `convert` is to be finished first: {}", self.next_step())]
    OpenClaim {
        /// The claim.
        claim: String,
    },
    /// A file stands that has other rows than were claimed.
    #[error(
        "{url} has {found} rows where the claim says {claimed}: another run gave objects up; \
         repeat its --give-up"
    )]
    GivenUp {
        /// The file.
        url: String,
        /// Rows in it.
        found: u64,
        /// Rows claimed.
        claimed: u64,
    },
}

impl Waiting {
    /// A code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Ledger(_) => "ledger",
            Self::Store(_) => "table_object",
            Self::DamagedFile { .. } => "damaged_file",
            Self::ForeignFile { .. } => "foreign_file",
            Self::Object { .. } => "claimed_object",
            Self::Rows { .. } => "claimed_rows",
            Self::Upkeep { .. } | Self::OpenClaim { .. } => "open_claim",
            Self::GivenUp { .. } => "given_up",
        }
    }

    /// That the open claim at `url` replaces files, for work that may not.
    pub(crate) fn upkeep(url: String, claim: &Claim) -> Self {
        let command = match claim.work {
            Work::Expire(_) => "expire",
            Work::Rewrite(_) => "rewrite",
            _ => "compact",
        };
        Self::Upkeep {
            claim: url,
            command,
        }
    }

    /// The address of the open claim that stands in the way.
    pub fn claim(&self) -> Option<&str> {
        match self {
            Self::Object { claim, .. } | Self::Rows { claim, .. } | Self::Upkeep { claim, .. } => {
                Some(claim)
            }
            _ => None,
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> String {
        match self {
            Self::Ledger(_) => {
                "restore the ledger's documents from a backup, or move away what is none".to_owned()
            }
            Self::Store(error) => error.next_step().to_owned(),
            Self::DamagedFile { .. } => "restore it from a backup".to_owned(),
            Self::ForeignFile { .. } => "move it out of the table".to_owned(),
            Self::Object { address, .. } => {
                format!("bring it back, or lose its records for good with --give-up '{address}'")
            }
            Self::Rows { program, .. } => format!("finish the claim with version {program}"),
            Self::Upkeep { command, .. } => format!("run `{command}` on the table"),
            Self::OpenClaim { .. } => "run `convert` with its source".to_owned(),
            Self::GivenUp { .. } => "repeat the other run's --give-up".to_owned(),
        }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Store(error) => Self::of_table(error),
            error if error.is_of_one_lane() => Self::Waiting(Waiting::Ledger(error.to_string())),
            error => Self::Ledger(error),
        }
    }
}

impl From<Waiting> for Failure {
    fn from(waiting: Waiting) -> Self {
        Self::Waiting(waiting)
    }
}

impl Failure {
    /// What the destination's store says: what concerns one object makes its lane wait, what
    /// concerns them all ends the run.
    pub(crate) fn of_table(error: StoreError) -> Self {
        match error.kind {
            ErrorKind::Fatal | ErrorKind::Transient => Self::Store(error),
            _ => Self::Waiting(Waiting::Store(error)),
        }
    }

    /// What is wrong with the ledger as a whole: it ends the run.
    pub(crate) fn of_all_lanes(error: LedgerError) -> Self {
        match error {
            LedgerError::Store(error) => Self::Store(error),
            error => Self::Ledger(error),
        }
    }

    /// A Parquet file that its reader refused, or the store's error if that was the cause.
    pub(crate) fn unreadable_file(
        store: &Store,
        key: &str,
        error: impl Error + Send + Sync + 'static,
    ) -> Self {
        let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(at) = cause {
            if let Some(failed) = at.downcast_ref::<StoreError>() {
                return Self::of_table(failed.clone());
            }
            cause = at.source();
        }
        Waiting::DamagedFile {
            url: store.url(key),
            why: error.to_string(),
        }
        .into()
    }

    /// Splits what makes one lane wait from what ends the run.
    pub(crate) fn waits<T>(result: Result<T, Self>) -> Result<Result<T, Waiting>, Self> {
        match result {
            Ok(value) => Ok(Ok(value)),
            Err(Self::Waiting(waiting)) => Ok(Err(waiting)),
            Err(failure) => Err(failure),
        }
    }
}
