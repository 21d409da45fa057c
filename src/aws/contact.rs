//! When a service is taken as not there.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextMut, InterceptorContext,
};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::timeout::TimeoutConfig;

/// From the first failure on; with the pause before the last attempt, and the time that an attempt
/// may take, whoever waits is told within five seconds. A service that has answered before is
/// waited for as long as a call has attempts; one that never has is rather a wrong address.
const SILENCE: Duration = Duration::from_millis(1_500);

/// How long a service that has never answered may take for an answer to begin, or to be connected
/// to: two of them, and a pause between, are five seconds at most.
pub(crate) const FIRST_ANSWER: Duration = Duration::from_millis(1_800);

/// Gives up a service that has not answered at all for [`SILENCE`]. Its clones are one.
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
        let unanswered = error.is_some_and(|error| error.is_connector_error());
        if !unanswered || self.has_answered() {
            return RetryAction::NoActionIndicated;
        }
        match self.0.first_failure.get_or_init(Instant::now).elapsed() {
            silence if silence < SILENCE => RetryAction::NoActionIndicated,
            _ => RetryAction::RetryForbidden,
        }
    }
}
