//! What can go wrong between a store and its caller.

use std::fmt;
use std::io;

/// The result of a store's calls.
pub type Result<T> = std::result::Result<T, StoreError>;

/// What a caller can do about an error; each kind is final, retries are behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// No object has this key.
    NotFound,
    /// The object is not the version that was asked for.
    Changed,
    /// This object may not be read; others may.
    Denied,
    /// The object lies in an archive class and must be restored before it can be read.
    Archived,
    /// Throttled, timed out, or broken on its way, also after retries.
    Transient,
    /// Nothing can be done with this store: no credentials, no network, no bucket, no right to
    /// list or to write.
    Fatal,
    /// Anything else, about this object.
    Other,
}

/// What makes an error [`ErrorKind::Fatal`], as far as it is known: it decides the next step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Cause {
    /// Nothing of what follows, or not known.
    #[default]
    Unknown,
    /// No credentials were found.
    NoCredentials,
    /// The profile that is asked for has no credentials, or is not there.
    NoProfile,
    /// The service does not know the credentials, or they have expired.
    RefusedCredentials,
    /// The secret key is not the one of the key id.
    WrongSignature,
    /// This machine's clock is wrong.
    WrongClock,
    /// There is no such bucket.
    NoBucket,
    /// The bucket is in another region.
    OtherRegion,
    /// Nothing answers at the service's address.
    NoAnswer,
    /// The right to do this is missing.
    NotAllowed,
    /// The file system is full, or the quota is used up.
    NoSpace,
    /// The service does not do what its protocol says.
    BrokenService,
}

/// What was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Open the store.
    Open,
    /// List objects.
    List,
    /// Read an object or its size.
    Read,
    /// Write an object.
    Write,
    /// Remove an object.
    Remove,
}

/// A failed call: what was tried, where, why it failed, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot {action} {url}: {reason}; {}", self.next_step())]
pub struct StoreError {
    /// What was tried.
    pub action: Action,
    /// What the caller can do about it.
    pub kind: ErrorKind,
    /// The object, the prefix or the store.
    pub url: String,
    /// The cause, as the system or the service put it.
    pub reason: String,
    /// The cause of an error that ends the run.
    pub cause: Cause,
}

impl StoreError {
    pub(super) fn new(
        action: Action,
        kind: ErrorKind,
        url: impl Into<String>,
        reason: impl Into<String>,
    ) -> StoreError {
        StoreError {
            action,
            kind,
            url: url.into(),
            reason: reason.into(),
            cause: Cause::Unknown,
        }
    }

    /// An error that ends the run.
    pub(super) fn fatal(
        action: Action,
        cause: Cause,
        url: impl Into<String>,
        reason: impl Into<String>,
    ) -> StoreError {
        StoreError {
            cause,
            ..StoreError::new(action, ErrorKind::Fatal, url, reason)
        }
    }

    /// An error of the operating system. What cannot be listed or written ends the run, what
    /// cannot be read does not.
    pub(super) fn io(action: Action, url: impl Into<String>, error: &io::Error) -> StoreError {
        use io::ErrorKind as Io;
        let kind = match error.kind() {
            Io::StorageFull | Io::QuotaExceeded | Io::ReadOnlyFilesystem => ErrorKind::Fatal,
            Io::TimedOut | Io::StaleNetworkFileHandle | Io::ResourceBusy => ErrorKind::Transient,
            _ if action != Action::Read => ErrorKind::Fatal,
            Io::NotFound | Io::NotADirectory | Io::IsADirectory => ErrorKind::NotFound,
            Io::PermissionDenied => ErrorKind::Denied,
            _ => ErrorKind::Other,
        };
        let cause = match error.kind() {
            Io::StorageFull | Io::QuotaExceeded => Cause::NoSpace,
            Io::PermissionDenied | Io::ReadOnlyFilesystem => Cause::NotAllowed,
            _ => Cause::Unknown,
        };
        StoreError {
            cause,
            ..StoreError::new(action, kind, url, error.to_string())
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> &'static str {
        match (self.kind, self.action) {
            (ErrorKind::NotFound, _) => "check the name, or list again if it was deleted",
            (ErrorKind::Changed, _) => "run again to read the new version",
            (ErrorKind::Denied, _) if self.is_in_s3() => {
                "allow s3:GetObject on it, and kms:Decrypt on its encryption key, then run again"
            }
            (ErrorKind::Denied, _) => "allow reading it, then run again",
            (ErrorKind::Archived, _) => "restore it from its archive class, then run again",
            (ErrorKind::Transient, _) => "run again later",
            (ErrorKind::Fatal, action) if self.cause == Cause::NotAllowed && self.is_in_s3() => {
                action.permission()
            }
            (ErrorKind::Fatal, action) => self.cause.advice(action),
            (ErrorKind::Other, Action::List) => "rename or move it, then run again",
            (ErrorKind::Other, _) => "look at this object, then run again",
        }
    }

    fn is_in_s3(&self) -> bool {
        self.url.starts_with("s3://")
    }
}

impl Action {
    /// What IAM, or the bucket's or the key's policy, lacks.
    fn permission(self) -> &'static str {
        match self {
            Action::List | Action::Open => "allow s3:ListBucket on the bucket for this prefix",
            Action::Read => "allow s3:GetObject on it, and kms:Decrypt on its encryption key",
            Action::Write => {
                "allow s3:PutObject there, and kms:GenerateDataKey on its encryption key"
            }
            Action::Remove => "allow s3:DeleteObject there",
        }
    }
}

impl Cause {
    fn advice(self, action: Action) -> &'static str {
        match (self, action) {
            (Cause::NoCredentials, _) => {
                "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role"
            }
            (Cause::NoProfile, _) => {
                "set AWS_PROFILE to one of those that `aws configure list-profiles` shows"
            }
            (Cause::RefusedCredentials, _) => "sign in again, or use other credentials",
            (Cause::WrongSignature, _) => "check the secret access key",
            (Cause::WrongClock, _) => "set this machine's clock",
            (Cause::NoBucket, _) => "check the bucket's name, or create it",
            (Cause::OtherRegion, _) => "set AWS_REGION to the bucket's region",
            (Cause::NoAnswer, _) => "check the endpoint's address and the network",
            (Cause::NotAllowed, Action::Write) => "give the right to write there",
            (Cause::NotAllowed, Action::Remove) => "give the right to delete there",
            (Cause::NotAllowed, Action::List) => "give the right to list it",
            (Cause::NotAllowed, _) => "give the right to read it",
            (Cause::NoSpace, _) => "make room there",
            (Cause::BrokenService, _) => {
                "use another endpoint: this one's answers cannot be relied on"
            }
            (Cause::Unknown, Action::Write) => "check the address and the right to write there",
            (Cause::Unknown, _) => "check the address",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Action::Open => "open",
            Action::List => "list",
            Action::Read => "read",
            Action::Write => "write",
            Action::Remove => "remove",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_the_url_and_ends_with_what_to_do() {
        let error = StoreError::new(
            Action::Read,
            ErrorKind::Archived,
            "s3://b/k",
            "InvalidObjectState",
        );
        assert_eq!(
            error.to_string(),
            "cannot read s3://b/k: InvalidObjectState; restore it from its archive class, then run again"
        );
    }

    #[test]
    fn what_s3_denies_is_told_by_the_action_to_be_allowed() {
        let denied = |action, kind| {
            let error = StoreError::fatal(action, Cause::NotAllowed, "s3://b/k", "AccessDenied");
            StoreError { kind, ..error }.to_string()
        };
        for (action, kind, permission) in [
            (Action::List, ErrorKind::Fatal, "allow s3:ListBucket on"),
            (Action::Read, ErrorKind::Fatal, "allow s3:GetObject on"),
            (Action::Read, ErrorKind::Denied, "allow s3:GetObject on"),
            (Action::Write, ErrorKind::Fatal, "allow s3:PutObject there"),
            (
                Action::Remove,
                ErrorKind::Fatal,
                "allow s3:DeleteObject there",
            ),
        ] {
            let message = denied(action, kind);
            assert!(message.contains(permission), "{message}");
        }
        let folder = StoreError::fatal(Action::List, Cause::NotAllowed, "/logs", "denied");
        assert!(folder.to_string().ends_with("give the right to list it"));
    }

    #[test]
    fn a_forbidden_file_is_denied_but_a_forbidden_folder_ends_the_run() {
        let forbidden = io::Error::from(io::ErrorKind::PermissionDenied);
        assert_eq!(
            StoreError::io(Action::Read, "f", &forbidden).kind,
            ErrorKind::Denied
        );
        assert_eq!(
            StoreError::io(Action::List, "f", &forbidden).kind,
            ErrorKind::Fatal
        );
        assert_eq!(
            StoreError::io(Action::Write, "f", &forbidden).kind,
            ErrorKind::Fatal
        );
    }
}
