//! When a service is taken as not there.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextMut, InterceptorContext,
};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::timeout::TimeoutConfig;

/// How long a service that has never answered is tried again after it refused at once. A service
/// that has answered before is waited for as long as a call has attempts; one that never has is
/// rather a wrong address.
const SILENCE: Duration = Duration::from_millis(1_500);

/// How long a service that has never answered may take for an answer to begin, or to be connected
/// to. It is waited for once: so it may be slow, and whoever waits is told well within five seconds.
pub(crate) const FIRST_ANSWER: Duration = Duration::from_millis(3_000);

/// Gives up a service that has not answered at all within [`FIRST_ANSWER`], or for [`SILENCE`]. Its
/// clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct FirstContact(Arc<Contact>);

#[derive(Debug, Default)]
struct Contact {
    answered: AtomicBool,
    first_failure: OnceLock<Instant>,
}

impl FirstContact {
    fn has_answered(&self) -> bool {
        self.0.answered.load(Relaxed)
    }
}

impl Intercept for FirstContact {
    fn name(&self) -> &'static str {
        "first contact"
    }

    fn modify_before_retry_loop(
        &self,
        _: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !self.has_answered() {
            // Not the whole attempt: to get credentials may take longer.
            let first = TimeoutConfig::builder().read_timeout(FIRST_ANSWER);
            let others = config
                .load::<TimeoutConfig>()
                .map(TimeoutConfig::to_builder);
            let timeouts = first.take_unset_from(others.unwrap_or_default());
            config.interceptor_state().store_put(timeouts.build());
        }
        Ok(())
    }
}

impl ClassifyRetry for FirstContact {
    fn name(&self) -> &'static str {
        "first contact"
    }

    fn classify_retry(&self, attempt: &InterceptorContext) -> RetryAction {
        if attempt.response().is_some() {
            self.0.answered.store(true, Relaxed);
        }
        let outcome = attempt.output_or_error();
        let error = outcome.and_then(std::result::Result::err);
        let unanswered = error.and_then(OrchestratorError::as_connector_error);
        let Some(unanswered) = unanswered.filter(|_| !self.has_answered()) else {
            return RetryAction::NoActionIndicated;
        };
        let silence = self.0.first_failure.get_or_init(Instant::now).elapsed();
        match unanswered.is_timeout() || silence >= SILENCE {
            true => RetryAction::RetryForbidden,
            false => RetryAction::NoActionIndicated,
        }
    }
}
