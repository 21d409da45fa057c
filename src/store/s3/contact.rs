//! When a service is taken as not there.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use aws_sdk_s3::config::interceptors::InterceptorContext;
use aws_sdk_s3::config::retry::{ClassifyRetry, RetryAction};

/// From the first failure on; with the pause before the last attempt, and the time that connecting
/// may take, whoever waits is told within five seconds. A service that has answered before is waited for as long as a call
/// has attempts; one that never has is rather a wrong address.
const SILENCE: Duration = Duration::from_millis(1_500);

/// Gives up a service that has not answered at all for [`SILENCE`].
#[derive(Debug, Default)]
pub(super) struct FirstContact {
    answered: AtomicBool,
    first_failure: OnceLock<Instant>,
}

impl ClassifyRetry for FirstContact {
    fn name(&self) -> &'static str {
        "first contact"
    }

    fn classify_retry(&self, attempt: &InterceptorContext) -> RetryAction {
        if attempt.response().is_some() {
            self.answered.store(true, Relaxed);
        }
        let outcome = attempt.output_or_error();
        let error = outcome.and_then(std::result::Result::err);
        let unanswered = error.is_some_and(|error| error.is_connector_error());
        if !unanswered || self.answered.load(Relaxed) {
            return RetryAction::NoActionIndicated;
        }
        match self.first_failure.get_or_init(Instant::now).elapsed() {
            silence if silence < SILENCE => RetryAction::NoActionIndicated,
            _ => RetryAction::RetryForbidden,
        }
    }
}
