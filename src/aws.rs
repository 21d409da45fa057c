//! What every AWS client starts from; the only user of aws-config.

pub use aws_config::SdkConfig;

use aws_config::BehaviorVersion;

/// Region, credentials and endpoints as every AWS tool finds them: environment, profile, container
/// or instance role.
pub async fn aws_config() -> SdkConfig {
    aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await
}
