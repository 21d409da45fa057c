//! The calls that make the table: read, compare, create or update.

use std::time::Duration;

use aws_sdk_glue::Client;
use aws_sdk_glue::config::Builder;
use aws_sdk_glue::config::retry::RetryConfig;
use aws_sdk_glue::config::timeout::TimeoutConfig;
use aws_sdk_glue::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_glue::types::{DatabaseInput, Table, TableInput};

use super::error::CatalogError;
use super::name::TableName;
use super::plan::{TableChange, foreign, plan_table};
use super::projection::Projection;
use super::table::TableSpec;
use crate::aws::{FIRST_ANSWER, FirstContact, SdkConfig};

/// Enough for the children of a large array job that all end at one moment.
const ATTEMPTS: u32 = 10;

/// The first pause of the client's own retries: with two attempts at a service that says nothing it
/// is five seconds at most.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The first pause after a conflict; each next one may be twice as long, up to
/// [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What was done to the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The table is new.
    Created,
    /// The table was there, and these things changed.
    Updated {
        /// For people: `account 111122223333 added`.
        what: Vec<String>,
    },
    /// Nothing was written.
    Unchanged,
}

/// A registered table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// What was done.
    pub outcome: Outcome,
    /// Partitions projected by a query over the last 30 days without other predicates;
    /// with injected accounts, for each account.
    pub partitions_30_days: u64,
    /// The same for all days.
    pub partitions_all: u64,
    /// What to change before queries fail.
    pub advice: Option<String>,
}

/// A client of Glue. It goes to `AWS_ENDPOINT_URL_GLUE`, `AWS_ENDPOINT_URL` or the
/// profile's `endpoint_url` where one is set, all of which `config` carries.
pub fn client(config: &SdkConfig) -> Client {
    let contact = FirstContact::default();
    let timeouts = TimeoutConfig::builder().connect_timeout(FIRST_ANSWER);
    let config = Builder::from(config)
        .timeout_config(timeouts.build())
        .retry_config(RetryConfig::standard().with_initial_backoff(FIRST_PAUSE))
        .retry_classifier(contact.clone())
        .interceptor(contact);
    Client::from_conf(config.build())
}

/// Makes the table of the catalog what `spec` says, and its database if there is none.
///
/// It may be called by any number of programs at once: each writes only a change against
/// the version that it read, and reads again when another was first.
///
/// # Errors
/// [`CatalogError`]. The table is as it was.
pub async fn register(client: &Client, spec: &TableSpec) -> Result<Registered, CatalogError> {
    register_with(client, spec, PAUSE).await
}

/// Whether [`register`] may make the table: it asks for what is there, and writes nothing.
///
/// # Errors
/// [`CatalogError`]: the catalog cannot be read, or has a table of this name that is not ours.
pub async fn check(client: &Client, spec: &TableSpec) -> Result<(), CatalogError> {
    let existing = get_table(client, spec).await?;
    match existing.and_then(|table| foreign(spec, &table)) {
        None => Ok(()),
        Some(reason) => Err(CatalogError::Foreign {
            table: spec.name.clone(),
            reason,
        }),
    }
}

async fn register_with(
    client: &Client,
    spec: &TableSpec,
    first_pause: Duration,
) -> Result<Registered, CatalogError> {
    for attempt in 0..ATTEMPTS {
        let existing = get_table(client, spec).await?;
        let written = match plan_table(spec, existing.as_ref())? {
            TableChange::Create(input) => create(client, spec, *input)
                .await?
                .then_some(Outcome::Created),
            TableChange::Update {
                input,
                version_id,
                what,
            } => update(client, spec, *input, version_id)
                .await?
                .then_some(Outcome::Updated { what }),
            TableChange::Unchanged => Some(Outcome::Unchanged),
            TableChange::Foreign { reason } => {
                return Err(CatalogError::Foreign {
                    table: spec.name.clone(),
                    reason,
                });
            }
        };
        if let Some(outcome) = written {
            return registered(spec, existing.as_ref(), outcome);
        }
        if attempt + 1 < ATTEMPTS {
            tokio::time::sleep(pause(first_pause, attempt)).await;
        }
    }
    Err(CatalogError::Contention {
        table: spec.name.clone(),
        attempts: ATTEMPTS,
    })
}

/// The table, or `None` if it, or its database, does not exist.
pub(super) async fn get_table(
    client: &Client,
    spec: &TableSpec,
) -> Result<Option<Table>, CatalogError> {
    let answer = client
        .get_table()
        .set_catalog_id(spec.catalog_id.clone())
        .database_name(&spec.name.database)
        .name(&spec.name.table)
        .send()
        .await;
    match answer {
        Ok(output) => Ok(output.table),
        Err(error) if is(&error, "EntityNotFoundException") => Ok(None),
        Err(error) => Err(failure("glue:GetTable", &spec.name, &error)),
    }
}

/// Whether the table was created; if not, the catalog changed and is to be read again.
async fn create(
    client: &Client,
    spec: &TableSpec,
    input: TableInput,
) -> Result<bool, CatalogError> {
    let answer = client
        .create_table()
        .set_catalog_id(spec.catalog_id.clone())
        .database_name(&spec.name.database)
        .table_input(input)
        .send()
        .await;
    match answer {
        Ok(_) => Ok(true),
        Err(error) if is(&error, "EntityNotFoundException") => {
            create_database(client, spec).await?;
            Ok(false)
        }
        Err(error) if is_conflict(&error) => Ok(false),
        Err(error) => Err(failure("glue:CreateTable", &spec.name, &error)),
    }
}

/// Only called when a table could not be created for want of its database, so that a
/// program that may not create or read databases can still use one that is there.
async fn create_database(client: &Client, spec: &TableSpec) -> Result<(), CatalogError> {
    let input = DatabaseInput::builder()
        .name(&spec.name.database)
        .build()
        .map_err(|error| CatalogError::Glue {
            action: "glue:CreateDatabase",
            table: spec.name.clone(),
            detail: error.to_string(),
            advice: advice(""),
        })?;
    let answer = client
        .create_database()
        .set_catalog_id(spec.catalog_id.clone())
        .database_input(input)
        .send()
        .await;
    match answer {
        Ok(_) => Ok(()),
        Err(error) if is_conflict(&error) => Ok(()),
        Err(error) => Err(failure("glue:CreateDatabase", &spec.name, &error)),
    }
}

/// Whether the table was updated; if not, it changed and is to be read again.
async fn update(
    client: &Client,
    spec: &TableSpec,
    input: TableInput,
    version_id: Option<String>,
) -> Result<bool, CatalogError> {
    let answer = client
        .update_table()
        .set_catalog_id(spec.catalog_id.clone())
        .database_name(&spec.name.database)
        .table_input(input)
        // An account holds a million table versions, and this may run every night.
        .skip_archive(true)
        .set_version_id(version_id)
        .send()
        .await;
    match answer {
        Ok(_) => Ok(true),
        Err(error) if is_conflict(&error) || is(&error, "EntityNotFoundException") => Ok(false),
        Err(error) => Err(failure("glue:UpdateTable", &spec.name, &error)),
    }
}

fn registered(
    spec: &TableSpec,
    existing: Option<&Table>,
    outcome: Outcome,
) -> Result<Registered, CatalogError> {
    let there = existing.and_then(|table| table.parameters.clone());
    let projection = Projection::new(spec, &there.unwrap_or_default())?;
    Ok(Registered {
        outcome,
        partitions_30_days: projection.partitions(30),
        partitions_all: projection.partitions(u64::MAX),
        advice: projection.advice(),
    })
}

/// A random part of a span that doubles, so that programs that collided part ways.
fn pause(first: Duration, attempt: u32) -> Duration {
    let span = LONGEST_PAUSE.min(first.saturating_mul(1 << attempt.min(16)));
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    span.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

/// Somebody else was first.
fn is_conflict<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    [
        "AlreadyExistsException",
        "ConcurrentModificationException",
        "VersionMismatchException",
    ]
    .iter()
    .any(|code| is(error, code))
}

fn is<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>, code: &str) -> bool {
    error.code() == Some(code)
}

/// The error of a call that cannot be made good here.
pub(super) fn failure<E, R>(
    action: &'static str,
    table: &TableName,
    error: &SdkError<E, R>,
) -> CatalogError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    let code = error.code().unwrap_or_default();
    let chain = chain(error);
    let (detail, advice) = match (error, error.message()) {
        (SdkError::DispatchFailure(failure), _) if failure.is_io() || failure.is_timeout() => {
            (format!("nothing answers: {}", root(error)), NO_ANSWER)
        }
        (SdkError::TimeoutError(_), _) => (format!("nothing answers: {}", root(error)), NO_ANSWER),
        (SdkError::DispatchFailure(_), _) if chain.contains("credentials") => (chain, CREDENTIALS),
        (_, Some(message)) if code.is_empty() => (message.to_owned(), advice("")),
        (_, Some(message)) => (
            format!("{code}: {}", message.trim_end_matches('.')),
            advice(code),
        ),
        (_, None) if code.is_empty() => (chain, advice("")),
        (_, None) => (code.to_owned(), advice(code)),
    };
    let table = table.clone();
    if code.starts_with("AccessDenied") {
        return CatalogError::Denied {
            action,
            table,
            detail,
        };
    }
    CatalogError::Glue {
        action,
        table,
        detail,
        advice,
    }
}

const NO_ANSWER: &str =
    "check AWS_ENDPOINT_URL_GLUE or AWS_ENDPOINT_URL, AWS_REGION, and the network";
const CREDENTIALS: &str =
    "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role";

/// What to do about one of Glue's codes.
fn advice(code: &str) -> &'static str {
    match code {
        "ExpiredTokenException"
        | "ExpiredToken"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "MissingAuthenticationTokenException" => "sign in again, or use other credentials",
        "InvalidSignatureException" | "SignatureDoesNotMatch" => "check the secret access key",
        "GlueEncryptionException" => "allow the KMS key that encrypts the catalog",
        "ResourceNumberLimitExceededException" => {
            "delete what is not needed, or have the quota raised"
        }
        "ThrottlingException" | "OperationTimeoutException" | "InternalServiceException" => {
            "register the table again later"
        }
        "InvalidInputException" => "correct what it names, then register the table again",
        _ => "look at what Glue says, then register the table again",
    }
}

/// The cause behind all others.
fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.last().map(ToString::to_string).unwrap_or_default()
}

/// An error and its causes in one line: the outermost says no more than "dispatch failure".
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut words: Vec<String> = causes.map(ToString::to_string).collect();
    words.dedup();
    let text = words.join(": ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use aws_sdk_glue::error::ErrorMetadata;
    use aws_sdk_glue::operation::create_table::CreateTableError;
    use aws_sdk_glue::operation::get_table::GetTableError;
    use aws_sdk_glue::types::error::{AlreadyExistsException, EntityNotFoundException};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use jiff::civil::date;

    use super::*;
    use crate::catalog::AccountProjection;

    #[tokio::test]
    async fn a_conflict_that_never_ends_is_given_up_after_some_attempts() {
        let meta = |code: &str| ErrorMetadata::builder().code(code).build();
        let absent = mock!(Client::get_table).then_error(move || {
            let error = EntityNotFoundException::builder();
            let error = error.meta(meta("EntityNotFoundException")).build();
            GetTableError::EntityNotFoundException(error)
        });
        let taken = mock!(Client::create_table).then_error(move || {
            let error = AlreadyExistsException::builder();
            let error = error.meta(meta("AlreadyExistsException")).build();
            CreateTableError::AlreadyExistsException(error)
        });
        let client = mock_client!(aws_sdk_glue, RuleMode::MatchAny, &[&absent, &taken]);
        let spec = TableSpec {
            name: "sec.trail".parse().unwrap(),
            location: "s3://bucket/parquet/".to_owned(),
            columns: Vec::new(),
            accounts: ["1".to_owned()].into(),
            regions: ["us-east-1".to_owned()].into(),
            first_date: None,
            today: date(2024, 6, 1),
            account_projection: AccountProjection::Enum,
            compression: "SNAPPY".to_owned(),
            catalog_id: None,
        };
        let error = register_with(&client, &spec, Duration::ZERO)
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "sec.trail was changed by others during each of 10 attempts to update it; run again"
        );
        assert_eq!(absent.num_calls(), 10);
        assert_eq!(taken.num_calls(), 10);
    }

    #[test]
    fn pauses_grow_and_are_bounded() {
        for attempt in 0..100 {
            let pause = pause(PAUSE, attempt);
            assert!(pause <= LONGEST_PAUSE);
            assert!(pause <= PAUSE * 2u32.pow(attempt.min(16)));
        }
    }
}
