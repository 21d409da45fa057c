//! What an SDK error means to the run.

use std::error::Error;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use super::S3;
use crate::store::{Action, Cause, ErrorKind, StoreError};

impl S3 {
    pub(super) fn fault<E>(&self, action: Action, key: &str, error: SdkError<E>) -> StoreError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (kind, cause) = kind(action, &error);
        let profile = std::env::var("AWS_PROFILE").ok();
        let cause = match (cause, &profile) {
            (Cause::NoCredentials, Some(_)) => Cause::NoProfile,
            (cause, _) => cause,
        };
        let reason = match cause {
            Cause::NoCredentials | Cause::NoProfile => no_credentials(profile),
            Cause::NoAnswer => format!("nothing answers: {}", root(&error)),
            _ => reason(&error),
        };
        StoreError {
            cause,
            ..self.error(action, kind, key, reason)
        }
    }
}

fn kind<E>(action: Action, error: &SdkError<E>) -> (ErrorKind, Cause)
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => {
            (ErrorKind::Transient, Cause::Unknown)
        }
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            service_kind(action, status, error.code().unwrap_or_default())
        }
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
            (ErrorKind::Fatal, Cause::NoAnswer)
        }
        _ => (ErrorKind::Fatal, of_credentials(&chain(error))),
    }
}

/// What kept a request from being signed, by the SDK's words: its types do not tell.
fn of_credentials(text: &str) -> Cause {
    let none = [
        "no credentials found in chain",
        "no providers in chain provided credentials",
    ];
    if none.iter().any(|none| text.contains(none)) {
        Cause::NoCredentials
    } else if text.contains("credentials") {
        Cause::RefusedCredentials
    } else {
        Cause::Unknown
    }
}

fn no_credentials(profile: Option<String>) -> String {
    match profile {
        Some(profile) => {
            format!(
                "no AWS credentials were found: the profile {profile:?} has none or is not there"
            )
        }
        None => "no AWS credentials were found".to_owned(),
    }
}

/// The codes are those of <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.
fn service_kind(action: Action, status: u16, code: &str) -> (ErrorKind, Cause) {
    if let Some(cause) = fatal_cause(status, code) {
        return (ErrorKind::Fatal, cause);
    }
    let kind = match (status, code) {
        (_, "InvalidObjectState") => ErrorKind::Archived,
        (_, "SlowDown" | "RequestTimeout" | "OperationAborted" | "ConditionalRequestConflict")
        | (408 | 409 | 429 | 500.., _) => ErrorKind::Transient,
        (403, _) if action != Action::Read => return (ErrorKind::Fatal, Cause::NotAllowed),
        _ if action != Action::Read => ErrorKind::Fatal,
        (404, _) => ErrorKind::NotFound,
        (412, _) => ErrorKind::Changed,
        (403, _) => ErrorKind::Denied,
        // The object's encryption key is disabled, deleted or another account's.
        (_, code) if code.starts_with("KMS.") => ErrorKind::Denied,
        _ => ErrorKind::Other,
    };
    (kind, Cause::Unknown)
}

/// What ends the run whatever was tried.
fn fatal_cause(status: u16, code: &str) -> Option<Cause> {
    Some(match (status, code) {
        (_, "NoSuchBucket" | "InvalidBucketName") => Cause::NoBucket,
        (_, "SignatureDoesNotMatch") => Cause::WrongSignature,
        (_, "InvalidAccessKeyId" | "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired") => {
            Cause::RefusedCredentials
        }
        (_, "RequestTimeTooSkewed") => Cause::WrongClock,
        (_, "AuthorizationHeaderMalformed" | "PermanentRedirect") | (301 | 307, _) => {
            Cause::OtherRegion
        }
        (_, "AllAccessDisabled") => Cause::NotAllowed,
        (401, _) => Cause::RefusedCredentials,
        (501, _) => Cause::BrokenService,
        _ => return None,
    })
}

fn reason<E>(error: &SdkError<E>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let SdkError::ServiceError(service) = error else {
        return chain(error);
    };
    let status = service.raw().status().as_u16();
    let mut reason = match (error.code(), error.message()) {
        (Some(code), Some(message)) => {
            format!("{code}: {} (HTTP {status}", message.trim_end_matches('.'))
        }
        (Some(code), None) => format!("{code} (HTTP {status}"),
        // An answer to HEAD has no body to tell more.
        (None, _) if status == 404 => "it is not there (HTTP 404".to_owned(),
        (None, _) => format!("refused (HTTP {status}"),
    };
    if let Some(id) = service.raw().headers().get("x-amz-request-id") {
        reason.push_str(", request ");
        reason.push_str(id);
    }
    if let Some(region) = bucket_region(error) {
        reason.push_str(", the bucket is in ");
        reason.push_str(&region);
    }
    reason.push(')');
    reason
}

/// The region that a refusal names.
pub(super) fn bucket_region<E>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    let response = error.raw_response()?;
    response
        .headers()
        .get("x-amz-bucket-region")
        .map(str::to_owned)
}

/// The cause behind all others.
fn root(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.last().map(ToString::to_string).unwrap_or_default()
}

/// The error and its causes, in one line.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let mut texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.dedup();
    // The list of credential sources that were tried comes in many lines.
    let text = texts.join(": ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_concerns_one_object_does_not_end_the_run() {
        let read = |status, code| service_kind(Action::Read, status, code).0;
        assert_eq!(read(403, "AccessDenied"), ErrorKind::Denied);
        assert_eq!(read(403, "InvalidObjectState"), ErrorKind::Archived);
        assert_eq!(read(400, "KMS.DisabledException"), ErrorKind::Denied);
        assert_eq!(read(404, "NoSuchKey"), ErrorKind::NotFound);
        assert_eq!(read(404, ""), ErrorKind::NotFound);
        assert_eq!(read(412, "PreconditionFailed"), ErrorKind::Changed);
        assert_eq!(read(416, "InvalidRange"), ErrorKind::Other);
        assert_eq!(read(503, "SlowDown"), ErrorKind::Transient);
    }

    #[test]
    fn no_credentials_and_credentials_that_cannot_be_had_are_told_apart() {
        let none = "dispatch failure: other: the credential provider was not enabled: no \
                    credentials found in chain. Attempted: Environment: variable not set";
        assert_eq!(of_credentials(none), Cause::NoCredentials);
        let expired = "dispatch failure: other: an error occurred while loading credentials: \
                       the SSO token has expired";
        assert_eq!(of_credentials(expired), Cause::RefusedCredentials);
        assert_eq!(of_credentials("construction failure"), Cause::Unknown);
    }

    #[test]
    fn chain_is_one_line_however_the_causes_are_laid_out() {
        let error = std::io::Error::other("no credentials. Attempted:\n  - environment\n");
        assert_eq!(chain(&error), "no credentials. Attempted: - environment");
    }

    #[test]
    fn what_concerns_the_bucket_or_the_credentials_ends_it() {
        for (status, code) in [
            (404, "NoSuchBucket"),
            (403, "InvalidAccessKeyId"),
            (403, "SignatureDoesNotMatch"),
            (400, "ExpiredToken"),
            (301, "PermanentRedirect"),
            (400, "AuthorizationHeaderMalformed"),
        ] {
            assert_eq!(
                service_kind(Action::Read, status, code).0,
                ErrorKind::Fatal,
                "{code}"
            );
        }
        assert_eq!(
            service_kind(Action::List, 403, "AccessDenied").0,
            ErrorKind::Fatal
        );
        assert_eq!(
            service_kind(Action::Write, 403, "AccessDenied").0,
            ErrorKind::Fatal
        );
        assert_eq!(
            service_kind(Action::Write, 501, "NotImplemented").0,
            ErrorKind::Fatal
        );
    }
}
