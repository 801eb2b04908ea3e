//! The time of the service: positions in time are told in it, and this machine's clock may be wrong. Every answer of
//! the service says the time, in whole seconds.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::{DateTime, Format};
use sqlc_runtime::time::Clock;
use sqlc_runtime::value::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Two clocks that differ by less than this are right: answers take time, and tell whole seconds.
const RIGHT_MILLIS: i64 = 5_000;

/// How many milliseconds the service is ahead of this machine; negative if it is behind.
#[derive(Clone, Debug)]
pub(crate) struct ServiceClock(Arc<AtomicI64>, Clock);

impl ServiceClock {
    pub fn new(clock: Clock) -> Self {
        ServiceClock(Arc::default(), clock)
    }

    pub fn now(&self) -> Timestamp {
        let ahead = self.0.load(Ordering::Relaxed);
        Timestamp::from_millis(self.1.now().millis().saturating_add(ahead))
    }

    /// Takes in what the service says the time is.
    fn heard(&self, date: &str) {
        let Ok(date) = DateTime::from_str(date, Format::HttpDate) else { return };
        let ahead = date.secs().saturating_mul(1000).saturating_sub(self.1.now().millis());
        self.0.store(if ahead.abs() < RIGHT_MILLIS { 0 } else { ahead }, Ordering::Relaxed);
    }
}

impl Intercept for ServiceClock {
    fn name(&self) -> &'static str {
        "ServiceClock"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date") {
            self.heard(date);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_wrong_is_corrected() {
        let clock = ServiceClock::new(Clock::system());
        clock.heard("Mon, 01 Jan 2001 00:00:00 GMT");
        assert!((clock.now().millis() - 978_307_200_000).abs() < 60_000);
        let now = DateTime::from_secs(Clock::system().now().millis() / 1000).fmt(Format::HttpDate).unwrap();
        clock.heard("nonsense");
        clock.heard(&now);
        assert_eq!(clock.0.load(Ordering::Relaxed), 0);
    }
}
