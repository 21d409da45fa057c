//! The service's clock.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::S3;
use crate::store::{Action, Cause, Result, StoreError};

/// Keeps the `Date` of an answer.
#[derive(Debug, Clone, Default)]
struct Clock(Arc<Mutex<Option<String>>>);

impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "Clock"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = date.map(str::to_owned);
        Ok(())
    }
}

impl S3 {
    /// The time that the service says in its answer to a small listing.
    pub(in crate::store) async fn now(&self) -> Result<Timestamp> {
        let inner = &self.inner;
        let clock = Clock::default();
        let request = self.client().await?.list_objects_v2().bucket(&inner.bucket);
        let request = request
            .prefix(self.full(""))
            .max_keys(1)
            .set_request_payer(inner.payer.clone())
            .set_expected_bucket_owner(inner.owner.clone())
            .customize()
            .interceptor(clock.clone());
        let sent = request.send().await;
        sent.map_err(|error| self.fault(Action::List, "", error))?;
        let date = clock.0.lock().unwrap_or_else(PoisonError::into_inner);
        let time = date.as_deref().and_then(|date| rfc2822::parse(date).ok());
        time.map(|time| time.timestamp()).ok_or_else(|| {
            let reason = "the service does not say what time it is";
            StoreError::fatal(Action::List, Cause::BrokenService, self.url(""), reason)
        })
    }
}
