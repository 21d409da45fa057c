//! What every AWS client starts from; the only user of aws-config, aws-types and the Smithy crates.

mod contact;

pub(crate) use contact::{FIRST_ANSWER, FirstContact};

pub use aws_config::SdkConfig;

use aws_config::BehaviorVersion;
use aws_types::service_config::ServiceConfigKey;

/// Region, credentials and endpoints as every AWS tool finds them: environment, profile, container
/// or instance role.
pub async fn aws_config() -> SdkConfig {
    aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await
}

/// The endpoint that is set for a service instead of AWS's own (`AWS_ENDPOINT_URL_S3`,
/// `AWS_ENDPOINT_URL`, or the profile's). A client made from the configuration uses it, but does
/// not tell.
pub(crate) fn endpoint_url(config: &SdkConfig, service_id: &str) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(service_id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    let of_service = config
        .service_config()
        .and_then(|service| service.load_config(key));
    of_service.or_else(|| config.endpoint_url().map(str::to_owned))
}
